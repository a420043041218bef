"""A case judged by a pack and by its oracle: where the two differ, in outcome or in reasons.

``SAME`` says, for each requirement of a pack, which of the oracle's conditions it stands for. Both
may name a condition unmet or unknown; what counts is that it stands against an approval.
"""

from collections.abc import Mapping
from types import ModuleType

from benchmarks.oracles import (
    disability_subsidies,
    entity_change,
    family_reunion,
    food_filing,
    graduate_settlement,
    limited_company,
    move_out,
    name_reservation,
    newborn,
    newborn_card,
    newborn_medical,
    old_age_allowance,
    residence_card,
    residence_endorsement,
    residence_permit,
    ride_hail_driver,
    school_enrolment,
    simplified_deregistration,
    social_transfer,
    sole_trader,
    talent_settlement,
)
from benchmarks.oracles.case import Case, asked, decided, holds
from services import entitlement
from services.inputs import Inputs, Persons, gather_inputs
from services.outputs import not_asked
from services.pack.persons import Found
from services.rulebook import Rulebook
from services.verdict import Verdict, judge

ORACLES: Mapping[str, ModuleType] = {
    "graduate_settlement": graduate_settlement,
    "talent_settlement": talent_settlement,
    "residence_permit": residence_permit,
    "ride_hail_driver": ride_hail_driver,
    "family_reunion": family_reunion,
    "newborn": newborn,
    "old_age_allowance": old_age_allowance,
    "disability_subsidies": disability_subsidies,
    "residence_endorsement": residence_endorsement,
    "residence_card": residence_card,
    "newborn_medical": newborn_medical,
    "newborn_card": newborn_card,
    "social_transfer": social_transfer,
    "school_enrolment": school_enrolment,
    "move_out": move_out,
    "sole_trader": sole_trader,
    "limited_company": limited_company,
    "entity_change": entity_change,
    "simplified_deregistration": simplified_deregistration,
    "food_filing": food_filing,
    "name_reservation": name_reservation,
}
SAME: Mapping[str, Mapping[str, str]] = {name: one.SAME for name, one in ORACLES.items()}


def judged(book: Rulebook, case: Case) -> Verdict:
    """Return a pack's verdict on a case, by the way on which applications are judged."""
    own: dict[str, tuple[str, Mapping[str, object]]] = {}
    others: dict[str, Found] = {}
    skipped = not_asked(book, case.answers, case.on)
    for name, registry in book.pack.registries.items():
        if name in skipped:
            continue
        if registry.of_others:
            others[name] = {
                person: ("absent" if record.is_absent else "found", record)
                for (code, person), record in case.others.items()
                if code == registry.registry
            }
        elif (found := case.own.get(registry.registry)) is not None:
            own[name] = ("absent" if found.is_absent else "found", found)
    who = Persons(others, case.applicant)
    return judge(book, gather_inputs(book, case.answers, own, case.consents, case.on, who))


def differences(book: Rulebook, case: Case) -> list[str]:
    """Return what the pack and the oracle say differently of a case; empty: they agree."""
    oracle, verdict = ORACLES[case.service], judged(book, case)
    outcome, found = decided(case, oracle)
    faults = []
    if verdict.outcome != outcome:
        faults.append(f"pack: {verdict.outcome}, oracle: {outcome}")
    same = SAME[case.service]
    against = {same[one.id] for one in verdict.findings if one.result in ("unmet", "unknown")}
    expected_reasons = {name for name, is_met in found.items() if is_met is not True}
    if against != expected_reasons:
        more, less = against - expected_reasons, expected_reasons - against
        faults.append(f"the pack alone: {sorted(more)}, the oracle alone: {sorted(less)}")
    if outcome in ("approve", "wait"):
        states = verdict.consent_states.items()
        open_ones = {item for item, state in states if state not in ("granted", "not_applicable")}
        expected_ones = {i for i in asked(case, oracle) if case.consents.get(i) != "granted"}
        if open_ones != expected_ones:
            faults.append(f"the pack waits for {open_ones}, the oracle for {expected_ones}")
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
