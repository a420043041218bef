"""GET /api/v1/certificates/{id}: what the verification page shows, for programs."""

from typing import Any, cast

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from certificates import queries
from certificates.actions import rely
from certificates.models import Filing
from certificates.states import FilingState
from certificates.verification import described
from exchange.models import Partner
from exchange.oauth import permissions, scopes
from ledger.clock import now
from ledger.events import instant
from people import pages, proxies, rates, text
from people.actors import Actor


def _problems(*statuses: int) -> dict[Any, Any]:
    """What goes wrong is notified in a problem document (RFC 9457)."""
    return {(status, "application/problem+json"): OpenApiTypes.OBJECT for status in statuses}


class CertificateView(APIView):
    """Open to everybody. An agency that sends its token is notified when the certificate ends."""

    scope = scopes.CERTIFICATES
    permission_classes = (permissions.AnybodyOrScope,)

    @extend_schema(
        operation_id="certificate",
        summary="Verify a certificate",
        parameters=[
            OpenApiParameter("number", str, "path", description="public id, or full identifier"),
            OpenApiParameter("purpose", str, description="what an agency relies on it for"),
        ],
        responses={200: described.CertificateShape, **_problems(400, 401, 403, 404, 406, 429, 503)},
    )
    def get(self, request: Request, number: str) -> Response:
        at = now()
        partner = getattr(request.user, "partner", None)
        address = "" if partner else proxies.counted_address(request)
        if address and rates.is_over(rates.LOOKUP, address):
            raise rates.too_many()
        certificate = queries.find(number)
        if certificate is None:
            raise Http404
        shown = queries.public_view(certificate, at)
        if isinstance(partner, Partner) and "id" in shown:
            purpose = request.query_params.get("purpose", "verification")
            rely(certificate, partner, text.clean(purpose, longest=80), now=at)
        response = Response(_document(shown))
        response["Cache-Control"] = "no-store"
        return response


def _document(shown: dict[str, Any]) -> dict[str, Any]:
    words = shown.pop("words")
    shown["state_zh"], shown["state_en"] = words["zh"], words["en"]
    if "checked_at" in shown:
        shown["checked_at"] = instant(shown["checked_at"])
    if shown.get("provisional") is None:
        shown.pop("provisional", None)
    if shown.get("inspected") is None:
        shown.pop("inspected", None)
    else:
        shown["inspected"].pop("tone")
    ending = shown.pop("ending", None)
    if ending is not None:
        shown["ending"] = {"ground": ending.code, "law": ending.law}
    for part in shown.get("parts", ()):
        part.pop("words")
    for version in shown.get("versions", ()):
        version.pop("words")
    return shown


class FilingsView(APIView):
    """The ledger of what was pushed to the calling department, and of its receipts."""

    scope = scopes.FILINGS

    @extend_schema(
        operation_id="filings",
        summary="Filings pushed to your department",
        parameters=[
            OpenApiParameter("state", str, description="pushed, overdue, returned …"),
            pages.CURSOR,
            pages.LIMIT,
        ],
        responses={200: described.FilingsShape, **_problems(400, 401, 403, 406, 429, 503)},
    )
    def get(self, request: Request) -> Response:
        by: Actor = cast(Any, request.user).actor
        found = queries.filings_of(by)
        state = request.query_params.get("state", "")
        if state in FilingState.values:
            found = found.filter(state=state)
        shown, following = pages.page(request, found, by.code)
        return Response({"filings": [_filing(one) for one in shown], "next": following})


def _filing(filing: Filing) -> dict[str, Any]:
    return {
        "filing": str(filing.pk),
        "item": filing.item,
        "zh": filing.zh,
        "en": filing.en,
        "state": str(filing.state),
        "cause": filing.cause,
        "certificate": filing.certificate.identifier,
        "number": filing.certificate.number,
        "attempts": filing.attempts,
        "pushed_at": filing.pushed_at and instant(filing.pushed_at),
        "answer_by": filing.answer_by and instant(filing.answer_by),
        "answered_at": filing.answered_at and instant(filing.answered_at),
        "receipt": filing.receipt,
        "reason": filing.reason,
    }
