"""Divisions (GB/T 2260) that the city's people come from, and its streets.

The districts are those of the folder of the sample city, in their order there.
"""

from pathlib import Path

from city.source import read

_FOLDER = Path(__file__).parents[2] / "cities" / "sample"


def _part(name: str) -> dict:
    return read((_FOLDER / name).read_text("utf-8"), name).data


CITY = str(_part("city.yaml")["code"])[:4]
# those with letters are functional districts, which no division and no number has
DISTRICTS = {code: part["zh"] for code, part in _part("regions.yaml").items() if code.isdigit()}
HOME = tuple(DISTRICTS)
ELSEWHERE = (
    "110101", "130102", "140105", "210102", "220102", "230102", "310101", "320102",
    "330102", "340102", "350102", "360102", "370102", "410102", "420106", "421002",
    "430102", "430407", "440104", "440507", "441402", "450102", "500101",
    "510104", "520102", "530102", "610102", "620102",
)  # fmt: skip
# a number keeps the division of its first registration, so the newest districts are in none
ANYWHERE = tuple(code for code in HOME if code < "440309") + ELSEWHERE
STREETS = (
    "科苑路", "创业路", "海德街", "学府路", "滨河大道", "东门中路", "红荔路", "人民南路",
    "龙翔大道", "宝民路", "新安街", "观澜大道", "坪山大道", "光侨路", "沙盐路", "梅林路",
)  # fmt: skip
