"""An agency's own webhook endpoints (what was sent to them: ``deliveries``)."""

from typing import Any
from uuid import UUID

from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals.api import described, envelope, idempotency, parsers
from approvals.api.views import actor_of, caller
from approvals.errors import not_found
from exchange import endpoints, webhook_secrets
from exchange.models import Endpoint
from exchange.oauth import scopes
from exchange.outgoing import KINDS
from exchange.webhook_secrets import OUT
from ledger.clock import now
from ledger.events import instant

FIELDS = {"url", "description", "kinds", "services", "districts"}
ENDPOINT = OpenApiParameter(
    "key", OpenApiTypes.UUID, OpenApiParameter.PATH, description="of an endpoint of yours"
)


class EndpointInShape(serializers.Serializer):
    url = serializers.CharField(max_length=300, help_text="a public https:// address")
    description = serializers.CharField(max_length=120, required=False, allow_blank=True)
    kinds = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text=f'which notices: {", ".join(KINDS)}; or "*" alone for all, as when left out',
    )
    services = serializers.ListField(
        child=serializers.CharField(), required=False, help_text='of which services; "*": of all'
    )
    districts = serializers.ListField(
        child=serializers.CharField(), required=False, help_text='of which districts; "*": of all'
    )


class EndpointShape(EndpointInShape):
    id = serializers.UUIDField()
    ended = serializers.ChoiceField(Endpoint.Ended.values, help_text="why it is switched off")
    failing_since = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class NewEndpointShape(EndpointShape):
    secret = serializers.CharField(help_text="whsec_…, shown this once: checks what is sent to it")


class EndpointsShape(serializers.Serializer):
    endpoints = EndpointShape(many=True)


class Endpoints(APIView):
    scope = scopes.WEBHOOKS

    @extend_schema(
        operation_id="endpoints",
        summary="Where your agency takes webhooks",
        responses={200: EndpointsShape, **described.problems(401, 404, 406, 429, 503)},
    )
    def get(self, request: Request) -> Response:
        found = endpoints.of(actor_of(request)).order_by("pk")
        return _private({"endpoints": [_endpoint(one) for one in found]})

    @extend_schema(
        operation_id="addEndpoint",
        summary="Take webhooks at one more address",
        request=EndpointInShape,
        parameters=[described.KEYED],
        responses={
            201: NewEndpointShape,
            **described.problems(400, 401, 404, 406, 409, 411, 413, 415, 422, 429, 503),
        },
    )
    def post(self, request: Request) -> Response:
        parsers.require_length(request)
        url, description, wanted = _read(request)
        partner, at = caller(request).partner, now()

        def add() -> Response:
            with transaction.atomic():
                made = endpoints.add(partner, url, now=at, description=description, wanted=wanted)
                return _with_secret(
                    made, webhook_secrets.renew(partner, OUT, now=at, endpoint=made)
                )

        return idempotency.once(request, actor_of(request), add, secret=True)


class EndpointDetail(APIView):
    scope = scopes.WEBHOOKS

    @extend_schema(
        operation_id="changeEndpoint",
        summary="Write an endpoint anew, and switch it on; what waited for it is sent",
        request=EndpointInShape,
        parameters=[ENDPOINT],
        responses={
            200: EndpointShape,
            **described.problems(400, 401, 404, 406, 409, 411, 413, 415, 422, 429, 503),
        },
    )
    def put(self, request: Request, key: UUID) -> Response:
        parsers.require_length(request)
        url, description, wanted = _read(request)
        endpoint = _own(request, key)
        endpoints.change(endpoint, url, description, wanted)
        return _private(_endpoint(endpoint))

    @extend_schema(
        operation_id="endEndpoint",
        summary="Switch an endpoint off; what is owed to it waits",
        parameters=[ENDPOINT],
        responses={204: None, **described.problems(401, 404, 406, 409, 429, 503)},
    )
    def delete(self, request: Request, key: UUID) -> Response:
        endpoints.end(_own(request, key))
        return Response(status=204)


class EndpointSecret(APIView):
    scope = scopes.WEBHOOKS

    @extend_schema(
        operation_id="renewSecret",
        summary="A new secret for an endpoint; the one before signs beside it for a day",
        request=None,
        parameters=[ENDPOINT, described.KEYED],
        responses={
            201: NewEndpointShape,
            **described.problems(400, 401, 404, 406, 409, 413, 415, 422, 429, 503),
        },
    )
    def post(self, request: Request, key: UUID) -> Response:
        endpoint = _own(request, key)

        def renew() -> Response:
            secret = webhook_secrets.renew(endpoint.partner, OUT, now=now(), endpoint=endpoint)
            return _with_secret(endpoint, secret)

        return idempotency.once(request, actor_of(request), renew, secret=True)


def _own(request: Request, key: UUID) -> Endpoint:
    found = endpoints.of(actor_of(request)).select_related("partner").filter(pk=key).first()
    if found is None:
        raise not_found()
    return found


def _read(request: Request) -> tuple[str, str, endpoints.Subscription]:
    faults: list[dict[str, str]] = []
    body = envelope.object_of(request.data, "", FIELDS, faults)
    url = envelope.text_of(body.get("url"), "/url", 300, faults)
    description = ""
    if body.get("description"):
        description = envelope.text_of(body["description"], "/description", 120, faults)
    envelope.require_none(faults)
    lists = (body.get(name, endpoints.ALL) for name in ("kinds", "services", "districts"))
    wanted = endpoints.Subscription(*lists)
    endpoints.require_within(wanted, actor_of(request))
    return url, description, wanted


def _endpoint(one: Endpoint) -> dict[str, Any]:
    return {
        "id": str(one.pk),
        "url": one.url,
        "description": one.description,
        "kinds": one.kinds,
        "services": one.services,
        "districts": one.districts,
        "ended": one.ended,
        "failing_since": instant(one.failing_since) if one.failing_since else None,
        "created_at": instant(one.created_at),
    }


def _with_secret(endpoint: Endpoint, secret: str) -> Response:
    return _private({**_endpoint(endpoint), "secret": secret}, status=201)


def _private(body: dict[str, Any], status: int = 200) -> Response:
    return Response(body, status=status, headers={"Cache-Control": "no-store"})
