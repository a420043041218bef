"""What an agency's program does with a case that it submitted: take it back, answer a return.

Both are PUT: sent twice they come to the same, so that a client whose connection broke repeats.
"""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals import actions, queries
from approvals.api import described, envelope, parsers, shapes
from approvals.api.views import actor_of
from approvals.models import Application
from approvals.progress import standings
from approvals.states import State
from exchange.oauth import scopes
from ledger.clock import now
from people.errors import ActionRejected

MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="the `ETag` of the case as you read it: when it has moved since, nothing is done"
    " (412)",
)


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
        parameters=[described.NUMBER, MATCH, described.ETAG],
        responses={
            200: described.ApplicationShape,
            **described.problems(400, 401, 404, 406, 409, 412, 429, 503),
        },
    )
    def put(self, request: Request, number: str) -> Response:
        by = actor_of(request)
        case = queries.case(number, by)
        version = expected(request, case)
        if case.state != State.WITHDRAWN:
            actions.withdraw(number=number, by=by, now=now(), version=version)
        return whole(case)


class Correction(APIView):
    scope = scopes.APPLICATIONS_SUBMIT

    @extend_schema(
        operation_id="correct",
        summary="Hand in the corrected answers of a returned application",
        request=CorrectionShape,
        parameters=[described.NUMBER, MATCH, described.ETAG],
        responses={
            200: described.ApplicationShape,
            **described.problems(400, 401, 404, 406, 409, 411, 412, 413, 415, 422, 429, 503),
        },
    )
    def put(self, request: Request, number: str) -> Response:
        parsers.require_length(request)
        answers = _answers(request.data)
        by = actor_of(request)
        case = queries.case(number, by)
        version = expected(request, case)
        if case.state != State.SUBMITTED or case.answers != answers:  # else it was sent before
            actions.resubmit(number=number, answers=answers, by=by, now=now(), version=version)
        return whole(case)


def _answers(data: Any) -> dict[str, Any]:
    faults: list[dict[str, str]] = []
    body = envelope.object_of(data, "", {"answers"}, faults)
    answers = body.get("answers")
    if not isinstance(answers, dict):
        faults.append(envelope.fault("/answers", "必填，应为对象", "is required, as an object"))
    envelope.require_none(faults)
    return dict(answers or {})


def expected(request: Request, case: Application) -> int | None:
    """Return the version that the caller has read, or None; raises ``ActionRejected`` (412)."""
    wanted = request.META.get("HTTP_IF_MATCH", "").strip()
    if wanted in ("", "*"):
        return None
    if wanted != shapes.etag(case):
        raise ActionRejected(
            "moved_since",
            "办件在您读取之后已有变化，请重新读取",
            "The case has moved since you read it; read it again.",
            status=412,
        )
    return case.version


def whole(case: Application) -> Response:
    """Answer with the case as it is now."""
    case = Application.objects.get(pk=case.pk)
    found = shapes.application(standings.read([case.id])[case.id])
    return Response(found, headers={"Cache-Control": "no-store", "ETag": shapes.etag(case)})
