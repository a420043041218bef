"""仅销售预包装食品备案, DOMAIN row 8 (食品安全法 §35): a filing, no licence."""

from benchmarks.oracles import premises
from benchmarks.oracles.application import (
    ABSENT,
    REFER,
    RETURN,
    SILENT,
    UNKNOWN,
    Application,
    Reasons,
)

FOOD_SALES = ("F5211", "F5212", "F5222", "F5226", "F5229")


def against(application: Application) -> Reasons:
    firm = application.records["enterprise"]
    if firm in (SILENT, ABSENT):
        yield from (("state", UNKNOWN), ("food_sales", UNKNOWN))
    else:
        if firm["state"] != "active":
            yield "state", REFER
        if not any(line in FOOD_SALES for line in firm["scope"] or ()):
            yield "food_sales", RETURN
    if application.answers["food"] != "prepackaged":  # needs a 食品经营许可, never automatic
        yield "prepackaged", REFER
    found = premises.where(application.records["address"])  # a dispute bars no filing
    yield from (one for one in found if one[0] != "premises_disputed")
