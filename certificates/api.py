"""GET /api/v1/certificates/{id}: what the verification page shows, for programs."""

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from certificates import queries
from certificates.actions import rely
from exchange.models import Partner
from ledger.clock import now
from ledger.events import instant


class CertificateView(APIView):
    """Open to everybody. An agency that sends its token is told when the certificate ends."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="certificate",
        summary="Verify a certificate",
        parameters=[
            OpenApiParameter("number", str, "path", description="public id, or full identifier"),
            OpenApiParameter("purpose", str, description="what an agency relies on it for"),
        ],
        responses={200: OpenApiTypes.OBJECT, 404: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, number: str) -> Response:
        at = now()
        certificate = queries.find(number)
        if certificate is None:
            raise Http404
        shown = queries.shown(certificate, at)
        partner = getattr(request.user, "partner", None)
        if isinstance(partner, Partner) and "id" in shown:
            purpose = request.query_params.get("purpose", "verification")[:80]
            rely(certificate, partner, purpose.replace("\x00", ""), now=at)
        response = Response(_document(shown))
        response["Cache-Control"] = "no-store"
        return response


def _document(shown: dict[str, Any]) -> dict[str, Any]:
    words = shown.pop("words")
    shown["state_zh"], shown["state_en"] = words["zh"], words["en"]
    if "checked_at" in shown:
        shown["checked_at"] = instant(shown["checked_at"])
    for part in shown.get("parts", ()):
        part.pop("words")
    return shown
