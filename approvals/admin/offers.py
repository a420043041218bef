"""Which buttons an officer has on the page of a case, and what happens when one is pressed."""

import datetime
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import QueryDict

from approvals import actions, policies
from approvals.actions import delivery
from approvals.admin.buttons import (
    ASKED,
    BUTTONS,
    COLLEAGUE,
    FIRST,
    MINE,
    NOBODY,
    PERMITTED,
    SECOND,
    Button,
)
from approvals.errors import stale
from approvals.models import Application, ApprovalProposal, LegalReview
from approvals.states import DECIDED, SETTLED, may_take
from ledger.clock import city_date
from people import posted, text
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User
from services import catalogue
from services.materials import to_read

_PLAIN = (
    *("item", "to", "kind", "days", "basis"),
    *("way", "recipient", "on", "note"),
    *("document", "approved_on"),
    *("question", "shows"),
)  # fields that an action takes as they are sent


def offered(
    case: Application, by: Actor, proposal: ApprovalProposal | None, now: datetime.datetime
) -> dict[str, Button]:
    """Return the page's buttons for an officer, by action; each action asks again by itself."""
    is_settled = case.state in SETTLED
    if by.role == User.Role.CLERK and not (
        policies.is_own_officer(by, case) if is_settled else policies.may_handle(by, case)
    ):
        return {}
    taken = case.taken_by
    hands = NOBODY if taken is None else MINE if taken.username == by.code else COLLEAGUE
    book = catalogue.rulebook(case.edition_id)
    reviewed = book.pack.legal_review
    review = actions.open_review(case) if reviewed else None
    waits = review is not None and review.agreed is None
    found = {
        action: button
        for action, button in BUTTONS.items()
        if button.review in (None, waits) and button.is_reviewed in (None, "refuse" in reviewed)
        if (by.role in (button.role, button.also) and hands in button.hands)
        and button.proposed in (None, proposal is not None)
        and _begins(button, case)
    }
    if "find_in_materials" in found and not to_read(book, case.answers):
        del found["find_in_materials"]
    if "take" in found and is_away(by, now):
        del found["take"]
    if "record_delivery" in found and delivery.open_of(case) is None:
        del found["record_delivery"]
    if "reopen" in found and not policies.is_reopenable(case, now):
        del found["reopen"]
    if "extend" in found and not actions.is_extensible(case, now):
        del found["extend"]
    if any(button.against is not None for button in found.values()):
        against = actions.is_against_verdict(case, by, now)
        found = {a: button for a, button in found.items() if button.against in (None, against)}
    if any(button.returns for button in found.values()):
        stage = _returns(case)
        found = {a: b for a, b in found.items() if not b.returns or stage in b.returns}
    return found


def is_away(by: Actor, now: datetime.datetime) -> bool:
    """Whether an officer is marked as away: then they take nothing."""
    return actions.away(city_date(now)).filter(officer__username=by.code).exists()


def _begins(button: Button, case: Application) -> bool:
    """Whether what a button does begins in the state that the case is in."""
    if button.delivers:
        return case.state in DECIDED
    return may_take(button.edge, case.state) if button.edge else case.face.pen == "clerk"


def _returns(case: Application) -> str:
    """Return how far the case is with its returns: ``FIRST``, ``SECOND``, ``ASKED``, ``PERMITTED``.

    Raises nothing: a return that is not offered is rejected by its action as well.
    """
    if not actions.needs_permission(case):
        return FIRST
    if actions.permission(case):
        return PERMITTED
    return ASKED if actions.open_request(case) else SECOND


def press(form: QueryDict, case: Application, *, by: Actor, now: datetime.datetime) -> object:
    """Call the action that the pressed button names; returns what to tell the officer.

    ``version`` is what the page showed: a stale page is rejected with 409 (``ActionRejected``).
    """
    posted.require_each_once(form)
    if (version := posted.version(form)) < 0:
        raise stale()
    button = _button(form.get("action", ""))
    button.call(**_arguments(button, form, case), by=by, now=now, version=version)
    return button.done


def check(
    form: QueryDict, case: Application, *, by: Actor, now: datetime.datetime
) -> tuple[str, Button]:
    """Return the move that ``preview`` names with its button, for the page that asks once more.

    Nothing is written; raises ``ActionRejected`` where the page is stale, the move is not offered
    (any more), or its reason or law is missing.
    """
    posted.require_each_once(form)
    action = form.get("preview", "")
    button = _button(action)
    if posted.version(form) != case.version:
        raise stale()
    if action not in offered(case, by, actions.open_proposal(case), now):
        raise stale()
    arguments = _arguments(button, form, case)
    if "opened" in arguments:
        actions.require_parts(case, arguments["opened"])
    if "reason" in arguments:
        text.reason(arguments["reason"], longest=2000)
    return action, button


def _button(action: str) -> Button:
    button = BUTTONS.get(action)
    if button is None:
        raise ActionRejected(
            "no_such_action", "没有这个操作", "There is no such action.", status=422
        )
    return button


def _arguments(button: Button, form: QueryDict, case: Application) -> dict[str, Any]:
    """Return what the page sent for the fields of a button, as its action takes them."""
    found: dict[str, Any] = {}
    if named := {"proposal", "review"} & set(button.fields):
        found |= {name: _which(form, name, case) for name in named}
    else:
        found["number"] = case.number
    if "reason" in button.fields:
        found["reason"] = form.get("reason", "").replace("\r\n", "\n")
    if "law" in button.fields:
        found["reason"] = with_law(found["reason"], form)
    if "opened" in button.fields:
        found["opened"] = form.getlist("opened")
    found |= {name: form.get(name, "") for name in _PLAIN if name in button.fields}
    return found


def _which(form: Mapping[str, str], name: str, case: Application) -> UUID:
    """Return the proposal or review that the page showed, if it is one of this case."""
    rows = (ApprovalProposal if name == "proposal" else LegalReview)._default_manager
    for key in rows.filter(application=case).values_list("pk", flat=True):
        if form.get(name, "") == str(key):
            return UUID(str(key))
    raise ActionRejected(
        "no_such_proposal",
        "本件没有这个提议，请刷新页面后再操作",
        "This case has no such proposal; reload the page and look again.",
        status=404,
    )


def with_law(reason: str, form: Mapping[str, str]) -> str:
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
