"""简易注销, DOMAIN row 7b (市场主体登记管理条例 §33, 实施细则 §48)."""

import datetime

from benchmarks.oracles.application import (
    ABSENT,
    REFER,
    RETURN,
    SILENT,
    UNKNOWN,
    WAIT,
    Application,
    Reasons,
    day,
)

NOTICE_DAYS, APPLY_DAYS = 20, 20
OF_FIRM = ("state", "notice", "objections", "debts", "approval", "shares", "investors")


def against(application: Application) -> Reasons:
    """What the business can settle is returned to it, all else is looked at (choice of the pack).

    Who has no record at the tax office, or as an employer, owes nothing there.
    """
    records = application.records
    firm = records["enterprise"]
    if firm in (SILENT, ABSENT):
        yield from ((condition, UNKNOWN) for condition in OF_FIRM)
    else:
        yield from _firm(application)
    tax = records["taxation"]
    if tax is SILENT:
        yield from (("tax", UNKNOWN), ("invoices", UNKNOWN))
    elif tax is not ABSENT:
        if float(tax["owed"]) > 0:
            yield "tax", RETURN
        if float(tax["invoices_open"]) > 0:
            yield "invoices", RETURN
    staff = records["social"]
    if staff is SILENT:
        yield from (("contributions", UNKNOWN), ("wages", UNKNOWN))
    elif staff is not ABSENT:
        if float(staff["owed"]) > 0:
            yield "contributions", RETURN
        if staff["wages_owed"]:
            yield "wages", RETURN
    credit = records["credit"]
    if credit is SILENT:
        yield "dishonest", UNKNOWN
    elif credit is not ABSENT and credit["dishonest"]:
        yield "dishonest", REFER


def _firm(application: Application) -> Reasons:
    """A sole trader gives no notice; what the agencies would say within ten days, they answer."""
    firm, on = application.records["enterprise"], application.on
    if firm["state"] != "active":
        yield "state", REFER
    if firm["kind"] != "sole_trader":
        if firm["notice_from"] is None:
            yield "notice", RETURN
        else:
            over = day(firm["notice_from"]) + datetime.timedelta(days=NOTICE_DAYS)
            if not over < on <= over + datetime.timedelta(days=APPLY_DAYS):
                yield "notice", RETURN
        if not firm["investors"]:  # nobody could commit, as of a branch
            yield "investors", REFER
        elif application.consents.get("cosign") != "granted":
            yield "cosign", REFER if application.consents.get("cosign") == "denied" else WAIT
    if float(firm["objections"]) > 0:
        yield "objections", REFER
    if firm["debts"]:
        yield "debts", RETURN
    if firm["end_approval"]:
        yield "approval", REFER
    if firm["shares_frozen"] or firm["shares_pledged"]:
        yield "shares", REFER
