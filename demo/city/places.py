"""Divisions (GB/T 2260) that the city's people come from, and its streets.

The districts are those of the city that the process serves, in their order in its folder.
"""

from city import current

_CITY = current.city()
CITY, CITY_NAME = _CITY.prefix, _CITY.zh
# those with letters are functional districts, which no division and no number has
DISTRICTS = {code: region.zh for code, region in _CITY.regions.items() if code.isdigit()}
HOME = tuple(DISTRICTS)
ELSEWHERE = (
    "110101", "130102", "140105", "210102", "220102", "230102", "310101", "320102",
    "330102", "340102", "350102", "360102", "370102", "410102", "420106", "421002",
    "430102", "430407", "440104", "440507", "441402", "450102", "500101",
    "510104", "520102", "530102", "610102", "620102",
)  # fmt: skip
# a number keeps the division of its first registration, so the newest districts are in none
ANYWHERE = tuple(code for code in HOME if (_CITY.regions[code].since or 0) < 2010) + ELSEWHERE
STREETS = (
    "科苑路", "创业路", "海德街", "学府路", "滨河大道", "东门中路", "红荔路", "人民南路",
    "龙翔大道", "宝民路", "新安街", "观澜大道", "坪山大道", "光侨路", "沙盐路", "梅林路",
)  # fmt: skip
