"""A case judged by a pack and by its oracle: where the two differ, in outcome or in reasons.

``SAME`` says, for each requirement of a pack, which of the oracle's conditions it stands for. Both
may name a condition unmet or unknown; what counts is that it stands against an approval.
"""

from collections.abc import Mapping
from types import ModuleType

from benchmarks.oracles import (
    disability_subsidies,
    family_reunion,
    newborn,
    old_age_allowance,
    residence_permit,
    ride_hail_driver,
    talent_settlement,
)
from benchmarks.oracles.case import Case, expected, holds
from services import entitlement
from services.inputs import Inputs, Persons, gather_inputs
from services.outputs import not_asked
from services.pack.persons import Found
from services.rulebook import Rulebook
from services.verdict import Verdict, judge

ORACLES: Mapping[str, ModuleType] = {
    "talent_settlement": talent_settlement,
    "residence_permit": residence_permit,
    "ride_hail_driver": ride_hail_driver,
    "family_reunion": family_reunion,
    "newborn": newborn,
    "old_age_allowance": old_age_allowance,
    "disability_subsidies": disability_subsidies,
}
_PERSON = {"living": "living", "capacity": "capable"}
_MOVES = {**_PERSON, "mainland": "from_elsewhere", "not_local": "from_elsewhere"}
_HOME = {
    "address": "address_exists",
    "address_district": "address_in_district",
    "address_use": "address_is_home",
}
SAME: Mapping[str, Mapping[str, str]] = {
    "talent_settlement": {
        **_MOVES,
        **_HOME,
        "degree": "degree",
        "same_name": "degree_own",
        "level": "degree_level",
        "full_time": "degree_full_time",
        "valid_degree": "degree_stands",
        "age": "young_enough",
        "insured": "insured",
        "no_crime": "no_conviction",
        "credit": "credit",
        "alone": "alone",
    },
    "residence_permit": {
        **_MOVES,
        "age": "old_enough",
        "registered": "registered",
        "long_enough": "a_year_here",
        "insured": "insured",
        "first": "no_permit_yet",
    },
    "ride_hail_driver": {
        **_PERSON,
        "resides": "local_or_permit",
        "licensed": "licence",
        "same_name": "licence_own",
        "licence_valid": "licensed",
        "class": "car",
        "experience": "experienced",
        "not_revoked": "not_revoked",
        "points": "no_full_cycle",
        "sober": "no_drink",
        "same_person": "police_own",
        "no_crime": "no_barred_crime",
        "clear_record": "clear_record",
        "no_drugs": "no_drugs",
    },
    "family_reunion": {
        **_MOVES,
        **_HOME,
        "married": "married",
        "at_home": "married_here",
        "first_marriage": "married_once",
        "spouse_living": "spouse_living",
        "spouse_local": "spouse_local",
        "apart": "apart",
        "spouse_address": "at_spouse",
        "old_enough": "old_enough",
        "has_child": "child",
        "only_child": "only_child",
        "child_living": "child_living",
        "child_local": "child_local",
        "child_address": "at_child",
    },
    "newborn": {
        **_PERSON,
        "recorded": "recorded",
        "parent": "parent",
        "hospital": "in_hospital",
        "both": "both_parents",
        "married": "married",
        "mainland": "parents_registered",
        "parents_living": "parents_living",
        "local": "a_parent_local",
        "household": "household",
        "in_time": "in_time",
        "characters": "",  # every drawn name is of standard characters
        "surname": "surname",
        "not_registered": "first",
    },
    "old_age_allowance": {
        **_PERSON,
        "no_death_record": "no_death",
        "local": "local",
        "age": "old_enough",
        "account": "account",
        "once": "paid_once",
    },
    "disability_subsidies": {
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
    },
}


def judged(book: Rulebook, case: Case) -> Verdict:
    """Return a pack's verdict on a case, by the way on which applications are judged."""
    own: dict[str, tuple[str, Mapping[str, object]]] = {}
    others: dict[str, Found] = {}
    skipped = not_asked(book, case.answers, case.on)
    for name, registry in book.pack.registries.items():
        if name in skipped:
            continue
        if registry.naming:
            others[name] = {
                person: ("absent" if record.is_absent else "found", record)
                for (code, person), record in case.others.items()
                if code == registry.registry
            }
        elif (found := case.own.get(registry.registry)) is not None:
            own[name] = ("absent" if found.is_absent else "found", found)
    who = Persons(others, case.applicant)
    return judge(book, gather_inputs(book, case.answers, own, {}, case.on, who))


def differences(book: Rulebook, case: Case) -> list[str]:
    """Return what the pack and the oracle say differently of a case; empty: they agree."""
    oracle, verdict = ORACLES[case.service], judged(book, case)
    outcome, found = expected(case, oracle.CONDITIONS, oracle.CORRECTABLE)
    if outcome == "approve" and hasattr(oracle, "needs_consent"):
        outcome = "wait" if oracle.needs_consent(case) else outcome
    faults = []
    if verdict.outcome != outcome:
        faults.append(f"pack: {verdict.outcome}, oracle: {outcome}")
    same = SAME[case.service]
    against = {same[one.id] for one in verdict.findings if one.result in ("unmet", "unknown")}
    expected_reasons = {name for name, is_met in found.items() if is_met is not True}
    if against != expected_reasons:
        more, less = against - expected_reasons, expected_reasons - against
        faults.append(f"the pack alone: {sorted(more)}, the oracle alone: {sorted(less)}")
    if not faults and outcome == "approve" and hasattr(oracle, "amounts"):
        paid, due = _amounts(book, verdict.inputs, case), oracle.amounts(case)
        if paid != due:
            faults.append(f"the pack pays {paid}, the oracle {due}")
    return faults


def _amounts(book: Rulebook, inputs: Inputs, case: Case) -> list[int]:
    """Return the yuan a month of each entitlement that is due on the day, of those asked for."""
    asked = case.answers.get("subsidies")
    runs = [run for run in book.program.entitlements if not asked or run.spec.outcome in asked]
    found = [entitlement.standing(run, inputs, case.on) for run in runs]
    return sorted(int(one.amount) for one in found if one.amount is not None)


def reasons(case: Case) -> set[str]:
    """Return the conditions of the oracle that stand against an approval of a case."""
    conditions = ORACLES[case.service].CONDITIONS
    return {name for name, condition in conditions.items() if holds(condition, case) is not True}
