"""The name engine (企业名称登记管理规定): whether a trade name (字号) may be registered."""

import datetime
from collections.abc import Collection

from benchmarks.oracles.application import (
    ABSENT,
    REFER,
    RETURN,
    SILENT,
    UNKNOWN,
    Reasons,
    Record,
    day,
    years_after,
)

SHORTEST, LONGEST = 2, 10
BANNED = ("国际", "政府", "军队", "警察", "党校", "银行", "法院")
NATIONAL = ("中国", "中华", "中央", "全国", "国家")
REGIONS = (
    *("深圳", "广东", "北京", "上海", "广州", "罗湖", "福田", "南山", "宝安", "龙岗", "盐田"),
    *("龙华", "坪山", "光明"),
)
INDUSTRIES = (
    *(
        "科技",
        "贸易",
        "商贸",
        "餐饮",
        "服装",
        "电子",
        "软件",
        "广告",
        "零售",
        "批发",
        "百货",
        "超市",
    ),
    *("物业", "物业管理", "货运代理", "家政", "家政服务", "文化传播", "房地产", "建筑", "咨询"),
    *("美容", "旅游"),
)
REST_YEARS = 1  # after an entry ended or was renamed (§17)


def against(word: str, scope: Collection[str], names: Record, on: datetime.date) -> Reasons:
    """``scope``: the lines of business in whose industries nobody else may have the name."""
    yield from of_words(word)
    yield from free(scope, names, on)


def of_words(word: str) -> Reasons:
    """What the word itself says. A word for a region or an industry is put right by another, and
    who means something else by it turns to a person (choice of the packs).
    """
    if not (SHORTEST <= len(word) <= LONGEST and all("一" <= c <= "鿿" for c in word)):
        yield "name_written", RETURN
    if any(banned in word for banned in BANNED):
        yield "name_words", RETURN
    if any(national in word for national in NATIONAL):  # the State Council permits it (§12)
        yield "name_national", REFER
    if word in REGIONS:
        yield "name_region", RETURN
    if word in INDUSTRIES:
        yield "name_industry", RETURN


def free(scope: Collection[str], names: Record, on: datetime.date) -> Reasons:
    """Nobody has it in these industries, gave it up within a year, or has reserved it."""
    if names is SILENT:
        yield "name_free", UNKNOWN
    elif names is not ABSENT and _is_taken({code[:3] for code in scope}, names, on):
        yield "name_free", RETURN


def _is_taken(divisions: Collection[str], names: Record, on: datetime.date) -> bool:
    return (
        any(industry in divisions for industry in names["industries"] or ())
        or any(
            one["industry"] in divisions and on < years_after(day(one["on_day"]), REST_YEARS)
            for one in names["released"] or ()
        )
        or any(
            one["industry"] in divisions and on <= day(one["until"])
            for one in names["reserved"] or ()
        )
    )
