"""Numbers by index and back again, without a table: each is a place in a mixed-radix system.

Two persons with the same sequence digits always differ in birthday or region, so no number is
given twice; and a number leads back to its index by arithmetic, so the registry server needs no
memory and no start-up.
"""

import datetime
from functools import lru_cache

from demo.city.draws import Draw
from demo.city.personas import FIRST, PERSONAS
from demo.city.places import ANYWHERE, ELSEWHERE, HOME
from people import numbers

# births of each group, as days that do not overlap, so a birthday tells the group (GB 11643)
SPANS = {
    "elder": (datetime.date(1924, 1, 1), datetime.date(1962, 12, 31)),
    "worker": (datetime.date(1966, 1, 1), datetime.date(2000, 6, 30)),
    "graduate": (datetime.date(2000, 7, 1), datetime.date(2004, 6, 30)),
    "minor": (datetime.date(2010, 1, 1), datetime.date(2019, 12, 31)),
}
ORIGINS = {"elder": ANYWHERE, "worker": ANYWHERE, "graduate": ELSEWHERE, "minor": ANYWHERE}
_SEQUENCES = 499  # three digits, of which the last is odd for men
_STRIDE = 7919  # prime and no divisor of a span, so that strides visit every day of it
_CODES = 10_000_000  # enterprises and addresses count in seven digits
_FACTOR = 7_368_787  # prime to 10, so that multiplication permutes the seven digits


class Numbering:
    """The numbers of one city; ``groups`` are the shares of persons by group."""

    def __init__(self, seed: int, groups: tuple[tuple[str, float], ...]) -> None:
        self.seed = seed
        self.groups = groups
        self._shift = Draw(seed, "codes").below(_CODES)

    def group(self, i: int) -> str:
        """Return the group of person ``i``: graduate, worker, elder or minor."""
        if i < FIRST:
            return PERSONAS[i].group
        return Draw(self.seed, "group", i).weigh(self.groups, "worker")

    def sex(self, i: int) -> str:
        return "M" if Draw(self.seed, "sex", i).below(2) else "F"

    @lru_cache(maxsize=1024)  # noqa: B019  # a city lives as long as its process
    def _offsets(self, group: str, k: int) -> tuple[int, int]:
        draw = Draw(self.seed, "number", group, k)
        return draw.below(_CODES), draw.below(_CODES)

    def person(self, i: int) -> str:
        """Return the ID number of person ``i`` (GB 11643, 18 characters)."""
        group = self.group(i)
        first, last = SPANS[group]
        days, origins = (last - first).days + 1, ORIGINS[group]
        turn, k = divmod(i, _SEQUENCES)
        day_offset, region_offset = self._offsets(group, k)
        born = first + datetime.timedelta((day_offset + turn * _STRIDE) % days)
        region = origins[(region_offset + turn // days) % len(origins)]
        sequence = 2 * k + (1 if self.sex(i) == "M" else 2)
        body = f"{region}{born:%Y%m%d}{sequence:03d}"
        return body + numbers.id_number_check(body)

    def person_of(self, number: str) -> int | None:
        """Return whose number this is, or None when it is nobody's in any city of this seed."""
        if not numbers.id_number_ok(number):
            return None
        born = datetime.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
        group = next((g for g, (a, b) in SPANS.items() if a <= born <= b), None)
        if group is None or number[:6] not in ORIGINS[group] or number[14:17] == "000":
            return None
        first, last = SPANS[group]
        days, origins = (last - first).days + 1, ORIGINS[group]
        k = (int(number[14:17]) - 1) // 2
        day_offset, region_offset = self._offsets(group, k)
        day = (born - first).days - day_offset
        low = day * pow(_STRIDE, -1, days) % days
        high = (origins.index(number[:6]) - region_offset) % len(origins)
        i = (high * days + low) * _SEQUENCES + k
        return i if self.person(i) == number else None

    def is_company(self, j: int) -> bool:
        return Draw(self.seed, "company", j).chance(0.4)

    def enterprise(self, j: int) -> str:
        """Return the unified social credit code of enterprise ``j`` (GB 32100, 18 characters).

        Its inner organisation code (GB 11714) is of the older, numeric kind, so that codes given
        to new enterprises (which begin with MA) never meet it.
        """
        draw = Draw(self.seed, "enterprise-code", j)
        code = f"5{(j * _FACTOR + self._shift) % _CODES:07d}"
        return numbers.uscc_make("9", "1" if self.is_company(j) else "2", draw.choose(HOME), code)

    def enterprise_of(self, uscc: str) -> int | None:
        """Return the index of the enterprise with this code, or None."""
        if len(uscc) != 18 or not uscc[9:16].isascii() or not uscc[9:16].isdecimal():
            return None
        j = (int(uscc[9:16]) - self._shift) * pow(_FACTOR, -1, _CODES) % _CODES
        return j if self.enterprise(j) == uscc else None

    def address(self, a: int) -> str:
        """Return the code of address ``a``: district and seven digits, ``440305-0001234``."""
        district = Draw(self.seed, "district", a).choose(HOME)
        return f"{district}-{(a * _FACTOR + self._shift) % _CODES:07d}"

    def address_of(self, code: str) -> int | None:
        """Return the index of the address with this code, or None."""
        if len(code) != 14 or not code[7:].isascii() or not code[7:].isdecimal():
            return None
        a = (int(code[7:]) - self._shift) * pow(_FACTOR, -1, _CODES) % _CODES
        return a if self.address(a) == code else None
