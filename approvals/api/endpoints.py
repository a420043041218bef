"""An agency's own webhook endpoints, what was sent to each, and sending it again."""

from typing import Any
from uuid import UUID

from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals.api import described, envelope, pages, parsers
from approvals.api.views import actor_of, caller
from approvals.errors import not_found
from exchange import endpoints, outbox, webhook_secrets
from exchange.models import Endpoint, WebhookDelivery
from exchange.oauth import scopes
from exchange.outgoing import KINDS
from exchange.webhook_secrets import OUT
from ledger.clock import now
from ledger.events import instant
from people.errors import ActionRejected

FIELDS = {"url", "description", "kinds", "services", "districts"}
REPLAY_MOST = 1000  # deliveries at once
ENDPOINT = OpenApiParameter(
    "key", OpenApiTypes.UUID, OpenApiParameter.PATH, description="of an endpoint of yours"
)
DELIVERY = OpenApiParameter(
    "key", OpenApiTypes.UUID, OpenApiParameter.PATH, description="of a delivery to you"
)
STATE = OpenApiParameter(
    "state", OpenApiTypes.STR, OpenApiParameter.QUERY, enum=WebhookDelivery.State.values
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


class AttemptShape(serializers.Serializer):
    at = serializers.DateTimeField()
    status = serializers.CharField(help_text="HTTP status, or why there was none")
    answer = serializers.CharField(allow_blank=True, help_text="the beginning of a refusal's text")
    milliseconds = serializers.IntegerField()


class DeliveryShape(serializers.Serializer):
    id = serializers.UUIDField()
    endpoint = serializers.UUIDField()
    message = serializers.UUIDField(help_text="webhook-id")
    kind = serializers.CharField()
    subject = serializers.CharField()
    state = serializers.ChoiceField(WebhookDelivery.State.values)
    attempts = AttemptShape(many=True)
    next_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)


class DeliveriesShape(serializers.Serializer):
    deliveries = DeliveryShape(many=True)
    next = serializers.CharField(allow_null=True, help_text="`cursor` of the next page; null: none")


class ReplayShape(serializers.Serializer):
    deliveries = serializers.ListField(child=serializers.UUIDField(), max_length=REPLAY_MOST)


class ReplayedShape(serializers.Serializer):
    replayed = serializers.IntegerField(help_text="of those that were not to be sent anyway")


class Endpoints(APIView):
    scope = scopes.WEBHOOKS

    @extend_schema(
        operation_id="endpoints",
        summary="Where your agency takes webhooks",
        responses={200: EndpointsShape, **described.problems(401, 404, 406, 429, 503)},
    )
    def get(self, request: Request) -> Response:
        found = Endpoint.objects.filter(partner=caller(request).partner).order_by("pk")
        return _private({"endpoints": [_endpoint(one) for one in found]})

    @extend_schema(
        operation_id="addEndpoint",
        summary="Take webhooks at one more address",
        request=EndpointInShape,
        responses={
            201: NewEndpointShape,
            **described.problems(400, 401, 404, 406, 409, 411, 413, 415, 422, 429, 503),
        },
    )
    def post(self, request: Request) -> Response:
        parsers.require_length(request)
        url, description, wanted = _read(request.data)
        partner, at = caller(request).partner, now()
        with transaction.atomic():
            made = endpoints.add(partner, url, now=at, description=description, wanted=wanted)
            secret = webhook_secrets.renew(partner, OUT, now=at, endpoint=made)
        return _private({**_endpoint(made), "secret": secret}, status=201)


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
        url, description, wanted = _read(request.data)
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
        parameters=[ENDPOINT],
        responses={201: NewEndpointShape, **described.problems(401, 404, 406, 409, 429, 503)},
    )
    def post(self, request: Request, key: UUID) -> Response:
        endpoint = _own(request, key)
        secret = webhook_secrets.renew(endpoint.partner, OUT, now=now(), endpoint=endpoint)
        return _private({**_endpoint(endpoint), "secret": secret}, status=201)


