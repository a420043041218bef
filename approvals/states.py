"""States of an application, who holds the pen in each, and the edges between them.

The enumerations of what hangs on an application stand here too, and every set of states: whoever
adds a state finds here what else has to know it (docs/how-to/, tests/approvals/test_states.py).
"""

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    DRAFT = "draft", _("draft")  # nobody's yet: what is being filled in lives in the page alone
    SUBMITTED = "submitted", _("submitted")  # the machine checks and decides
    WAITING = "waiting", _("waiting for others to answer")  # an agency's answer is due
    RETURNED = "returned", _("returned for correction")  # one notice listed everything missing
    REVIEW = "review", _("with an officer")  # a named officer decides
    PROCEDURE = "procedure", _("in a special procedure")  # a hearing, inspection … (§45)
    APPROVED = "approved", _("approved")  # settled: granted
    REFUSED = "refused", _("refused")  # settled: refused by a named officer
    WITHDRAWN = "withdrawn", _("withdrawn")  # settled: the citizen took it back
    EXPIRED = "expired", _("expired")  # settled: not corrected in time


@dataclass(frozen=True, slots=True)
class Face:
    """What everybody shows of a state, and who holds the pen in it."""

    pen: str | None  # citizen, machine, agency, clerk, examiner; None: settled
    label_tone: str  # of the desk's label: default, info, warning, success, danger
    tone: str  # of the band on the citizen's page: "", wait, ok, bad
    sign: str  # on it: of portal.signs
    word: str | Promise  # on it
    sentence: str | Promise  # what it means and what comes next; %(office)s, %(day)s


FACES: dict[State, Face] = {
    State.DRAFT: Face("citizen", "default", "", "edit", _("Not handed in"), ""),
    State.SUBMITTED: Face(
        "machine",
        "info",
        "",
        "clock",
        _("Being checked"),
        _("We have it. The registries are being asked; you need do nothing."),
    ),
    State.WAITING: Face(
        "agency",
        "info",
        "wait",
        "clock",
        _("Waiting for others to answer"),
        _("Another agency must agree first. Its answer is shown here."),
    ),
    State.RETURNED: Face(
        "citizen",
        "warning",
        "wait",
        "edit",
        _("Please correct"),
        _("Something is missing. Correct it by %(day)s and hand it in again."),
    ),
    State.REVIEW: Face(
        "clerk",
        "warning",
        "wait",
        "person",
        _("With an officer"),
        _("An officer of %(office)s decides, by %(day)s at the latest."),
    ),
    State.PROCEDURE: Face(
        "examiner",
        "info",
        "wait",
        "clock",
        _("In a special procedure"),
        _("A hearing, inspection or review is held first. The time to decide stands still."),
    ),
    State.APPROVED: Face(
        None,
        "success",
        "ok",
        "met",
        _("Approved"),
        _("Your application is granted, and your certificate is ready."),
    ),
    State.REFUSED: Face(
        None,
        "danger",
        "bad",
        "unmet",
        _("Refused"),
        _("An officer has refused it. The reason and what you can do are below."),
    ),
    State.WITHDRAWN: Face(
        None,
        "default",
        "",
        "not_applicable",
        _("Withdrawn"),
        _("You took it back. You may apply again at any time."),
    ),
    State.EXPIRED: Face(
        None,
        "default",
        "",
        "not_applicable",
        _("Closed"),
        _("It was not corrected in time. You may apply again at any time."),
    ),
}

PEN = {state: face.pen for state, face in FACES.items()}
SETTLED = frozenset(state for state, pen in PEN.items() if pen is None)
REACHABLE = tuple(state for state in State if state is not State.DRAFT)  # of somebody's case
OPEN = tuple(state for state in REACHABLE if state not in SETTLED)  # in hand
UNDECIDED = tuple(state for state in OPEN if PEN[state] != "citizen")  # others are at work on it
# where the statutory clock runs, and where it stands still, as it is not the city's turn: by law in
# a procedure (§45), by the city's convention where others are asked (``terms``). Returned before it
# was accepted it stands still by law (§32); returned later it runs: see its pauses (``clock``)
RUNNING = tuple(state for state in OPEN if PEN[state] in ("machine", "clerk"))
PAUSED = tuple(state for state in OPEN if PEN[state] in ("agency", "examiner"))
DECIDED = (State.APPROVED, State.REFUSED)  # a decision stands, and may be contested


