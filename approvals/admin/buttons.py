"""What officers may do with a case: one table makes the desk's buttons and calls the actions."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from approvals import actions
from people.actors import Actor
from people.models import User

NOBODY, MINE, COLLEAGUE = "nobody", "mine", "colleague"  # in whose hands the case is
# of returns: none yet; one, and a supervisor is to be asked, was asked, or has permitted another
FIRST, SECOND, ASKED, PERMITTED = "first", "second", "asked", "permitted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One action at the desk: when it is offered, where it stands, what it needs and answers."""

    label: str | Promise
    done: str | Promise
    call: Callable[..., object]  # by, now, version; number or ``proposal``; and the ``fields``
    form: str  # of the page: hands, take, materials, proposal, decision, agency, release
    effect: str | Promise = ""  # what it does and for whom, in a sentence beside it
    is_confirmed: bool = False  # a page of its own asks once more before it is final
    hands: tuple[str, ...] = (MINE,)
    edge: str = ""  # of ``states.EDGES``, which has to begin here; none: wherever a clerk decides
    role: str = User.Role.CLERK
    also: str = ""  # another role that has the button
    tone: str = ""
    # reason, law, item, to, proposal, review, opened; kind, days, basis; way, recipient, on, note;
    # document, approved_on; question, shows
    fields: tuple[str, ...] = ()
    proposed: bool | None = False  # while a proposal waits, while none does, or (None) either way
    review: bool | None = False  # the same of a legal review
    is_reviewed: bool | None = None  # where the pack wants refusals reviewed, does not, or either
    against: bool | None = None  # where approving is against the verdict, is not, or either way
    returns: tuple[str, ...] = ()  # of ``_returns``, where it depends on returns before
    delivers: bool = False  # where a decision stands that is still to be delivered


def _open_procedure(
    *, number: str, by: Actor, now: datetime.datetime, version: int, **plan: str
) -> object:
    return actions.open_procedure(
        number=number, plan=actions.ProcedurePlan(**plan), by=by, now=now, version=version
    )


def _record_delivery(
    *, number: str, by: Actor, now: datetime.datetime, version: int, **sent: str
) -> object:
    return actions.record_delivery(
        number=number, delivery=actions.DeliveryRecord(**sent), by=by, now=now, version=version
    )


def _extend(
    *,
    number: str,
    reason: str,
    by: Actor,
    now: datetime.datetime,
    version: int,
    **approval: str,
) -> object:
    """``document`` and ``approved_on`` are sent of a joint handling alone."""
    found = actions.GovernmentApproval(approval["document"], approval["approved_on"])
    return actions.extend(
        number=number, reason=reason, by=by, now=now, version=version, approval=found
    )


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
        review=None,
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
        review=None,
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
        review=None,
    ),
    "find_in_materials": Button(
        label=_("Say what it shows"),
        done=_("Kept with the case. What rests on the files is known now."),
        call=actions.find_in_materials,
        form="materials",
        edge="approve",
        fields=("question", "shows", "reason"),
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
        review=None,
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
            "The applicant corrects all that you list, once. Until then the clock stands still; of"
            " what counts as accepted, or was returned before, it goes on."
        ),
        is_confirmed=True,
        edge="return_",
        tone="wait",
        fields=("reason", "opened"),
        returns=(FIRST, PERMITTED),
    ),
    "ask_second_return": Button(
        label=_("Ask the supervisor to permit the return"),
        done=_("The supervisor has been asked. Until then you may decide otherwise."),
        call=actions.ask_second_return,
        form="decision",
        effect=_(
            "It was returned before, or counts as accepted: a supervisor or the head of the office"
            " has to permit the return. Say what is missing, and why it was not listed in time."
        ),
        edge="return_",
        tone="wait",
        fields=("reason",),
        returns=(SECOND,),
    ),
    "permit_second_return": Button(
        label=_("Permit the return"),
        done=_("Permitted. The officer returns it, and the applicant reads your reason."),
        call=actions.permit_second_return,
        form="permission",
        hands=(NOBODY, COLLEAGUE),
        edge="return_",
        role=User.Role.SUPERVISOR,
        also=User.Role.HEAD,
        tone="main",
        fields=("reason",),
        proposed=None,
        returns=(ASKED,),
    ),
    "deny_second_return": Button(
        label=_("Do not permit it"),
        done=_("Not permitted. The officer decides on what is there."),
        call=actions.deny_second_return,
        form="permission",
        hands=(NOBODY, COLLEAGUE),
        edge="return_",
        role=User.Role.SUPERVISOR,
        also=User.Role.HEAD,
        fields=("reason",),
        proposed=None,
        returns=(ASKED,),
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
        is_reviewed=False,
    ),
    "propose_refusal": Button(
        label=_("Refuse, after legal review"),
        done=_("With the legal officer. The case is refused when they agree."),
        call=actions.propose_refusal,
        form="decision",
        effect=_(
            "A legal officer of the office reads it first. The applicant sees nothing until then."
        ),
        edge="refuse",
        tone="bad",
        fields=("reason", "law"),
        is_reviewed=True,
    ),
    "agree_review": Button(
        label=_("Agree"),
        done=_("Agreed, with your opinion."),
        call=actions.agree_review,
        form="review",
        hands=(COLLEAGUE,),
        role=User.Role.LEGAL,
        tone="ok",
        fields=("review", "reason"),
        proposed=None,
        review=True,
    ),
    "send_back_review": Button(
        label=_("Send it back"),
        done=_("Sent back to the clerk, with your opinion."),
        call=actions.send_back_review,
        form="review",
        hands=(COLLEAGUE,),
        role=User.Role.LEGAL,
        fields=("review", "reason"),
        proposed=None,
        review=True,
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
        call=_extend,
        form="term",
        effect=_("Once, with a reason: the applicant reads it, and both days."),
        is_confirmed=True,
        hands=(NOBODY, COLLEAGUE),
        role=User.Role.HEAD,
        tone="wait",
        fields=("reason", "document", "approved_on"),
        proposed=None,
        review=None,
    ),
    "transfer": Button(
        label=_("Give it to another office"),
        done=_("The case is with the other office now. You no longer see it."),
        call=actions.transfer,
        form="decision",
        effect=_("Where another office is competent. The term goes on with the days left."),
        edge="approve",
        fields=("to", "reason"),
        proposed=None,
    ),
    "record_delivery": Button(
        label=_("Record the delivery"),
        done=_("The delivery is recorded; the applicant sees it."),
        call=_record_delivery,
        form="decision",
        effect=_("To whom, how and on which day the decision was delivered; once."),
        hands=(NOBODY,),
        tone="main",
        fields=("way", "recipient", "on", "note"),
        delivers=True,
    ),
    "reopen": Button(
        label=_("Open it again: an error of ours"),
        done=_("Opened again. Another officer decides it."),
        call=actions.reopen,
        form="decision",
        effect=_(
            "What was decided no longer stands, and its certificate is suspended, until another"
            " officer has decided again."
        ),
        hands=(NOBODY,),
        edge="reopen",
        tone="wait",
        fields=("reason",),
    ),
    "release": Button(
        label=_("Put it back into the queue"),
        done=_("The case is back in the queue."),
        call=actions.release,
        form="release",
        effect=_("Any colleague of the office may take it then."),
        proposed=None,
        review=None,
    ),
}
