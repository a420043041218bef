"""What officers may do with a case: one table makes the desk's buttons and calls the actions."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from approvals import actions, policies
from approvals.errors import stale
from approvals.models import Application, ApprovalProposal
from approvals.states import may_take
from people import text
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User

NOBODY, MINE, COLLEAGUE = "nobody", "mine", "colleague"  # in whose hands the case is


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One action at the desk: when it is offered, where it stands, what it needs and answers."""

    label: str | Promise
    done: str | Promise
    call: Callable[..., object]  # by, now, version; number or ``proposal``; and the ``fields``
    form: str  # of the page: hands, take, proposal, decision, agency, release
    effect: str | Promise = ""  # what it does and for whom, in a sentence beside it
    is_confirmed: bool = False  # a page of its own asks once more before it is final
    hands: tuple[str, ...] = (MINE,)
    edge: str = ""  # of ``states.EDGES``, which has to begin here; none: wherever a clerk decides
    role: str = User.Role.CLERK
    tone: str = ""
    fields: tuple[str, ...] = ()  # reason, law, item, to, proposal; kind, days, basis
    proposed: bool | None = False  # while a proposal waits, while none does, or (None) either way
    against: bool | None = None  # where approving is against the verdict, is not, or either way


def _open_procedure(
    *, number: str, by: Actor, now: datetime.datetime, version: int, **plan: str
) -> object:
    return actions.open_procedure(
        number=number, plan=actions.ProcedurePlan(**plan), by=by, now=now, version=version
    )


_PLAIN = ("item", "to", "kind", "days", "basis")  # fields that an action takes as they are sent
BUTTONS: Mapping[str, Button] = {
    "reassign": Button(
        label=_("Give it to this officer"),
        done=_("The case is in the hands of the officer whom you named."),
        call=actions.reassign,
        form="hands",
        hands=(NOBODY, COLLEAGUE),
        role=User.Role.SUPERVISOR,
        tone="main",
        fields=("to", "reason"),
        proposed=None,
    ),
    "release_for": Button(
        label=_("Put it back into the queue"),
        done=_("The case is back in the queue."),
        call=actions.release_for,
        form="hands",
        hands=(COLLEAGUE,),
        role=User.Role.SUPERVISOR,
        fields=("reason",),
        proposed=None,
    ),
    "take": Button(
        label=_("Take this case"),
        done=_("The case is yours now."),
        call=actions.take,
        form="take",
        effect=_("Nobody else can decide it while you have it."),
        hands=(NOBODY,),
        tone="main",
        proposed=None,
    ),
    "confirm_approval": Button(
        label=_("Confirm the approval"),
        done=_("Approved by two officers."),
        call=actions.confirm_approval,
        form="proposal",
        effect=_("It is granted at once, in both your names."),
        hands=(COLLEAGUE,),
        edge="approve",
        tone="ok",
        fields=("proposal",),
        proposed=True,
    ),
    "send_back_approval": Button(
        label=_("Send it back"),
        done=_("Sent back to the officer who proposed it."),
        call=actions.send_back_approval,
        form="proposal",
        hands=(COLLEAGUE,),
        edge="approve",
        fields=("proposal", "reason"),
        proposed=True,
    ),
    "propose_approval": Button(
        label=_("Propose to approve"),
        done=_("Proposed. A second officer confirms it, or sends it back."),
        call=actions.propose_approval,
        form="decision",
        effect=_(
            "A condition is not met: a second officer of the office confirms it. The applicant sees"
            " nothing of it until then."
        ),
        edge="approve",
        tone="ok",
        fields=("reason",),
        against=True,
    ),
    "approve": Button(
        label=_("Approve"),
        done=_("Approved, with your reason."),
        call=actions.approve,
        form="decision",
        effect=_("It is granted at once; the applicant gets what is issued."),
        is_confirmed=True,
        edge="approve",
        tone="ok",
        fields=("reason",),
        against=False,
    ),
    "return_": Button(
        label=_("Return for correction"),
        done=_("Returned to the applicant, with everything that you listed."),
        call=actions.return_,
        form="decision",
        effect=_(
            "The applicant corrects all that you list, once; until then the clock stands still."
        ),
        is_confirmed=True,
        edge="return_",
        tone="wait",
        fields=("reason",),
    ),
    "refuse": Button(
        label=_("Refuse"),
        done=_("Refused, with your reason and the applicant's remedies."),
        call=actions.refuse,
        form="decision",
        effect=_("The applicant gets your reason, its law and the remedies, in writing."),
        is_confirmed=True,
        edge="refuse",
        tone="bad",
        fields=("reason", "law"),
    ),
    "await_consent": Button(
        label=_("Ask another agency"),
        done=_("The agency has been asked."),
        call=actions.await_consent,
        form="agency",
        effect=_("The agency is asked, and the case waits for its answer."),
        edge="await_consent",
        fields=("item",),
    ),
    "open_procedure": Button(
        label=_("Open a special procedure"),
        done=_("The special procedure is open, and the clock stands still."),
        call=_open_procedure,
        form="term",
        effect=_(
            "A hearing, expert review, inspection or test comes first. Its time does not count; the"
            " applicant reads what it is and how long it takes."
        ),
        edge="open_procedure",
        fields=("kind", "days", "basis", "reason"),
    ),
    "end_procedure": Button(
        label=_("End the special procedure"),
        done=_("The special procedure has ended; the case is in your hands."),
        call=actions.end_procedure,
        form="term",
        effect=_("The clock goes on with the days that were left. The applicant reads the result."),
        hands=(NOBODY, MINE, COLLEAGUE),
        edge="end_procedure",
        tone="main",
        fields=("reason",),
    ),
    "extend": Button(
        label=_("Extend the term"),
        done=_("The term is longer, and the applicant reads why."),
        call=actions.extend,
        form="term",
        effect=_("Once, with a reason: the applicant reads it, and both days."),
        is_confirmed=True,
        hands=(NOBODY, COLLEAGUE),
        role=User.Role.HEAD,
        tone="wait",
        fields=("reason",),
        proposed=None,
    ),
    "release": Button(
        label=_("Put it back into the queue"),
        done=_("The case is back in the queue."),
        call=actions.release,
        form="release",
        effect=_("Any colleague of the office may take it then."),
        proposed=None,
    ),
}


