"""Disputed records for programs: to open one for an applicant, and to be asked about one's own."""

from typing import Any
from uuid import UUID

import orjson
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import bulk
from approvals import actions, queries
from approvals.api import conditional, described, envelope, idempotency, parsers, shapes
from approvals.api.moves import expected
from approvals.api.renderers import FileRenderer, ORJSONRenderer
from approvals.api.views import actor_of
from approvals.errors import not_found
from approvals.models import Dispute
from approvals.progress import standings
from approvals.records import attached
from approvals.rows.disputes import LIVE
from exchange.models import Lookup
from exchange.oauth import scopes
from ledger.clock import now
from ledger.events import instant
from materials import responses
from people import identity
from people.actors import Actor

PURPOSE, BASIS = "核实有异议的登记", "个人信息保护法 §46"
KEY = OpenApiParameter("key", OpenApiTypes.UUID, OpenApiParameter.PATH, description="of a dispute")
DIGEST = OpenApiParameter(
    "digest", OpenApiTypes.STR, OpenApiParameter.PATH, description="SHA-256 of the file, in hex"
)


class SubjectShape(serializers.Serializer):
    number = serializers.CharField(help_text="GB 11643 identity number or GB 32100 code")
    name = serializers.CharField()


class AskedShape(serializers.Serializer):
    """What the keeper of a registry is asked: its own record, and what is said against it."""

    dispute = serializers.UUIDField()
    application = serializers.CharField()
    registry = serializers.CharField()
    field = serializers.CharField()
    subject = SubjectShape()
    record_value = serializers.JSONField(allow_null=True)
    version = serializers.CharField(allow_blank=True)
    claim = serializers.CharField()
    value = serializers.JSONField(allow_null=True, help_text="the claim, where the field has such")
    reason = serializers.CharField()
    files = serializers.ListField(
        child=serializers.CharField(), help_text="SHA-256 of each file that came with it, in hex"
    )
    due_at = serializers.DateTimeField(allow_null=True)


class Disputes(APIView):
    scope = scopes.APPLICATIONS_SUBMIT

    @extend_schema(
        operation_id="dispute",
        summary="Call wrong what a registry says of the applicant of an open case",
        request=described.ClaimShape,
        parameters=[described.NUMBER, described.KEYED, conditional.IF_MATCH],
        responses={
            201: described.ApplicationShape,
            **described.problems(400, 401, 404, 406, 409, 411, 412, 413, 415, 422, 429, 503),
        },
    )
    def post(self, request: Request, number: str) -> Response:
        parsers.require_length(request)
        claim = envelope.read_claim(request.data)
        by = actor_of(request)

        def open_it() -> Response:
            version = expected(request, queries.case(number, by))
            case = actions.open_dispute(
                number=number, claim=claim, by=by, now=now(), version=version
            )
            found = shapes.application(standings.read([case.id])[case.id])
            return Response(found, status=201, headers={"Cache-Control": "no-store"})

        return idempotency.once(request, by, open_it)


class Asked(APIView):
    """For the agency that keeps the record alone, and while its answer is awaited."""

    scope = scopes.DISPUTES

    @extend_schema(
        operation_id="disputed",
        summary="The dispute that your agency is asked about, with whom it is about",
        parameters=[KEY],
        responses={200: AskedShape, **described.problems(401, 404, 406, 429, 503)},
    )
    def get(self, request: Request, key: UUID) -> Response:
        by = actor_of(request)
        row = _awaited(key, by)
        bulk.insert(Lookup, [_lookup(row, by)])
        return Response(_asked(row), headers={"Cache-Control": "no-store"})


class AskedFile(APIView):
    """What came with a dispute, for the same agency and as long; each reading leaves a trace."""

    scope = scopes.DISPUTES
    renderer_classes = (ORJSONRenderer, FileRenderer)

    @extend_schema(
        operation_id="disputedFile",
        summary="A file that came with the dispute that your agency is asked about",
        parameters=[KEY, DIGEST],
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            **described.problems(401, 404, 406, 409, 429, 503),
        },
    )
    def get(self, request: Request, key: UUID, digest: str) -> HttpResponse:
        by = actor_of(request)
        row = _awaited(key, by)
        found = [one.material for one in attached.of_disputes([row]).get(row.pk, ())]
        material = next((one for one in found if one.sha256 == digest), None)
        if material is None:
            raise not_found()
        bulk.insert(Lookup, [_lookup(row, by)])
        return responses.file(material)


def _awaited(key: UUID, by: Actor) -> Dispute:
    """Return a dispute that an agency is asked about and has not answered; else raises 404."""
    rows = Dispute.objects.select_related("application")
    row = rows.filter(pk=key, partner=by.code, state__in=LIVE, notified_at__isnull=False).first()
    if row is None or not by.covers(row.application.service_id):
        raise not_found()
    return row


def _asked(row: Dispute) -> dict[str, Any]:
    case = row.application
    return {
        "dispute": str(row.pk),
        "application": case.number,
        "registry": row.registry,
        "field": row.field,
        "subject": {
            "number": identity.decrypt(bytes(case.applicant_number), case.applicant),
            "name": case.applicant_name,
        },
        "record_value": orjson.loads(row.record_value),
        "version": row.record_version,
        "claim": row.claim,
        "value": orjson.loads(row.value) if row.value else None,
        "reason": row.reason,
        "files": row.digests,
        "due_at": instant(row.due_at) if row.due_at else None,
    }


def _lookup(row: Dispute, by: Actor) -> Lookup:
    """Return the trace that the keeper was given the applicant's number, unsaved."""
    return bulk.new(
        Lookup,
        registry=row.registry,
        subject=row.application.applicant,
        fields=row.field,
        by=str(by),
        purpose=PURPOSE,
        case=row.application.number,
        basis=BASIS,
        outcome="found",
        at=now(),
    )
