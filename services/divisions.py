"""Names of administrative divisions (GB/T 2260), for people who would else read codes.

The table is python-stdnum's, which knows the codes of earlier years too; the English names are in a
table of our own that ``python -m deploy.divisions`` writes.
"""

import re
from functools import cache
from pathlib import Path

from stdnum import numdb

_YEARS = re.compile(r"\[\d{0,4}-\d{0,4}\]")

_ENGLISH = Path(__file__).with_name("data") / "divisions_en.tsv"
_NO_NAMES = ("", "市辖区", "县")  # what stands between a municipality and its districts


@cache
def name(code: str, within: str = "", language: str = "zh") -> str:
    """Return province, city and county of a code of 2, 4 or 6 digits.

    ``440305`` is 广东省深圳市南山区, and ``within`` 4403 it is 南山区; in English it is Nanshan
    District, Shenzhen, Guangdong. Of a code that was used twice the newest name counts. A code that
    the table does not have is returned itself.
    """
    if not re.fullmatch(r"(?:[0-9]{2}){1,3}", code):
        return code
    steps = [code[:length].ljust(6, "0") for length in (2, 4, 6)]
    names = [_name(step) for step in steps]
    if not names[-1]:
        return code
    above = len(within) // 2 if code.startswith(within) and code != within else 0
    parts = [n for n in dict.fromkeys(names) if n not in _NO_NAMES and "直辖县级" not in n]
    shown = [n for n in parts if n not in names[:above]]
    if language == "en":
        return ", ".join(_english().get(n, n) for n in reversed(shown))
    return "".join(shown)


@cache
def _english() -> dict[str, str]:
    lines = _ENGLISH.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines)


def _name(code: str) -> str:
    (_, _), *rest = numdb.get("cn/loc").info(code)
    found = rest[0][1].get("county", "") if rest else ""
    return _YEARS.sub("", found.split(",")[-1])
