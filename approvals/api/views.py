"""The API of other agencies' programs: parse, call the verb, render."""

import hashlib
import re
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals import actions, queries, waiting
from approvals.actions.submission import Key
from approvals.api import envelope, shapes
from approvals.clock import city_date, now
from approvals.errors import Refused, not_found
from approvals.models import Application
from ledger.identifiers import uuid7
from people.actors import Actor, agency
from services import catalogue

PROBLEM = OpenApiResponse(shapes.ProblemShape, description="application/problem+json")
PROBLEMS = dict.fromkeys((400, 401, 403, 404, 409, 413, 415, 422, 503), PROBLEM)
_KEY = re.compile(r"[\x21-\x7e]{8,120}")
_WAIT = re.compile(r"(?:^|[,;\s])wait=\"?(\d{1,4})\"?(?:$|[,;\s])")


def actor_of(request: Request) -> Actor:
    return agency(request.user.partner)


class Services(APIView):
    """The catalogue is public."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(operation_id="services", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        books = catalogue.all_current(city_date(now()))
        return Response({"services": [shapes.service(book) for book in books]})


class ServiceDetail(APIView):
    authentication_classes = ()
    permission_classes = ()

    @extend_schema(operation_id="service", responses={200: OpenApiTypes.OBJECT, 404: PROBLEM})
    def get(self, request: Request, code: str) -> Response:
        edition = catalogue.current(code, city_date(now()))
        if edition is None:
            raise Refused("not_found", "没有这个事项", "There is no such service.", status=404)
        return Response(shapes.service(catalogue.rulebook(edition)))


class Applications(APIView):
    @extend_schema(
        operation_id="submit",
        request=shapes.SubmissionShape,
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                required=True,
                pattern="^[\\x21-\\x7e]{8,120}$",
                description="8 to 120 visible characters; the same key and body give the same "
                "application for 24 hours",
            ),
            OpenApiParameter(
                "Prefer",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="wait=N (RFC 7240): wait up to N seconds, at most 5, for the decision",
            ),
        ],
        responses={201: shapes.ApplicationShape, 202: shapes.ApplicationShape, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        key = _key(request)
        body = envelope.read(request.data)
        seconds = _seconds(request)
        identifier = uuid7()
        with waiting.expect(identifier) as ticket:
            application = actions.submit(
                service=body.service,
                applicant=body.applicant,
                answers=body.answers,
                by_person=body.by_person,
                by=actor_of(request),
                now=now(),
                channel="api",
                key=key,
                client=request.user.partner,
                identifier=identifier,
            )
            if seconds and application.id == identifier:
                ticket.wait(seconds)
        return _answer(queries.case(application.number, actor_of(request)), seconds)


def _answer(application: Application, seconds: float) -> Response:
    undecided = application.state == "submitted"
    response = Response(shapes.application(application), status=202 if undecided else 201)
    response["Location"] = f"/api/v1/applications/{application.number}"
    if undecided:
        response["Retry-After"] = "1"
    if seconds:
        response["Preference-Applied"] = f"wait={seconds:g}"
    return response


def _key(request: Request) -> Key:
    value = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    if not _KEY.fullmatch(value):
        raise Refused(
            "key_required",
            "请在 Idempotency-Key 头中提供 8 至 120 个可见字符的幂等键",
            "Send an Idempotency-Key header of 8 to 120 visible ASCII characters.",
            status=400,
            field="Idempotency-Key",
        )
    request.data  # noqa: B018 - parsing keeps the raw body
    return Key(value, hashlib.sha256(request.raw_body).digest())


def _seconds(request: Request) -> float:
    found = _WAIT.search(request.META.get("HTTP_PREFER", ""))
    return min(float(found[1]), settings.API_BUDGET_MAX) if found else 0.0


class ApplicationDetail(APIView):
    @extend_schema(operation_id="application", responses={200: shapes.ApplicationShape, **PROBLEMS})
    def get(self, request: Request, number: str) -> Response:
        return Response(shapes.application(queries.case(number, actor_of(request))))


class Receipt(APIView):
    """The signed bytes themselves; the signature and its key are in headers."""

    @extend_schema(operation_id="receipt", responses={200: OpenApiTypes.OBJECT, **PROBLEMS})
    def get(self, request: Request, number: str) -> HttpResponse:
        decision = queries.latest_decision(queries.case(number, actor_of(request)))
        if decision is None:
            raise not_found()
        return receipt_response(decision)


def receipt_response(decision: Any) -> HttpResponse:
    response = HttpResponse(bytes(decision.receipt), content_type="application/json")
    response["Signature-Key"] = decision.kid
    response["Signature-Algorithm"] = decision.algorithm
    response["Signature-Hex"] = bytes(decision.signature).hex()
    return response
