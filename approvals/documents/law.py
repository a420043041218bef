"""Names of laws as a document of the state writes them: 《…》第三十二条, and not §32. Pure."""

import re

_ARTICLES = re.compile(r"\s*§§?\s*(\d{1,4}(?:\s*[、,–-]\s*\d{1,4})*)")
_DIGITS = "零一二三四五六七八九"
_UNITS = ("", "十", "百", "千")


def chinese(number: int) -> str:
    """Return a whole number below 10,000 in Chinese, as articles of laws are counted."""
    if not 0 < number < 10_000:
        raise ValueError(f"no article has the number {number}")
    text, zero = "", False
    for place in range(len(str(number)) - 1, -1, -1):
        digit = number // 10**place % 10
        if digit == 0:
            zero = bool(text)
            continue
        text += ("零" if zero else "") + _DIGITS[digit] + _UNITS[place]
        zero = False
    return text.removeprefix("一") if text.startswith("一十") else text


def _articles(found: re.Match[str]) -> str:
    parts = re.split(r"\s*([、,–-])\s*", found[1])
    return "".join(
        f"第{chinese(int(p))}条" if p.isdigit() and int(p) else "至" if p in "–-" else "、"
        for p in parts
    )


def formal(law: str) -> str:
    """Return a pack's law, such as ``行政许可法 §42；本市办法``, in the form of a document."""
    return "、".join(_one(part.strip()) for part in re.split("[;；]", law) if part.strip())


def _one(law: str) -> str:
    name, mark, rest = law.partition("§")
    name = name.strip()
    if name and "《" not in name and not name.startswith(("本市", "参照", "工商")):
        name = f"《{name}》"
    elif name.startswith("参照") and "《" not in name:
        name = f"《{name[2:]}》"
    return name + (_ARTICLES.sub(_articles, mark + rest) if mark else "")
