"""What follows from the inputs: a finding for each requirement, and the outcome. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dmn import to_json
from dmn import values as v
from dmn.errors import FeelBudgetError
from services.inputs import Inputs
from services.outputs import fee_due, need_cosigners
from services.pack.model import COSIGN
from services.pack.program import Condition, StandIn
from services.pack.provisional import UNCONFIRMED as UNCONFIRMED
from services.pack.undertakings import COMMITTED as COMMITTED
from services.pack.undertakings import PROMISED, SIGNED
from services.rulebook import Rulebook, run_safely

MET, UNMET, UNKNOWN, NOT_APPLICABLE = "met", "unmet", "unknown", "not_applicable"
NOTHING_SIGNED: Mapping[str, StandIn] = {}
# of a consent, beside the states of approvals.Consent: asked, granted, denied
NEEDED = "needed"
ASKED, GRANTED = "asked", "granted"
GIVEN = frozenset({GRANTED, NOT_APPLICABLE})


class Finding(NamedTuple):
    """One requirement's result, with the values that it rests on in canonical form.

    ``uses`` lacks what is unknown; ``unknown`` names it. ``failed_items`` are the keys of the list
    items that failed an ``every``. ``unmet`` is what the pack says follows.
    """

    id: str
    result: str
    uses: Mapping[str, Any]
    unknown: tuple[str, ...]
    failed_items: tuple[Any, ...]
    unmet: str
    withheld: tuple[str, ...] = ()  # known facts about other persons, by name alone
    by: str = ""  # the box with what was signed, where that alone meets it

    def payload(self) -> dict[str, Any]:
        found: dict[str, Any] = {"id": self.id, "result": self.result, "uses": dict(self.uses)}
        if self.unknown:
            found["unknown"] = list(self.unknown)
        if self.withheld:
            found["withheld"] = list(self.withheld)
        if self.failed_items:
            found["failed_items"] = list(self.failed_items)
        if self.by:
            found["by"] = self.by
        return found


class Verdict:
    """The judge's answer. ``outcome``: approve, return, refer or wait.

    ``consents`` lists the items that another agency has to be asked for now.
    """

    __slots__ = (
        "_findings",
        "consent_states",
        "consents",
        "inputs",
        "outcome",
        "results",
        "rulebook",
        "signed",
    )

    def __init__(
        self,
        rulebook: Rulebook,
        inputs: Inputs,
        results: Sequence[str],
        consent_states: Mapping[str, str],
        signed: Mapping[str, StandIn] = NOTHING_SIGNED,
    ) -> None:
        self.rulebook = rulebook
        self.inputs = inputs
        self.results = results
        self.consent_states = consent_states
        self.signed = signed  # requirement: what was signed in place of the files that it wants
        self.consents = [item for item, state in consent_states.items() if state == NEEDED]
        self.outcome = self._outcome()
        self._findings: tuple[Finding, ...] | None = None

    def _outcome(self) -> str:
        """Refer before return before wait before approve: doubt goes to a person first."""
        results, states = self.results, self.consent_states
        returns = False
        if UNKNOWN in results:
            return "refer"
        if UNMET in results:
            for condition, result in zip(self.rulebook.conditions, results, strict=True):
                if result == UNMET:
                    if condition.unmet == "refer":
                        return "refer"
                    returns = True
        if states:
            open_ = set(states.values()) - GIVEN
            if open_ - {NEEDED, ASKED}:  # denied, unknown, or a word that nobody foresaw
                return "refer"
            if open_ and not returns:
                return "wait"
        return "return" if returns else self._granted()

    def _granted(self) -> str:
        """Nothing speaks against it; but a file may be promised without which nothing is granted"""
        return "wait" if any(one.waits for one in self.signed.values()) else "approve"

    @property
    def findings(self) -> tuple[Finding, ...]:
        """One finding a requirement, in the order of the pack."""
        if self._findings is None:
            pairs = zip(self.rulebook.conditions, self.results, strict=True)
            self._findings = tuple(self._finding(c, result) for c, result in pairs)
        return self._findings

    def _finding(self, condition: Condition, result: str) -> Finding:
        known, names = self.inputs.json, condition.uses
        failed_items: tuple[Any, ...] = ()
        unknown: tuple[str, ...] = ()
        if result == UNMET and condition.failed_items is not None:
            failed_items = tuple(condition.failed_items(self.inputs.values))
        try:
            uses = condition.take(known)
        except KeyError:
            uses = {name: known[name] for name in names if name in known}
            unknown = tuple(name for name in names if name not in known)
        unknown += tuple(name for name in condition.withheld if name not in known)
        named = tuple(name for name in condition.withheld if name in known)
        return Finding(
            id=condition.id,
            result=result,
            uses=uses,
            unknown=unknown,
            failed_items=failed_items,
            unmet=condition.unmet,
            withheld=named,
            by=self.signed[condition.id].name if condition.id in self.signed else "",
        )

    def payload(self) -> dict[str, Any]:
        """The verdict as a canonical object: the same bytes wherever it is judged again."""
        known = self.inputs.json
        requirements = []
        for condition, result in zip(self.rulebook.conditions, self.results, strict=True):
            found: dict[str, Any] = {"id": condition.id, "result": result}
            try:
                found["uses"] = condition.take(known)
            except KeyError:  # something is unknown
                names = condition.uses
                found["uses"] = {name: known[name] for name in names if name in known}
                found["unknown"] = [name for name in names if name not in known]
            if condition.withheld:
                _withhold(found, condition.withheld, known)
            if result == UNMET and condition.failed_items is not None:
                failed_items = list(condition.failed_items(self.inputs.values))
                if failed_items:
                    found["failed_items"] = failed_items
            if condition.id in self.signed:
                found["by"] = self.signed[condition.id].name
            requirements.append(found)
        due = fee_due(self.rulebook, self.inputs)
        return {
            "outcome": self.outcome,
            "as_of": self.inputs.as_of.isoformat(),
            "requirements": requirements,
            "tables": {name: known[name] for name in self.rulebook.program.tables if name in known},
            "consents": dict(self.consent_states),
            **({} if due is None else {"fee": to_json(due)}),
        }

    def reasons(self) -> list[str]:
        """Short codes of everything that stands against approval, or is confirmed after it:
        ``no_record:unmet``."""
        return list(self._reasons())

    def _reasons(self) -> Iterator[str]:
        for condition, result in zip(self.rulebook.conditions, self.results, strict=True):
            if result in (UNMET, UNKNOWN, UNCONFIRMED):
                yield f"{condition.id}:{result}"
        for one in dict.fromkeys(self.signed.values()):
            if one.waits:
                yield f"{one.question}:{PROMISED}"
        for item, state in self.consent_states.items():
            if state not in GIVEN:
                yield f"{item}:{state}"


def _withhold(found: dict[str, Any], withheld: Sequence[str], known: Mapping[str, Any]) -> None:
    """Name the facts about other persons that a condition rests on, without their values."""
    if unknown := [name for name in withheld if name not in known]:
        found["unknown"] = [*found.get("unknown", ()), *unknown]
    if named := [name for name in withheld if name in known]:
        found["withheld"] = named


def judge(rulebook: Rulebook, inputs: Inputs) -> Verdict:
    """Every requirement judged, none skipped: the applicant learns everything at once."""
    values = inputs.values
    results = []
    for condition in rulebook.program.conditions:
        try:
            if condition.applies is not None:
                concerned = condition.applies(values)
                if concerned is not True:
                    results.append(NOT_APPLICABLE if concerned is False else UNKNOWN)
                    continue
            met = condition.must(values)
        except FeelBudgetError:
            met = v.UNKNOWN
        # null, nothing there to compare, is unmet; UNKNOWN is neither
        results.append(MET if met is True else UNKNOWN if met is v.UNKNOWN else UNMET)
    signed = _by_signature(rulebook, inputs, results) if inputs.undertakings else NOTHING_SIGNED
    verdict = Verdict(rulebook, inputs, results, _consent_states(rulebook, inputs), signed)
    if inputs.unanswered and UNKNOWN in results:
        return _provisional(verdict)
    return verdict


def _provisional(verdict: Verdict) -> Verdict:
    """The same, approving, where what is unknown may be known later and all else is proved.

    Every condition that is unknown is so because of ``inputs.unanswered`` alone; one that another
    unknown keeps open, or a consent, leaves the verdict as it is.
    """
    rulebook, inputs = verdict.rulebook, verdict.inputs
    later = set(inputs.unanswered)
    results = list(verdict.results)
    for place, condition in enumerate(rulebook.conditions):
        if results[place] == UNKNOWN:
            missing = missing_of(rulebook, inputs, (*condition.uses, *condition.withheld))
            if missing and missing <= later:
                results[place] = UNCONFIRMED
    states, signed = verdict.consent_states, verdict.signed
    found = Verdict(rulebook, inputs, results, states, signed)
    return found if found.outcome == "approve" else verdict


def missing_of(rulebook: Rulebook, inputs: Inputs, names: Sequence[str]) -> set[str]:
    """The unknown facts that names rest on; a table rests on what it reads."""
    reads = {table.name: table.reads for table in rulebook.program.table_runs}
    found: set[str] = set()
    for name in names:
        if name in inputs.json:
            continue
        below = missing_of(rulebook, inputs, reads[name]) if name in reads else set()
        found |= below or {name}
    return found


def _by_signature(rulebook: Rulebook, inputs: Inputs, results: list[str]) -> Mapping[str, StandIn]:
    """Let what was signed stand for the files that are not there; return it by requirement.

    ``results`` of requirements that are met by it alone are changed in place.
    """
    values = inputs.values
    counted: dict[str, StandIn] = {}
    for one in rulebook.program.stand_ins:
        if inputs.undertakings.get(one.name) != SIGNED:
            continue
        if one.asked is not None and run_safely(one.asked, values) is not True:
            continue
        if one.barred is not None and run_safely(one.barred, values) is not False:
            continue
        counted.update((fact, one) for fact in one.facts if fact not in counted)
    supposed = {**values, **dict.fromkeys(counted, True)}
    found = {}
    for place, condition in enumerate(rulebook.program.conditions):
        if results[place] not in (UNMET, UNKNOWN):
            continue
        signed = next((counted[name] for name in condition.uses if name in counted), None)
        if signed is None:
            continue
        applies = condition.applies is None or run_safely(condition.applies, values) is True
        if applies and run_safely(condition.must, supposed) is True:
            results[place], found[condition.id] = signed.result, signed
    return found


def _consent_states(rulebook: Rulebook, inputs: Inputs) -> dict[str, str]:
    found, values = {}, inputs.values
    for item, applies in rulebook.program.consents:
        needed = run_safely(applies, values)
        if needed is False:
            found[item] = NOT_APPLICABLE
        elif needed is True:
            found[item] = inputs.consents.get(item, NEEDED)
        else:
            found[item] = UNKNOWN
    if need_cosigners(rulebook, inputs):
        # what the caller knows of their confirmations; nothing known is unknown
        found[COSIGN] = inputs.consents.get(COSIGN, UNKNOWN)
    return found
