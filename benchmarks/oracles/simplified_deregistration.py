"""简易注销, DOMAIN row 7b (市场主体登记管理条例 §33, 实施细则 §48).

What the business can settle is returned to it, all else is looked at (choice of the pack). Who has
no record at the tax office, or as an employer, owes nothing there.
"""

import datetime

from benchmarks.oracles import case as c
from benchmarks.oracles.case import Case, Condition

NOTICE_DAYS, APPLY_DAYS = 20, 20


def is_firm(case: Case) -> bool:
    """A sole trader gives no notice; what the agencies would say within ten days, they answer."""
    return bool(case.of("enterprise")["kind"] != "sole_trader")


def is_noticed(case: Case) -> bool:
    start = c.day(case.of("enterprise"), "notice_from")
    if start is None:
        return False
    over = start + datetime.timedelta(days=NOTICE_DAYS)
    return over < case.on <= over + datetime.timedelta(days=APPLY_DAYS)


def is_without(registry: str, *fields: str) -> Condition:
    """Return a condition: a registry knows of none of these, neither as a sum nor as a fact."""

    def none(case: Case) -> bool:
        found = case.of(registry)
        if registry == "enterprise" and found.is_absent:
            raise c.Silent(registry)
        return not any(found[name] is True or c.amount(found, name) > 0 for name in fields)

    return none


CONDITIONS = {
    # not revoked, ordered closed or listed as abnormal
    "active": lambda case: case.of("enterprise")["state"] == "active",
    "notice": c.where(is_firm, is_noticed),
    # of a branch nobody could commit
    "investors": c.where(is_firm, lambda case: bool(case.of("enterprise")["investors"])),
    "objections": is_without("enterprise", "objections"),
    "debts": is_without("enterprise", "debts"),
    "approval": is_without("enterprise", "end_approval"),
    "shares": is_without("enterprise", "shares_frozen", "shares_pledged"),
    "tax": is_without("taxation", "owed"),
    "invoices": is_without("taxation", "invoices_open"),
    "contributions": is_without("social", "owed"),
    "wages": is_without("social", "wages_owed"),
    "dishonest": is_without("credit", "dishonest"),
}
CORRECTABLE = frozenset({"notice", "debts", "tax", "invoices", "contributions", "wages"})
# everybody who invested commits
CONSENTS = {
    "cosign": c.all_of(is_firm, lambda case: bool(case.of("enterprise")["investors"])),
}
SAME = {
    **{name: name for name in ("active", "approval", "shares", "investors", "notice")},
    "notice_in_time": "notice",
    "no_objection": "objections",
    "no_debts": "debts",
    "no_tax": "tax",
    "no_invoices": "invoices",
    "no_contributions": "contributions",
    "no_wages": "wages",
    "no_judgment": "dishonest",
}
