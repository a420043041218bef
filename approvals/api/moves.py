"""What an agency's program does with a case that it submitted: take it back, answer a return.

Both are PUT: sent twice they come to the same, so that a client whose connection broke repeats.
"""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals import actions, queries
from approvals.api import conditional, described, envelope, parsers, shapes, waits
from approvals.api.views import actor_of
from approvals.models import Application
from approvals.progress import standings
from approvals.states import State
from exchange.oauth import scopes
from ledger.clock import now

_CORRECTING = [
    described.NUMBER,
    described.PREFER,
    conditional.IF_MATCH,
    described.ETAG,
    described.APPLIED,
]


class CorrectionShape(serializers.Serializer):
    answers = described.ObjectField(
        help_text="all of them; only what the return has opened may differ from before"
    )


class Withdrawal(APIView):
    scope = scopes.APPLICATIONS_SUBMIT

    @extend_schema(
        operation_id="withdraw",
        summary="Take an application back before it is decided",
        request=None,
        parameters=[described.NUMBER, conditional.IF_MATCH, described.ETAG],
        responses={
            200: described.ApplicationShape,
            **described.problems(400, 401, 404, 406, 409, 412, 429, 503),
        },
    )
    def put(self, request: Request, number: str) -> HttpResponse:
        by = actor_of(request)
        case = queries.case(number, by)
        version = expected(request, case)
        if case.state != State.WITHDRAWN:
            actions.withdraw(number=number, by=by, now=now(), version=version)
        return whole(request, case)


class Correction(APIView):
    scope = scopes.APPLICATIONS_SUBMIT

    @extend_schema(
        operation_id="correct",
        summary="Hand in the corrected answers of a returned application",
        request=CorrectionShape,
        parameters=_CORRECTING,
        responses={
            200: described.ApplicationShape,
            **described.problems(400, 401, 404, 406, 409, 411, 412, 413, 415, 422, 429, 503),
        },
    )
    def put(self, request: Request, number: str) -> HttpResponse:
        parsers.require_length(request)
        answers = _answers(request.data)
        by = actor_of(request)
        case = queries.case(number, by)
        version, seconds = expected(request, case), waits.seconds(request)
        with waits.listening(case.id, seconds) as waiter:
            if case.state != State.SUBMITTED or case.answers != answers:  # else it was sent before
                actions.resubmit(number=number, answers=answers, by=by, now=now(), version=version)
            waits.until_moved(waiter, case.id, seconds)
        return whole(request, case, seconds)


def _answers(data: Any) -> dict[str, Any]:
    faults: list[dict[str, str]] = []
    body = envelope.object_of(data, "", {"answers"}, faults)
    answers = envelope.answers_of(body.get("answers"), faults)
    envelope.require_none(faults)
    return answers


def expected(request: Request, case: Application) -> int | None:
    """Return the version that the caller has read, or None; raises ``ActionRejected`` (412)."""
    if not request.META.get("HTTP_IF_MATCH"):
        return None
    found = shapes.application(standings.read([case.id])[case.id])
    return case.version if conditional.is_named(request, conditional.tag(found)) else None


def whole(request: Request, case: Application, seconds: float = 0.0) -> HttpResponse:
    """Answer with the case as it is now."""
    found = shapes.application(standings.read([case.id])[case.id])
    headers = {"ETag": conditional.tag(found), "Cache-Control": "no-store"}
    return Response(found, headers=headers | waits.applied(seconds))
