"""Files that agencies' programs hand in for others: first the file, then the application."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals import policies
from approvals.api import described, idempotency, parsers
from approvals.api.views import actor_of, caller
from approvals.errors import not_found
from exchange.oauth import scopes
from ledger.clock import city_date
from ledger.events import instant
from materials.actions import Upload, keep
from materials.content import LARGEST
from materials.models import Material
from services import catalogue


class Materials(APIView):
    scope = scopes.APPLICATIONS_SUBMIT
    parser_classes = (parsers.FileParser,)

    @extend_schema(
        operation_id="material",
        summary="Hand in a file that an application will name",
        description="The answer's `sha256` is what the question of the form is answered with. A"
        " file that no application names is deleted after some weeks; the same file twice is one.",
        parameters=[described.CODE, described.QUESTION, described.KEYED],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={
            201: described.MaterialShape,
            **described.problems(400, 401, 403, 404, 406, 409, 411, 413, 415, 422, 429, 503),
        },
    )
    def post(self, request: Request, code: str, question: str) -> Response:
        parsers.require_length(request, LARGEST)
        partner, at = caller(request).partner, caller(request).arrived
        edition = catalogue.current(code, city_date(at))
        book = catalogue.rulebook(edition) if edition else None
        one = book.pack.materials.get(question) if book else None
        if one is None:
            raise not_found()
        policies.require_service(partner, code)
        data: Any = request.data
        upload = Upload(
            data if isinstance(data, bytes) else b"", "", one.kinds, one.megabytes * 1_000_000
        )
        by = actor_of(request)
        return idempotency.once_outside(
            request, by, lambda: _answer(keep(upload=upload, by=by, now=at))
        )


def _answer(row: Material) -> Response:
    found = {
        "sha256": row.sha256,
        "kind": row.kind,
        "bytes": row.size,
        "pages": row.pages,
        "scanned": bool(row.scanned_by),
        "kept_until": instant(row.kept_until) if row.kept_until else None,
    }
    return Response(found, status=201, headers={"Cache-Control": "no-store"})
