"""残疾人两项补贴. 国发〔2015〕52号: low-income households, and grades 1 and 2."""

from benchmarks.oracles import case as c
from benchmarks.oracles.case import Case

CARE = ("care", "injury_care", "destitute")
# these exclude both subsidies; another care benefit only that of nursing
EXCLUDING_BOTH = ("injury_care", "destitute")


def of(subsidy: str, condition: c.Condition) -> c.Condition:
    """Return a condition that must hold where this subsidy is asked for."""
    return lambda case: subsidy not in case.answers["subsidies"] or condition(case)


def has_card(case: Case) -> bool:
    """The card is in force on the day."""
    card = case.of("disability")
    until = c.day(card, "valid_until")
    return card["state"] == "valid" and until is not None and until >= case.on


def need_no_assessment(case: Case) -> bool:
    """The day by which the disability is to be assessed again has not come."""
    due = c.day(case.of("disability"), "reassess_by")
    return due is None or due > case.on


def is_severe(case: Case) -> bool:
    return case.of("disability")["grade"] in ("1", "2")


def has_low_income(case: Case) -> bool:
    """The household is one of minimum living security on the day."""
    household = case.of("assistance")
    since = c.day(household, "low_income_since")
    started = since is not None and since <= case.on
    return started and not c.is_over(household, "low_income_until", case.on)


def is_without(*kinds: str) -> c.Condition:
    """Return a condition: none of these benefits is being paid."""
    return lambda case: (
        not any(one["kind"] in kinds for one in case.of("assistance")["benefits"] or ())
    )


CONDITIONS = {
    "living": c.is_living,
    "capable": c.is_capable,
    "no_death": lambda case: case.of("death").is_absent,
    "local": c.is_local,
    "card": has_card,
    "assessed": need_no_assessment,
    "severe": of("nursing", is_severe),
    "low_income": of("living", has_low_income),
    "no_care": of("nursing", is_without(*CARE)),
    "not_supported": of("living", is_without(*EXCLUDING_BOTH)),
    "paid_once": is_without("disability"),
    "account": lambda case: case.of("assistance")["account"] is True,
}
CORRECTABLE: frozenset[str] = frozenset()
SAME = {
    "living_person": "living",
    "capacity": "capable",
    "no_death_record": "no_death",
    "local": "local",
    "card": "card",
    "reassessment": "assessed",
    "account": "account",
    "migration": "paid_once",
    "low_income": "low_income",
    "severe": "severe",
    "care": "no_care",
    "supported": "not_supported",
}


def amounts(case: Case) -> list[int]:
    """Return the yuan a month of each entitlement, of a case that is approved."""
    asked, yuan = case.answers["subsidies"], []
    if "living" in asked:
        yuan.append(200)
    if "nursing" in asked:
        yuan.append({"1": 300, "2": 200}[case.of("disability")["grade"]])
    return sorted(yuan)
