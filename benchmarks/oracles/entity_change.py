"""企业变更, DOMAIN row 7a (市场主体登记管理条例 §24): new values are judged as at the start."""

import datetime
from decimal import Decimal

from benchmarks.oracles import fitness, names, premises
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
    years_after,
)

APPLY_DAYS, PAY_YEARS = 30, 5
PERMITS = (
    *("F5222", "F5243", "H6110", "H6130", "H6210", "H6220", "H6231", "H6232", "L7263", "L7271"),
    *("R8710", "R9011", "R9013"),
)


def against(application: Application) -> Reasons:
    answers, records, on = application.answers, application.records, application.on
    decided, firm = day(answers["decided_on"]), records["enterprise"]
    if not decided <= on <= decided + datetime.timedelta(days=APPLY_DAYS):
        yield "in_time", REFER if decided <= on else RETURN
    if firm in (SILENT, ABSENT):
        yield "state", UNKNOWN
        return
    if firm["state"] != "active":
        yield "state", REFER
    if answers["entity_kind"] != firm["kind"]:
        yield "kind", RETURN
    if firm["shares_frozen"] or firm["shares_pledged"]:
        yield "shares", REFER
    yield from _name_and_scope(application)
    if firm["trade_name"] is None or firm["premises"] is None:
        yield "registered", REFER
    if answers["premises"] != firm["premises"]:
        yield from premises.against(records["address"])
    else:  # the licence prints the address: it has to be there (choice of the pack)
        found = premises.where(records["address"])
        yield from (one for one in found if one[0] != "premises_disputed")
    if firm["premises"] is not None and answers["premises"][:6] != firm["premises"][:6]:
        yield "district", REFER
    for one in answers.get("representatives", ()):
        who = ("population", "criminal", "enterprise", "credit")
        asked = [records[f"representative_{name}"][one["number"]] for name in who]
        population, criminal, enterprise, credit = asked
        yield from fitness.named(population, one["name"])
        yield from fitness.against(population, criminal, enterprise, credit, on)
    # who takes office agrees to it: a choice of the pack (实施细则 §16), DOMAIN.md asks for nothing
    if answers.get("representatives") and application.consents.get("cosign") != "granted":
        yield "cosign", REFER if application.consents.get("cosign") == "denied" else WAIT
    is_company = answers["entity_kind"] == "company"
    if not is_company and (answers.get("representatives") or answers.get("capital")):
        yield "companies_only", REFER
    yield from _capital(application)


def _name_and_scope(application: Application) -> Reasons:
    """Of lines that are kept, permits were seen before; so was the name in their industries."""
    answers, firm = application.answers, application.records["enterprise"]
    word, entry = answers["trade_name"], application.records["names"]
    added = [line for line in answers["scope"] if line not in firm["scope"]]
    if any(line in PERMITS for line in added):
        yield "permits", REFER
    held = {line[:3] for line in firm["scope"]}
    elsewhere = [line for line in added if line[:3] not in held]
    if word != firm["trade_name"]:
        yield from names.against(word, answers["scope"], entry, application.on)
    elif elsewhere or entry is SILENT:  # it is asked in any case
        yield from names.free(elsewhere, entry, application.on)


def _capital(application: Application) -> Reasons:
    """More is paid within five years (公司法 §228); less has to be told to creditors (§224)."""
    answers, firm = application.answers, application.records["enterprise"]
    if answers.get("capital") is None:
        return
    paid = answers.get("paid_by")
    if paid is None or day(paid) > years_after(application.on, PAY_YEARS):
        yield "paid_by", RETURN
    if answers["entity_kind"] == "company" and (
        firm["capital"] is None or Decimal(answers["capital"]) < Decimal(firm["capital"])
    ):
        yield "capital", REFER
