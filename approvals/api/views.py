"""The API of other agencies' programs: parse, call the action, render."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals import actions, queries
from approvals.actions.submission import Key, Unproven
from approvals.api import conditional, described, envelope, idempotency, parsers, shapes, waits
from approvals.api.authentication import AgencyUser, authenticate_now
from approvals.api.described_receipts import ReceiptShape
from approvals.api.renderers import ORJSONRenderer, PDFRenderer
from approvals.documents import listing
from approvals.models import Application
from approvals.progress import standings
from approvals.states import State
from exchange.oauth import scopes
from ledger.clock import city_date, now
from ledger.identifiers import uuid7
from people import traces
from people.actors import Actor
from people.errors import ActionRejected
from people.models import Reading
from services import catalogue

_PUBLIC = {"Cache-Control": "no-cache"}  # kept by anybody, and asked about each time


def caller(request: Request) -> AgencyUser:
    """Return the agency whose program calls."""
    found = cast(object, request.user)  # the hints know only Django's own users
    assert isinstance(found, AgencyUser)
    return found


def actor_of(request: Request) -> Actor:
    return caller(request).actor


class Services(APIView):
    """The catalogue is public."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="services",
        summary="What can be applied for",
        parameters=described.READ,
        responses={
            200: described.CatalogueShape,
            **described.NOT_MODIFIED,
            **described.problems(406, 503),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        books = catalogue.all_current(city_date(now()))
        found = {"services": [shapes.service(book) for book in books]}
        return conditional.answer(request, found, headers=_PUBLIC)


class ServiceDetail(APIView):
    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="service",
        summary="One service with its form and its conditions",
        parameters=[described.CODE, *described.READ],
        responses={
            200: described.ServiceShape,
            **described.NOT_MODIFIED,
            **described.problems(404, 406, 503),
        },
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        edition = catalogue.current(code, city_date(now()))
        if edition is None:
            raise ActionRejected(
                "not_found", "没有这个事项", "There is no such service.", status=404
            )
        found = shapes.service(catalogue.rulebook(edition))
        return conditional.answer(request, found, headers=_PUBLIC)


class Submissions(APIView):
    scope: str | Mapping[str, str] = scopes.APPLICATIONS_SUBMIT

    @property
    def proves_token(self) -> bool:
        """Whether the token is asked about while something is written."""
        return self.request.method == "POST"

    @extend_schema(
        operation_id="submit",
        summary="Apply for somebody",
        request=described.SubmissionShape,
        parameters=described.SUBMISSION,
        responses={
            201: described.ApplicationShape,
            202: described.ApplicationShape,
            **described.problems(400, 401, 403, 404, 406, 409, 411, 413, 415, 422, 429, 503),
        },
    )
    def post(self, request: Request) -> Response:
        parsers.require_length(request)
        key = idempotency.required_key(request)
        body = envelope.read(request.data)
        seconds, who = waits.seconds(request), caller(request)
        if who.proof:
            with suppress(ActionRejected, Unproven):
                return self._take(body, key, who, seconds)
            who = authenticate_now(request)
        return self._take(body, key, who, seconds)

    def _take(self, body: envelope.Envelope, key: Key, who: AgencyUser, seconds: float) -> Response:
        identifier = uuid7()
        # one who does not wait takes no place from one who does
        with waits.listening(identifier, seconds) as waiter:
            application = actions.submit(
                new=actions.NewApplication(
                    service=body.service,
                    edition=body.edition,
                    applicant=body.applicant,
                    answers=body.answers,
                    by_person=body.by_person,
                    claims=body.disputes,
                    channel="api",
                    key=key,
                    client=who.partner,
                    identifier=identifier,
                ),
                by=who.actor,
                now=who.arrived,
                proof=who.proof,
            )
            mine = application.id == identifier
            if waiter and mine:
                waiter.wait(seconds)
        if mine and not seconds and not application.disputes:
            # nothing was waited for: it is as it was written a moment ago
            number = catalogue.rulebook(application.edition_id).number
            return _answer(standings.just_submitted(application, number), seconds)
        found = waiter.standing if waiter and mine else _wait_for(application, seconds)
        return _answer(found or standings.read([application.id])[application.id], seconds)


def _wait_for(earlier: Application, seconds: float) -> standings.Standing | None:
    """The same key came before: a client that repeats itself waits like the first time."""
    with waits.listening(earlier.id, seconds) as waiter:
        waits.until_moved(waiter, earlier.id, seconds)
    return waiter.standing if waiter else None


def _answer(found: standings.Standing, seconds: float) -> Response:
    undecided = found.state == State.SUBMITTED
    response = Response(shapes.application(found), status=202 if undecided else 201)
    response["Cache-Control"] = "no-store"
    response["Location"] = f"/api/v1/applications/{found.number}"
    if undecided:
        response["Retry-After"] = "1"
    for name, value in waits.applied(seconds).items():
        response[name] = value
    return response


class ApplicationDetail(APIView):
    scope = scopes.APPLICATIONS_READ

    @extend_schema(
        operation_id="application",
        summary="How far an application is",
        parameters=[described.NUMBER, described.PREFER, *described.READ, described.APPLIED],
        responses={
            200: described.ApplicationShape,
            **described.NOT_MODIFIED,
            **described.problems(401, 404, 406, 429, 503),
        },
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        case, seconds = queries.case(number, actor_of(request)), waits.seconds(request)
        traces.record(actor_of(request), Reading.Kind.CASE, case.number, caller(request).arrived)
        with waits.listening(case.id, seconds) as waiter:
            waits.until_moved(waiter, case.id, seconds)
        found = shapes.application(standings.read([case.id])[case.id])
        return conditional.answer(request, found, headers=waits.applied(seconds))


class Receipt(APIView):
    """The signed bytes themselves; the signature and its key are in headers."""

    scope = scopes.APPLICATIONS_READ

    @extend_schema(
        operation_id="receipt",
        summary="The newest decision as canonical, signed bytes",
        parameters=[described.NUMBER, *described.READ, *described.SIGNATURE],
        responses={
            200: ReceiptShape,
            **described.NOT_MODIFIED,
            **described.problems(401, 404, 406, 429, 503),
        },
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        case = queries.case(number, actor_of(request))
        traces.record(actor_of(request), Reading.Kind.CASE, case.number, caller(request).arrived)
        decision = queries.latest_decision(case)
        if decision is None:
            raise ActionRejected(
                "not_decided",
                "尚未作出决定，还没有决定书",
                "Nothing is decided yet: there is no receipt.",
                status=404,
            )
        return conditional.tagged(
            request, receipt_response(decision), conditional.tag(bytes(decision.receipt))
        )


class Documents(APIView):
    scope = scopes.APPLICATIONS_READ

    @extend_schema(
        operation_id="documents",
        summary="What of an application is in writing (文书)",
        parameters=[described.NUMBER, *described.READ],
        responses={
            200: described.DocumentsShape,
            **described.NOT_MODIFIED,
            **described.problems(401, 404, 406, 429, 503),
        },
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        case = queries.case(number, actor_of(request))
        traces.record(actor_of(request), Reading.Kind.CASE, case.number, caller(request).arrived)
        return conditional.answer(request, {"documents": shapes.documents(case)})


class DocumentFile(APIView):
    scope = scopes.APPLICATIONS_READ
    renderer_classes = (ORJSONRenderer, PDFRenderer)

    @extend_schema(
        operation_id="document",
        summary="One document as a signed PDF/A",
        parameters=[described.NUMBER, *described.READ],
        responses={
            (200, "application/pdf"): OpenApiTypes.BINARY,
            **described.NOT_MODIFIED,
            **described.problems(401, 404, 406, 409, 429, 503),
        },
    )
    def get(self, request: Request, number: str, key: UUID) -> HttpResponse:
        case = queries.case(number, actor_of(request))
        at = caller(request).arrived
        traces.record(actor_of(request), Reading.Kind.CASE, case.number, at)
        paper = listing.response(case, key, at)
        return conditional.tagged(request, paper, conditional.tag(paper.content))


def receipt_response(decision: Any) -> HttpResponse:
    """Return the receipt byte for byte: no renderer may touch what was signed."""
    response = HttpResponse(bytes(decision.receipt), content_type="application/json")
    response["Cache-Control"] = "no-store"
    response["Signature-Key"] = decision.kid
    response["Signature-Algorithm"] = decision.algorithm
    response["Signature-Hex"] = bytes(decision.signature).hex()
    return response
