"""仅销售预包装食品备案, DOMAIN row 8 (食品安全法 §35): a filing, no licence."""

from benchmarks.oracles import premises
from benchmarks.oracles.case import Case

FOOD_SALES = ("F5211", "F5212", "F5222", "F5226", "F5229")


def sells_food(case: Case) -> bool:
    return any(line in FOOD_SALES for line in case.of("enterprise")["scope"] or ())


CONDITIONS = {
    "active": lambda case: case.of("enterprise")["state"] == "active",
    "food_sales": sells_food,
    # anything else needs a 食品经营许可, which is never automatic
    "prepackaged": lambda case: case.answers["food"] == "prepackaged",
    # a list that an officer looks at: by itself it bars no filing
    "violations": lambda case: not case.of("violations")["listed"],
    **premises.WHERE,  # a dispute bars no filing
}
CORRECTABLE = premises.CORRECTABLE | {"food_sales"}
SAME = {
    "active": "active",
    "food_scope": "food_sales",
    "prepackaged": "prepackaged",
    "not_listed": "violations",
    **premises.SAME_WHERE,
}
