"""From the desk's buttons to the actions."""

import datetime
from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from approvals import actions
from approvals.errors import stale
from approvals.models import Application
from people.actors import Actor
from people.errors import ActionRejected

DONE = {
    "take": _("The case is yours now."),
    "release": _("The case is back in the queue."),
    "release_for": _("The case is back in the queue."),
    "reassign": _("The case is in the hands of the officer whom you named."),
    "approve": _("Approved, with your reason."),
    "propose_approval": _("Proposed. A second officer confirms it, or sends it back."),
    "confirm_approval": _("Approved by two officers."),
    "send_back_approval": _("Sent back to the officer who proposed it."),
    "refuse": _("Refused, with your reason and the applicant's remedies."),
    "return_": _("Returned to the applicant, with everything that you listed."),
    "await_consent": _("The agency has been asked."),
}


def press(
    form: Mapping[str, str], case: Application, *, by: Actor, now: datetime.datetime
) -> object:
    """Call the action that the pressed button names; returns what to tell the clerk.

    ``version`` is what the page showed: a stale page is rejected with 409 (``ActionRejected``).
    """
    action, version = form.get("action", ""), form.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise stale()
    seen = int(version)
    reason = form.get("reason", "").replace("\r\n", "\n")
    number = case.number
    match action:
        case "take":
            actions.take(number=number, by=by, now=now, version=seen)
        case "release":
            if seen != case.events:
                raise stale()
            actions.release(number=number, by=by, now=now)
        case "approve":
            actions.approve(number=number, reason=reason, by=by, now=now, version=seen)
        case "release_for":
            actions.release_for(number=number, reason=reason, by=by, now=now, version=seen)
        case "reassign":
            actions.reassign(
                number=number, to=form.get("to", ""), reason=reason, by=by, now=now, version=seen
            )
        case "propose_approval":
            actions.propose_approval(number=number, reason=reason, by=by, now=now, version=seen)
        case "confirm_approval":
            actions.confirm_approval(proposal=_which(form), by=by, now=now, version=seen)
        case "send_back_approval":
            actions.send_back_approval(
                proposal=_which(form), reason=reason, by=by, now=now, version=seen
            )
        case "refuse":
            actions.refuse(
                number=number, reason=_with_law(reason, form), by=by, now=now, version=seen
            )
        case "return_":
            actions.return_(number=number, reason=reason, by=by, now=now, version=seen)
        case "await_consent":
            item = form.get("item", "")
            actions.await_consent(number=number, item=item, by=by, now=now, version=seen)
        case _:
            raise ActionRejected(
                "no_such_action", "没有这个操作", "There is no such action.", status=422
            )
    return DONE[action]


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
