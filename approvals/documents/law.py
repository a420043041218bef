"""Names of laws as a document of the state writes them: 《…》第三十二条, and not §32. Pure."""

import re

from people.language import language

_ARTICLES = re.compile(r"\s*§§?\s*(\d{1,4}(?:\s*[、,–-]\s*\d{1,4})*)")
_PLACE = re.compile(r"§|第[零一二三四五六七八九十百千]+条")  # where the name of a law ends
_HAN = re.compile("[\u4e00-\u9fff]")  # a standard, such as GB/T 2260, is no law
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


def in_words(law: str) -> str:
    """Return a law as pages show it: in Chinese as in a document, in English as the pack has it."""
    if not law or language() != "zh":
        return law
    by_analogy = "参照" if law.startswith("参照") else ""  # an act's own document leaves it out
    return by_analogy + formal(law.removeprefix("参照"))


def _one(law: str) -> str:
    found = _PLACE.search(law)
    name, rest = (law[: found.start()], law[found.start() :]) if found else (law, "")
    name = name.strip()
    if name.startswith("参照") and "《" not in name:
        name = f"《{name[2:]}》"
    elif _HAN.match(name) and not name.startswith(("本市", "工商")):
        name = f"《{name}》"
    return name + _ARTICLES.sub(_articles, rest)
