"""Divisions (GB/T 2260) that the city's people come from, and its own districts and streets."""

CITY = "4403"
DISTRICTS = {
    "440303": "罗湖区",
    "440304": "福田区",
    "440305": "南山区",
    "440306": "宝安区",
    "440307": "龙岗区",
    "440308": "盐田区",
    "440309": "龙华区",
    "440310": "坪山区",
    "440311": "光明区",
}
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