def offered(
    case: Application, by: Actor, proposal: ApprovalProposal | None, now: datetime.datetime
) -> dict[str, Button]:
    """Return the page's buttons for an officer, by action; each action asks again by itself."""
    if by.role == User.Role.CLERK and not policies.may_handle(by, case):
        return {}
    taken = case.taken_by
    hands = NOBODY if taken is None else MINE if taken.username == by.code else COLLEAGUE
    found = {
        action: button
        for action, button in BUTTONS.items()
        if (button.role == by.role and hands in button.hands)
        and button.proposed in (None, proposal is not None)
        and (may_take(button.edge, case.state) if button.edge else case.face.pen == "clerk")
    }
    if "extend" in found and not actions.is_extensible(case, now):
        del found["extend"]
    if any(button.against is not None for button in found.values()):
        against = actions.is_against_verdict(case, by, now)
        found = {a: button for a, button in found.items() if button.against in (None, against)}
    return found


def press(
    form: Mapping[str, str], case: Application, *, by: Actor, now: datetime.datetime
) -> object:
    """Call the action that the pressed button names; returns what to tell the officer.

    ``version`` is what the page showed: a stale page is rejected with 409 (``ActionRejected``).
    """
    version = _version(form)
    button = _button(form.get("action", ""))
    button.call(**_arguments(button, form, case), by=by, now=now, version=version)
    return button.done


def check(
    form: Mapping[str, str], case: Application, *, by: Actor, now: datetime.datetime
) -> tuple[str, Button]:
    """Return the move that ``preview`` names with its button, for the page that asks once more.

    Nothing is written; raises ``ActionRejected`` where the page is stale, the move is not offered
    (any more), or its reason or law is missing.
    """
    action = form.get("preview", "")
    button = _button(action)
    if _version(form) != case.events:
        raise stale()
    if action not in offered(case, by, actions.open_proposal(case), now):
        raise stale()
    arguments = _arguments(button, form, case)
    if "reason" in arguments:
        text.reason(arguments["reason"], longest=2000)
    return action, button


def _version(form: Mapping[str, str]) -> int:
    version = form.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise stale()
    return int(version)


def _button(action: str) -> Button:
    button = BUTTONS.get(action)
    if button is None:
        raise ActionRejected(
            "no_such_action", "没有这个操作", "There is no such action.", status=422
        )
    return button


def _arguments(button: Button, form: Mapping[str, str], case: Application) -> dict[str, Any]:
    """Return what the page sent for the fields of a button, as its action takes them."""
    found: dict[str, Any] = {}
    if "proposal" in button.fields:
        found["proposal"] = _which(form)
    else:
        found["number"] = case.number
    if "reason" in button.fields:
        found["reason"] = form.get("reason", "").replace("\r\n", "\n")
    if "law" in button.fields:
        found["reason"] = _with_law(found["reason"], form)
    found |= {name: form.get(name, "") for name in _PLAIN if name in button.fields}
    return found


def _which(form: Mapping[str, str]) -> UUID:
    """The proposal that the page showed; whether it is this case's, the action sees."""
    try:
        return UUID(form.get("proposal", ""))
    except ValueError:
        raise stale() from None


def _with_law(reason: str, form: Mapping[str, str]) -> str:
    """A refusal names its law (行政许可法 §38); both stand in the receipt."""
    law = form.get("law", "").strip()
    if not reason.strip():
        return reason  # the action says what is missing
    if not law:
        raise ActionRejected(
            "law_required", "请填写法律依据", "Name the law.", status=422, field="/law"
        )
    if len(law) > 200:
        raise ActionRejected(
            "law_too_long",
            "法律依据不能超过 200 字",
            "The law is longer than 200 characters.",
            status=422,
            field="/law",
        )
    return f"{reason.strip()}（{law}）"
