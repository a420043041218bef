"""Names of administrative divisions (GB/T 2260), for people who would else read codes.

The table is python-stdnum's, which knows the codes of earlier years too.
"""

import re
from functools import cache

from stdnum import numdb

_YEARS = re.compile(r"\[\d{0,4}-\d{0,4}\]")

_NO_NAMES = ("", "市辖区", "县")  # what stands between a municipality and its districts


@cache
def name(code: str) -> str:
    """Return province, city and county of a code of 2, 4 or 6 digits, and the code itself.

    ``440305`` is 广东省深圳市南山区 (440305). Of a code that was used twice the newest name counts.
    A code that the table does not have is returned alone.
    """
    if not re.fullmatch(r"(?:[0-9]{2}){1,3}", code):
        return code
    steps = [code[:2] + "0000", code[:4] + "00", code.ljust(6, "0")]
    names = [_name(step) for step in steps]
    if not names[-1]:
        return code
    parts = [n for n in dict.fromkeys(names) if n not in _NO_NAMES and "直辖县级" not in n]
    return f"{''.join(parts)} ({code})"


def _name(code: str) -> str:
    (_, _), *rest = numdb.get("cn/loc").info(code)
    found = rest[0][1].get("county", "") if rest else ""
    return _YEARS.sub("", found.split(",")[-1])