# kinds of Events that only note something beside a case: nobody's open page, proposal or legal
# review is stale by them (``Application.version``)
SIDE_EVENTS = (
    *("accepted", "escalated", "legal_review_agreed", "delivery_agreed", "delivered"),
    *("promise_due", "consent_reminded"),
)


class Outcome(models.TextChoices):
    """What one decision says. A state is what becomes of the application by it."""

    APPROVE = "approve", _("Approved")
    REFUSE = "refuse", _("Refused")
    RETURN = "return", _("Returned for correction")
    REFER = "refer", _("Handed to an officer")
    WAIT = "wait", _("Others were asked")


FINAL = (Outcome.APPROVE, Outcome.REFUSE)  # of these one is live at most


class CheckState(models.TextChoices):
    DUE = "due"  # to be asked at ``next_at``
    ANSWERED = "answered"  # evidence written: found or absent
    FAILED = "failed"  # given up: its facts are unknown
    UNANSWERED = "unanswered"  # so too, and still tried while no officer has the case


class ConsentState(models.TextChoices):
    """Of another agency's consent, and of a person's signature beside the applicant's."""

    ASKED = "asked"
    GRANTED = "granted"
    DENIED = "denied"


class DocumentKind(models.TextChoices):
    """What an office puts in writing about a case (文书); titles are the city's."""

    ACCEPTANCE = "acceptance", _("Notice of acceptance")  # 行政许可法 §32
    CORRECTION = "correction", _("Notice of what is to be corrected")  # §32
    APPROVAL = "approval", _("Decision to grant")  # §38
    REFUSAL = "refusal", _("Decision to refuse")  # §38
    EXTENSION = "extension", _("Notice of a longer term")  # §42
    PROCEDURE = "procedure", _("Notice of a special procedure")  # §45
    TRANSFER = "transfer", _("Notice of a transfer")


INITIAL = (State.DRAFT, State.SUBMITTED)  # what a row may begin with

# edge: (from, to). django-fsm's transitions, the database guard and the diagram in the docs are
# all made from this one table; delete a line and each of them refuses the move.
EDGES: dict[str, tuple[tuple[State, ...], State]] = {
    "submit": ((State.DRAFT, State.RETURNED), State.SUBMITTED),
    "grant": ((State.SUBMITTED,), State.APPROVED),  # by the machine
    "send_back": ((State.SUBMITTED,), State.RETURNED),  # by the machine
    "await_consent": ((State.SUBMITTED, State.REVIEW), State.WAITING),
    "hand_over": ((State.SUBMITTED, State.WAITING), State.REVIEW),
    "resume": ((State.WAITING,), State.SUBMITTED),
    # by the machine: the registry for whose silence alone an officer was to decide answers again
    "check_again": ((State.REVIEW,), State.SUBMITTED),
    "approve": ((State.REVIEW,), State.APPROVED),  # by a named officer
    "refuse": ((State.REVIEW,), State.REFUSED),  # by a named officer, and by nobody else
    "return_": ((State.REVIEW,), State.RETURNED),  # by a named officer
    # a hearing, expert review, inspection or test (特别程序), by the officer who has the case
    "open_procedure": ((State.REVIEW,), State.PROCEDURE),
    "end_procedure": ((State.PROCEDURE,), State.REVIEW),
    "withdraw": (
        (State.DRAFT, State.WAITING, State.RETURNED, State.REVIEW, State.PROCEDURE),
        State.WITHDRAWN,
    ),
    # not corrected in time; or a promised file, without which nothing is granted, did not come
    "expire": ((State.RETURNED, State.WAITING), State.EXPIRED),
    "reopen": ((State.APPROVED, State.REFUSED), State.REVIEW),  # 复核
}


def may_take(edge_name: str, state: str) -> bool:
    """Whether the edge leads away from a state."""
    return state in EDGES[edge_name][0]
