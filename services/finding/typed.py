"""What somebody typed into the search, taken apart: Chinese, letters, fillers. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

LONGEST = 40

# what people write around the thing that they want
_FILLERS = """
请问 我想要 我想 我要 想要 想办 要办 需要 什么 哪些 怎么样 怎么办 怎么 怎样 如何 哪里 哪儿
可以 能不能 可不可以 是否 是不是 多久 多少 多长时间 时间 流程 条件 材料 手续 资料 网上 线上
在线 办理 申请 申领 登记 注册 设立 成立 一个 一家 一间 一下 一年半 两年 今年 现在 过来 回来
本市 朋友 自己 帮我 我是 我的 我们 证明 吗 呢 吧 啊 了 的 得 我 你 想 要 能 办 去 来 把 给
和 与 及 或 在 到 个 家 点 证 是 有
"""
_FILLER = re.compile("|".join(sorted(_FILLERS.split(), key=len, reverse=True)))
_PINYIN_FILLER = re.compile(
    "^(?:woxiang|woyao|wo|xiang|yao|qingwen|zenme|ruhe|banli|shenqing|ban)+(?=[a-z]{4})"
    "|(?:dengji|banli|shenqing|zenmeban)$"
)
_SMALL_WORDS = """
a an and are at be can do for from get how i in into is it just let me my need of on or our
please some that the this to want we what when where which with would you your like apply
application one new
"""
_STOP = frozenset(_SMALL_WORDS.split())
_HAN = re.compile("[\u3400-\u9fff]+")
_LETTERS = re.compile("[a-z]+")


@dataclass(frozen=True, slots=True)
class Typed:
    """``han``: the Chinese characters as typed; ``wanted``: without what says nothing.

    ``letters``: all Latin letters in one; ``read``: these without pinyin that says nothing;
    ``english``: the words of them that say something.
    """

    han: str
    wanted: str
    letters: str
    read: str
    english: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not self.han and not self.letters


def take_apart(text: str) -> Typed:
    """Take apart what was typed: full width, accents, tone marks and invisible signs fall away."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("ü", "v")
    text = "".join(
        sign
        for sign in unicodedata.normalize("NFD", text)
        if unicodedata.category(sign) not in ("Mn", "Cf")
    )
    text = unicodedata.normalize("NFC", text)[:LONGEST]
    han = "".join(_HAN.findall(text))
    words = _LETTERS.findall(text)
    letters = "".join(words)
    return Typed(
        han=han,
        wanted=_FILLER.sub("", han) or han,
        letters=letters,
        read=_PINYIN_FILLER.sub("", letters) or letters,
        english=tuple(word for word in words if word not in _STOP) or tuple(words),
    )
