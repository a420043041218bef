"""What other cities that asked for our approval (``requests``) are told once a case is settled."""

import datetime
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction

import bulk
from approvals.models import Application
from approvals.progress import wake
from approvals.states import State
from city.model import Request
from exchange.models import Notice
from exchange.outbox import notice

KIND = "approval.answered"
SUBJECT_LONGEST = 80  # characters of a notice's
GRANTED = {State.APPROVED: True, State.REFUSED: False, State.WITHDRAWN: False, State.EXPIRED: False}
_REASONS = {
    State.REFUSED: "对方城市不予同意，理由见其决定书",
    State.WITHDRAWN: "申请人在对方城市撤回了申请",
    State.EXPIRED: "对方城市的办件逾期未补正而终止",
}


def is_request(application: Application) -> bool:
    """Whether another city's system asked for it, which is told its answer and nothing else."""
    return application.client_id is not None and _answered(application) is not None


def answers(applications: list[Application], now: datetime.datetime) -> list[Notice]:
    """The answers that settled applications are to other cities' requests; unsaved."""
    found = []
    for application in applications:
        state = State(application.state)
        if application.client_id is None or state not in GRANTED:
            continue
        request = _answered(application)
        if request is not None and not _was_answered(application, request):
            found.append(
                answer(
                    application.client_id,
                    str(application.answers.get(request.reference, "")),
                    request.item,
                    granted=GRANTED[state],
                    reason=_REASONS.get(state, ""),
                    now=now,
                )
            )
    return found


def _was_answered(application: Application, request: Request) -> bool:
    """An answer stands: what a contested case comes to later is for the people, not for it."""
    subject = _subject(str(application.answers.get(request.reference, "")), request.item)
    mine = Notice.objects.filter(partner_id=application.client_id, kind=KIND, subject=subject)
    return mine.exists()


def _subject(reference: str, item: str) -> str:
    return f"request:{reference}:{item}"[:SUBJECT_LONGEST]


def answer(
    partner: str, reference: str, item: str, *, granted: bool, reason: str, now: datetime.datetime
) -> Notice:
    data = {"application": reference, "item": item, "granted": granted, "reason": reason}
    return notice(partner, KIND, _subject(reference, item), data, now)


def send(notices: Sequence[Notice]) -> None:
    """Write them, and have them delivered when this transaction is done."""
    if notices and bulk.insert(Notice, list(notices)):
        transaction.on_commit(lambda: wake.tasks("exchange.deliver"))


def _answered(application: Application) -> Request | None:
    partner = settings.CITY.partners.get(application.client_id or "")
    requests = partner.requests.values() if partner else ()
    return next((one for one in requests if one.service == application.service_id), None)
