"""What became of applications, held against the oracle: state, outcome and reasons."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.catalogue.applying import OPEN, Sent
from benchmarks.oracles.case import Silent, decided
from benchmarks.oracles.comparison import ORACLES, SAME
from people.actors import ENGINE

STATES = {"approve": "approved", "return": "returned", "refer": "review", "wait": "approved"}
# of a case that no service's conditions speak of: whose name the population registry has
NAME = "name"
KEEPERS = {"person": "population", "enterprise": "enterprise"}
CERTIFICATE = "certificate"  # that a case is about: not the applicant's, or not in force
CIRCUMSTANCES = {
    "name_differs": NAME,
    "name_unknown": NAME,
    "certificate_not_found": CERTIFICATE,
    "certificate_not_live": CERTIFICATE,
}


@dataclass(slots=True)
class Tally:
    """What became of one service's applications."""

    service: str
    cases: int = 0
    states: dict[str, int] = field(default_factory=dict)
    eligible: int = 0  # by the oracle
    automatic: int = 0  # of them, approved by the machine
    lost: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.automatic / self.eligible if self.eligible else 1.0

    @property
    def passed(self) -> bool:
        return not (self.lost or self.undecided or self.wrong) and self.share >= LEAST_AUTOMATIC

    def __str__(self) -> str:
        times = sorted(self.seconds) or [0.0]
        said = " ".join(f"{name}={self.states.get(name, 0)}" for name in SHOWN)
        return (
            f"{self.service}: cases={self.cases} {said} wrong={len(self.wrong)}"
            f" lost={len(self.lost)} undecided={len(self.undecided)}"
            f" automatic={self.share:.3f} of {self.eligible} p50_s={times[len(times) // 2]:.3f}"
        )


SHOWN = ("approved", "returned", "review")
LEAST_AUTOMATIC = 0.95  # of the eligible


def tally(service: str, sent: Sequence[Sent]) -> Tally:
    """Hold every application of a service against the oracle."""
    found = Tally(service, len(sent))
    for one in sent:
        if not one.number:
            found.lost.append(one.refusal or "it was there, and is not any more")
            continue
        if one.state in OPEN:
            found.undecided.append(f"{one.number} is {one.state}")
            continue
        found.states[one.state] = found.states.get(one.state, 0) + 1
        found.seconds.append(one.seconds)
        outcome, reasons = due(one)
        if STATES[outcome] == "approved":
            found.eligible += 1
            by_machine = one.answer["decision"]["by"] == str(ENGINE)
            found.automatic += one.state == "approved" and by_machine
        found.wrong += [f"{one.number} {fault}" for fault in _faults(one, outcome, reasons)]
    return found


def due(one: Sent) -> tuple[str, set[str]]:
    """Return what must come of an application, and what stands against an approval."""
    case = one.case
    outcome, found = decided(case, ORACLES[one.drawn.service])
    reasons = {name for name, is_met in found.items() if is_met is not True} | one.drawn.lacks
    outcome = "refer" if one.drawn.lacks else outcome
    try:
        registered = case.of(KEEPERS[one.drawn.kind])["name"]
    except Silent:
        registered = None
    if registered != one.drawn.name:
        return "refer", {*reasons, NAME}
    return outcome, reasons


def _faults(one: Sent, outcome: str, reasons: set[str]) -> list[str]:
    faults = []
    if one.state != STATES[outcome]:
        faults.append(f"is {one.state}, should be {STATES[outcome]}")
    against = _against(one.drawn.service, one.answer["decision"])
    if reasons - one.drawn.lacks:  # what stands against it may have suspended the permit, too
        against, reasons = against - {CERTIFICATE}, reasons - {CERTIFICATE}
    if against != reasons:
        more, less = sorted(against - reasons), sorted(reasons - against)
        faults.append(f"({one.state}) has also {more}, has not {less}")
    return faults


def _against(service: str, decision: dict[str, Any]) -> set[str]:
    """Return what stands against an approval by a decision, in the oracle's words."""
    same = SAME[service]
    found = {
        same.get(one["id"], one["id"])
        for one in decision["verdict"]["requirements"]
        if one["result"] in ("unmet", "unknown")
    }
    return found | {CIRCUMSTANCES.get(r, r) for r in decision["reasons"] if ":" not in r}
