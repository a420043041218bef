"""A business's application judged by a pack and by its oracle: where they differ, and in what."""

from collections.abc import Mapping
from typing import Any

from benchmarks.oracles import (
    entity_change,
    food_filing,
    limited_company,
    name_reservation,
    simplified_deregistration,
    sole_trader,
)
from benchmarks.oracles.application import ABSENT, SILENT, UNKNOWN, Application, Record, outcome
from services import trial
from services.pack.model import Case
from services.rulebook import Rulebook
from services.verdict import Verdict, judge

ORACLES = {
    "entity_change": entity_change.against,
    "simplified_deregistration": simplified_deregistration.against,
    "food_filing": food_filing.against,
    "name_reservation": name_reservation.against,
    "sole_trader": sole_trader.against,
    "limited_company": limited_company.against,
}
_NAME = {
    "name_characters": "name_written",
    "name_length": "name_written",
    "name_registered": "name_free",
    "name_rested": "name_free",
    "name_kept": "name_free",
}
_PLACE = {
    **_NAME,
    "premises": "premises_exist",
    "premises_undisputed": "premises_disputed",
}
_PERSON = {"living": "fit", "capacity": "fit", "no_bar": "false_registration"}
# a pack's requirement -> the oracle's condition, where they have other names
SAME: Mapping[str, Mapping[str, str]] = {
    "entity_change": {
        **_PLACE,
        "active": "state",
        "entity_kind": "kind",
        "decided": "in_time",
        "new_permits": "permits",
        "same_district": "district",
        "no_crime": "crime",
        "no_revoked": "office",
        "credit": "dishonest",
        "capital_paid": "paid_by",
        "capital_grows": "capital",
    },
    "simplified_deregistration": {
        "active": "state",
        "no_debts": "debts",
        "no_tax": "tax",
        "no_invoices": "invoices",
        "no_contributions": "contributions",
        "no_wages": "wages",
        "no_judgment": "dishonest",
        "notice_in_time": "notice",
        "no_objection": "objections",
    },
    "food_filing": {**_PLACE, "active": "state", "food_scope": "food_sales"},
    "name_reservation": {**_NAME, **_PERSON},
    "sole_trader": {**_PLACE, **_PERSON, "name_unused": "name_own"},
    "limited_company": {
        **_PLACE,
        **_PERSON,
        "no_crime": "crime",
        "no_revoked": "office",
        "credit": "dishonest",
        "directors_credit": "directors_dishonest",
        "investors_credit": "investors_dishonest",
        "domestic": "foreign",
        "permits": "other_permits",
        "investor_count": "shareholders",
        "capital_sum": "capital",
        "capital_shares": "shares",
        "paid_in_time": "paid_by",
    },
}


def judged(book: Rulebook, application: Application) -> Verdict:
    """Return a pack's verdict, as its own tests are judged."""
    evidence = {
        name: _written(record)
        if book.pack.registries[name].item == ""
        else {person: _written(found) for person, found in record.items()}
        for name, record in application.records.items()
    }
    case = Case(
        name="drawn",
        as_of=application.on,
        answers=application.answers,
        evidence=evidence,
        consents=application.consents,
        expect="approve",
        findings={},
    )
    return judge(book, trial.inputs_of(book, case))


def _written(record: Record) -> Any:
    return "failed" if record is SILENT else "absent" if record is ABSENT else record


def differences(book: Rulebook, service: str, application: Application) -> list[str]:
    """Return what the pack and the oracle say differently; empty: they agree.

    Of each condition that does not hold both say too whether that is known.
    """
    verdict, reasons = judged(book, application), list(ORACLES[service](application))
    faults = []
    if verdict.outcome != outcome(reasons):
        faults.append(f"the pack: {verdict.outcome}, the oracle: {outcome(reasons)}")
    same = SAME[service]
    found = {
        (same.get(one.id, one.id), one.result)
        for one in verdict.findings
        if one.result in ("unmet", "unknown")
    }
    states = verdict.consent_states.items()
    found |= {(item, "unmet") for item, s in states if s not in ("granted", "not_applicable")}
    expected = {(name, "unknown" if what == UNKNOWN else "unmet") for name, what in reasons}
    found, expected = _firm(found), _firm(expected)
    more, less = found - expected, expected - found
    if ("state", "unknown") in expected:  # nothing is known of the business: much rests on it
        more = set()
    if more or less:
        faults.append(f"the pack alone: {sorted(more)}, the oracle alone: {sorted(less)}")
    return faults


def _firm(reasons: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Of a condition that is known not to hold of one person, and unknown of another: unknown."""
    unknown = {name for name, result in reasons if result == "unknown"}
    return {(name, "unknown" if name in unknown else result) for name, result in reasons}
