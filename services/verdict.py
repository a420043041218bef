"""What follows from the inputs: a finding for each requirement, and the outcome. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from services.inputs import Inputs
    from services.pack.program import Condition
    from services.rules import Rulebook

MET, UNMET, UNKNOWN, NOT_APPLICABLE = "met", "unmet", "unknown", "not_applicable"
# of a consent, beside the states of approvals.Consent: asked, granted, denied
NEEDED = "needed"


class Finding(NamedTuple):
    """One requirement's result, with the values that it rests on in canonical form.

    ``uses`` lacks what is unknown; ``unknown`` names it. ``culprits`` are the keys of the list
    items that failed an ``every``. ``unmet`` is what the pack says follows.
    """

    id: str
    result: str
    uses: Mapping[str, Any]
    unknown: tuple[str, ...]
    culprits: tuple[Any, ...]
    unmet: str

    def payload(self) -> dict[str, Any]:
        found: dict[str, Any] = {"id": self.id, "result": self.result, "uses": dict(self.uses)}
        if self.unknown:
            found["unknown"] = list(self.unknown)
        if self.culprits:
            found["culprits"] = list(self.culprits)
        return found


Take = Callable[[Mapping[str, Any]], dict[str, Any]]


def taker(names: Sequence[str]) -> Take:
    """What takes these names, mostly one or two, from what is known; KeyError when one is not."""
    match names:
        case [one]:
            return lambda known: {one: known[one]}
        case [one, two]:
            return lambda known: {one: known[one], two: known[two]}
        case [one, two, three]:
            return lambda known: {one: known[one], two: known[two], three: known[three]}
    return lambda known: {name: known[name] for name in names}


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
    )

    def __init__(
        self,
        rulebook: Rulebook,
        inputs: Inputs,
        results: Sequence[str],
        consent_states: Mapping[str, str],
    ) -> None:
        self.rulebook = rulebook
        self.inputs = inputs
        self.results = results
        self.consent_states = consent_states
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
            found = set(states.values())
            if "denied" in found or UNKNOWN in found:
                return "refer"
            if returns:
                return "return"
            return "wait" if NEEDED in found or "asked" in found else "approve"
        return "return" if returns else "approve"

    @property
    def findings(self) -> tuple[Finding, ...]:
        """One finding a requirement, in the order of the pack."""
        if self._findings is None:
            pairs = zip(self.rulebook.conditions, self.results, strict=True)
            self._findings = tuple(self._finding(c, result) for c, result in pairs)
        return self._findings

    def _finding(self, condition: Condition, result: str) -> Finding:
        known, names = self.inputs.json, condition.uses
        culprits: tuple[Any, ...] = ()
        unknown: tuple[str, ...] = ()
        if result == UNMET and condition.culprits is not None:
            culprits = tuple(condition.culprits(self.inputs.values))
        try:
            uses = {name: known[name] for name in names}
        except KeyError:
            uses = {name: known[name] for name in names if name in known}
            unknown = tuple(name for name in names if name not in known)
        return Finding(condition.id, result, uses, unknown, culprits, condition.unmet)

    def payload(self) -> dict[str, Any]:
        """The verdict as a canonical object: the same bytes wherever it is judged again."""
        known = self.inputs.json
        requirements = []
        for (condition, take), result in zip(self.rulebook.traces, self.results, strict=True):
            found: dict[str, Any] = {"id": condition.id, "result": result}
            try:
                found["uses"] = take(known)
            except KeyError:  # something is unknown
                names = condition.uses
                found["uses"] = {name: known[name] for name in names if name in known}
                found["unknown"] = [name for name in names if name not in known]
            if result == UNMET and condition.culprits is not None:
                culprits = list(condition.culprits(self.inputs.values))
                if culprits:
                    found["culprits"] = culprits
            requirements.append(found)
        return {
            "outcome": self.outcome,
            "as_of": self.inputs.as_of.isoformat(),
            "requirements": requirements,
            "tables": {name: known[name] for name in self.rulebook.tables if name in known},
            "consents": dict(self.consent_states),
        }

    def reasons(self) -> list[str]:
        """Short codes of everything that stands against approval: ``no_record:unmet``."""
        return list(self._reasons())

    def _reasons(self) -> Iterator[str]:
        for condition, result in zip(self.rulebook.conditions, self.results, strict=True):
            if result in (UNMET, UNKNOWN):
                yield f"{condition.id}:{result}"
        for item, state in self.consent_states.items():
            if state not in ("granted", NOT_APPLICABLE):
                yield f"{item}:{state}"