class Deliveries(APIView):
    scope = scopes.WEBHOOKS

    @extend_schema(
        operation_id="deliveries",
        summary="What was sent to your endpoints, with each attempt of the last 30 days",
        parameters=[STATE, pages.CURSOR, pages.LIMIT],
        responses={200: DeliveriesShape, **described.problems(400, 401, 404, 406, 429, 503)},
    )
    def get(self, request: Request) -> Response:
        by = actor_of(request)
        rows = WebhookDelivery.objects.filter(endpoint__partner=by.code)
        if state := _state(request):
            rows = rows.filter(state=state)
        rows = rows.select_related("notice").prefetch_related("log")
        found, after = pages.page(request, rows, by.code, place="place")
        return _private({"deliveries": [_delivery(one) for one in found], "next": after})


class Replays(APIView):
    scope = scopes.WEBHOOKS

    @extend_schema(
        operation_id="replay",
        summary="Send deliveries again that were taken, or given up",
        request=ReplayShape,
        responses={
            200: ReplayedShape,
            **described.problems(400, 401, 404, 406, 409, 411, 413, 415, 422, 429, 503),
        },
    )
    def post(self, request: Request) -> Response:
        parsers.require_length(request)
        by = actor_of(request)
        chosen = WebhookDelivery.objects.filter(
            endpoint__partner=by.code, pk__in=_keys(request.data)
        )
        return _private({"replayed": outbox.replay(chosen, by=by, now=now())})


def _state(request: Request) -> str:
    state: str = request.GET.get("state", "")
    if state and state not in WebhookDelivery.State.values:
        known = " | ".join(WebhookDelivery.State.values)
        raise ActionRejected(
            "bad_state",
            f"state 应为 {known} 之一",
            f"state is one of {known}.",
            status=400,
            field="state",
        )
    return state


def _own(request: Request, key: UUID) -> Endpoint:
    own = Endpoint.objects.filter(partner=caller(request).partner).select_related("partner")
    found = own.filter(pk=key).first()
    if found is None:
        raise not_found()
    return found


def _read(data: Any) -> tuple[str, str, endpoints.Subscription]:
    faults: list[dict[str, str]] = []
    body = envelope.object_of(data, "", FIELDS, faults)
    url = envelope.text_of(body.get("url"), "/url", 300, faults)
    description = ""
    if body.get("description"):
        description = envelope.text_of(body["description"], "/description", 120, faults)
    envelope.require_none(faults)
    lists = (body.get(name, endpoints.ALL) for name in ("kinds", "services", "districts"))
    return url, description, endpoints.Subscription(*lists)


def _keys(data: Any) -> list[UUID]:
    faults: list[dict[str, str]] = []
    body = envelope.object_of(data, "", {"deliveries"}, faults)
    given = body.get("deliveries")
    keys: list[UUID] = []
    if not isinstance(given, list) or len(given) > REPLAY_MOST:
        zh, en = f"应为列表，最多 {REPLAY_MOST} 项", f"must be a list of {REPLAY_MOST} at most"
        faults.append(envelope.fault("/deliveries", zh, en))
    else:
        for place, one in enumerate(given):
            try:
                keys.append(UUID(one))
            except (ValueError, TypeError, AttributeError):
                zh, en = "应为投递编号", "must be the id of a delivery"
                faults.append(envelope.fault(f"/deliveries/{place}", zh, en))
    envelope.require_none(faults)
    return keys


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


def _delivery(one: WebhookDelivery) -> dict[str, Any]:
    return {
        "id": str(one.pk),
        "endpoint": str(one.endpoint_id),
        "message": str(one.notice_id),
        "kind": one.notice.kind,
        "subject": one.subject,
        "state": one.state,
        "attempts": [
            {
                "at": instant(tried.at),
                "status": tried.status,
                "answer": tried.answer,
                "milliseconds": tried.milliseconds,
            }
            for tried in sorted(one.log.all(), key=lambda tried: tried.pk)
        ],
        "next_at": instant(one.next_at) if one.state == WebhookDelivery.State.DUE else None,
        "delivered_at": instant(one.delivered_at) if one.delivered_at else None,
    }


def _private(body: dict[str, Any], status: int = 200) -> Response:
    return Response(body, status=status, headers={"Cache-Control": "no-store"})
