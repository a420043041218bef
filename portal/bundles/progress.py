"""The page of a bundled case: each step, how far it is, what it waits for, what can be done."""

from dataclasses import dataclass, field
from uuid import UUID

from django.utils.translation import gettext

from approvals import queries as approvals
from approvals.models import Application
from approvals.states import OPEN, SETTLED, State
from bundles import queries
from bundles.models import BundledCase, BundleStep
from bundles.states import StepState
from people.actors import Actor
from people.language import in_language, listed
from portal import terms
from portal.templatetags.portal import last_day
from services import catalogue

FIRST = 1  # seconds until the page asks again


@dataclass(slots=True)
class Line:
    """One step; ``number``: of its application, where the reader may open it."""

    code: str
    service: str
    name: str
    tone: str
    sign: str
    word: str
    sentence: str
    number: str = ""
    why: str = ""
    can_take_up: bool = False
    can_go_alone: bool = False
    can_rate: bool = False


@dataclass(slots=True)
class Progress:
    """A bundled case as its applicant reads it. ``version`` changes with anything that is shown."""

    case: BundledCase
    name: str
    lines: list[Line] = field(default_factory=list)
    granted: int = 0
    polling: int = 0  # seconds until it asks again; 0: nothing will move by itself
    can_give_up: bool = False
    is_settled: bool = False

    @property
    def version(self) -> str:
        return "-".join(f"{line.word}{line.number}" for line in self.lines)

    @property
    def tone(self) -> str:
        return "ok" if self.granted == len(self.lines) else "wait" if not self.is_settled else ""

    @property
    def sentence(self) -> str:
        named = {"n": self.granted, "all": len(self.lines)}
        if self.granted == len(self.lines):
            return gettext("All %(all)s are granted.") % named
        if self.is_settled:
            return gettext("%(n)s of %(all)s are granted; nothing more is in hand.") % named
        return gettext("%(n)s of %(all)s are granted. The others go on by themselves.") % named


def progress(case: BundledCase, by: Actor) -> Progress:
    """Return how far a bundled case is, in the reader's language."""
    steps = queries.steps(case)
    names = {s.code: in_language(catalogue.rulebook(s.edition_id).pack.name) for s in steps}
    granted = {s.code for s in steps if _state(s) == State.APPROVED}
    visible = set(
        approvals.visible_to(by)
        .filter(pk__in=[s.application_id for s in steps if s.application_id])
        .values_list("pk", flat=True)
    )
    lines = [_line(step, names, granted, visible) for step in steps]
    moves = any(
        (step.state == StepState.WAITING and set(step.after) <= granted)
        or (step.application is not None and step.application.state == State.SUBMITTED)
        for step in steps
    )
    return Progress(
        case=case,
        name=in_language(case),
        lines=lines,
        granted=len(granted),
        polling=FIRST if moves else 0,
        can_give_up=any(_can_give_up(step) for step in steps),
        is_settled=all(_is_settled(step) for step in steps),
    )


def _state(step: BundleStep) -> str:
    return step.application.state if step.application else str(step.state)


def _can_give_up(step: BundleStep) -> bool:
    if step.application is None:
        return step.state in (StepState.WAITING, StepState.STOPPED)
    return step.application.state in OPEN and step.application.state != State.SUBMITTED


def _is_settled(step: BundleStep) -> bool:
    if step.application is None:
        return step.state in (StepState.STOPPED, StepState.DROPPED)
    return step.application.state in SETTLED


def _line(step: BundleStep, names: dict[str, str], granted: set[str], visible: set[UUID]) -> Line:
    made = Line(step.code, str(step.service_id), names[step.code], "wait", "clock", "", "")
    case = step.application
    if case is not None:
        face = case.face
        made.tone, made.sign, made.word = face.tone, face.sign, str(face.word)
        made.number = case.number if case.pk in visible else ""
        made.sentence = _sentence(case)
        made.can_rate = case.state in SETTLED and bool(made.number)
        return made
    before = [names[code] for code in step.after if code not in granted]
    match StepState(step.state):
        case StepState.WAITING if before:
            made.word = gettext("waits")
            made.sentence = gettext("It is handed in by itself when this is granted: %(names)s") % {
                "names": listed(before)
            }
        case StepState.WAITING:
            made.word, made.sentence = gettext("is being handed in"), gettext("In a moment.")
        case StepState.STOPPED:
            made.tone, made.sign, made.word = "bad", "unmet", gettext("cannot follow")
            made.why = in_language({"zh": step.why.get("zh", ""), "en": step.why.get("en", "")})
            if step.why.get("code") == "waits_in_vain" and before:
                made.why = gettext("This was not granted: %(names)s") % {"names": listed(before)}
            made.can_take_up = not before and step.why.get("code") == "waits_in_vain"
            made.can_go_alone = not step.holder
        case _:
            made.tone, made.sign, made.word = "plain", "unmet", gettext("given up")
    return made


def _sentence(case: Application) -> str:
    named = {"office": in_language(case.office), "day": last_day(terms.until(case))}
    if case.state == State.WAITING:
        return gettext("Others must answer first. Who, its page says.")
    return str(case.face.sentence) % named
