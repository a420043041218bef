"""What was sent to an agency's webhook endpoints, each attempt of it, and sending it again."""

import datetime
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals.api import described, envelope, idempotency, parsers
from approvals.api.views import actor_of
from exchange import endpoints, outbox
from exchange.models import WebhookDelivery
from exchange.oauth import scopes
from exchange.outgoing import KINDS
from ledger.clock import now
from ledger.events import instant
from people import pages
from people.actors import Actor
from people.errors import ActionRejected

LISTED_MOST = 1000  # deliveries that are sent again by their ids
RANGE_MOST = 10_000  # deliveries that are sent again by a range
STATE = OpenApiParameter(
    "state", OpenApiTypes.STR, OpenApiParameter.QUERY, enum=WebhookDelivery.State.values
)
FILTERS = (
    STATE,
    OpenApiParameter("kind", OpenApiTypes.STR, OpenApiParameter.QUERY, enum=list(KINDS)),
    OpenApiParameter(
        "endpoint", OpenApiTypes.UUID, OpenApiParameter.QUERY, description="one of yours"
    ),
    OpenApiParameter(
        "since",
        OpenApiTypes.DATETIME,
        OpenApiParameter.QUERY,
        description="made at this time or later; with a time zone",
    ),
    OpenApiParameter(
        "until", OpenApiTypes.DATETIME, OpenApiParameter.QUERY, description="made before this time"
    ),
)


class AttemptShape(serializers.Serializer):
    at = serializers.DateTimeField()
    url = serializers.CharField(help_text="where the endpoint was then")
    headers = described.ObjectField(help_text="as sent; of a signature its version alone")
    status = serializers.CharField(help_text="HTTP status, or why there was none")
    answer = serializers.CharField(allow_blank=True, help_text="the beginning of a refusal's text")
    milliseconds = serializers.IntegerField()


class DeliveryShape(serializers.Serializer):
    id = serializers.UUIDField()
    endpoint = serializers.UUIDField()
    message = serializers.UUIDField(help_text="webhook-id")
    kind = serializers.CharField()
    subject = serializers.CharField()
    state = serializers.ChoiceField(
        WebhookDelivery.State.values, help_text="dead: given up after the last attempt"
    )
    attempts = AttemptShape(many=True)
    made_at = serializers.DateTimeField()
    next_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)


class DeliveriesShape(serializers.Serializer):
    deliveries = DeliveryShape(many=True)
    next = serializers.CharField(allow_null=True, help_text="`cursor` of the next page; null: none")


class ReplayShape(serializers.Serializer):
    """Either ``deliveries``, or a range that begins with ``since``."""

    deliveries = serializers.ListField(
        child=serializers.UUIDField(), max_length=LISTED_MOST, required=False
    )
    since = serializers.DateTimeField(required=False, help_text="made at this time or later")
    until = serializers.DateTimeField(required=False, help_text="made before this time")
    state = serializers.ChoiceField(
        WebhookDelivery.State.values, required=False, help_text="of the range; left out: any"
    )
    kind = serializers.ChoiceField(list(KINDS), required=False)
    endpoint = serializers.UUIDField(required=False)


class ReplayedShape(serializers.Serializer):
    replayed = serializers.IntegerField(help_text="of those that were not to be sent anyway")


class Deliveries(APIView):
    scope = scopes.WEBHOOKS

    @extend_schema(
        operation_id="deliveries",
        summary="What was sent to your endpoints, with each attempt of the last 30 days",
        parameters=[*FILTERS, pages.CURSOR, pages.LIMIT],
        responses={200: DeliveriesShape, **described.problems(400, 401, 404, 406, 429, 503)},
    )
    def get(self, request: Request) -> Response:
        by = actor_of(request)
        faults: list[dict[str, str]] = []
        wanted = {one.name: request.GET.get(one.name) for one in FILTERS}
        selection = _selection(wanted, faults)
        if faults:
            _refuse(faults[0])
        rows = _own(selection, by).select_related("notice").prefetch_related("log")
        every = endpoints.of(by).values_list("pk", flat=True) if not selection.endpoint else ()
        of_each = ("endpoint", tuple(every))
        found, after = pages.page(request, rows, by.code, place="place", of_each=of_each)
        return _private({"deliveries": [_delivery(one) for one in found], "next": after})


class Replays(APIView):
    scope = scopes.WEBHOOKS

    @extend_schema(
        operation_id="replay",
        summary="Send deliveries again that were taken, or given up: one, several, or a range",
        description=(
            "Name `deliveries`, or a range: `since`, and as you like `until`, `state`, `kind` and"
            f" `endpoint`. A range of more than {RANGE_MOST:,} deliveries is refused as a whole."
        ),
        request=ReplayShape,
        parameters=[described.KEYED],
        responses={
            200: ReplayedShape,
            **described.problems(400, 401, 404, 406, 409, 411, 413, 415, 422, 429, 503),
        },
    )
    def post(self, request: Request) -> Response:
        parsers.require_length(request)
        by = actor_of(request)
        faults: list[dict[str, str]] = []
        known = {"deliveries", *(one.name for one in FILTERS)}
        body = envelope.object_of(request.data, "", known, faults)
        if "deliveries" in body:
            chosen = _own(outbox.Selection(), by).filter(pk__in=_keys(body, faults))
        else:
            if body.get("since") is None:
                zh, en = "请列出 deliveries，或写明 since", "is required without `deliveries`"
                faults.append(envelope.fault("/since", zh, en))
            chosen = _own(_selection(body, faults), by)
        envelope.require_none(faults)

        def replay() -> Response:
            found = WebhookDelivery.objects.filter(pk__in=_within(chosen))
            return _private({"replayed": outbox.replay(found, by=by, now=now())})

        return idempotency.once(request, by, replay)


def _own(selection: outbox.Selection, by: Actor) -> QuerySet[WebhookDelivery]:
    """Return the deliveries that are meant, of the endpoints that the program may mind."""
    found = selection.of(by.code)
    return found if by.services is None else found.filter(endpoint__in=endpoints.of(by))


def _within(chosen: Any) -> list[UUID]:
    """Return the keys of deliveries that are not due anyway; raises where they are too many."""
    settled = chosen.exclude(state=WebhookDelivery.State.DUE)
    keys = list(settled.values_list("pk", flat=True)[: RANGE_MOST + 1])
    if len(keys) > RANGE_MOST:
        raise ActionRejected(
            "range_too_wide",
            f"该范围内有 {RANGE_MOST} 条以上的投递，请缩小范围",
            f"There are more than {RANGE_MOST:,} deliveries in this range; narrow it.",
            status=422,
            field="/since",
        )
    return keys


def _selection(values: Mapping[str, Any], faults: list[dict[str, str]]) -> outbox.Selection:
    """Return which deliveries are meant; every value that is wrong is named in ``faults``."""
    return outbox.Selection(
        state=_one_of(values, "state", WebhookDelivery.State.values, faults),
        kind=_one_of(values, "kind", KINDS, faults),
        endpoint=_key(values.get("endpoint"), "/endpoint", faults),
        since=_moment(values, "since", faults),
        until=_moment(values, "until", faults),
    )


def _one_of(values: Mapping[str, Any], name: str, known: Any, faults: list[dict[str, str]]) -> str:
    value = values.get(name)
    if value is None or (isinstance(value, str) and value in known):
        return value or ""
    listed = " | ".join(known)
    zh, en = f"应为 {listed} 之一", f"must be one of {listed}"
    faults.append(envelope.fault(f"/{name}", zh, en))
    return ""


def _moment(
    values: Mapping[str, Any], name: str, faults: list[dict[str, str]]
) -> datetime.datetime | None:
    value = values.get(name)
    if value is None:
        return None
    try:
        moment = parse_datetime(value.replace(" ", "+"))  # "+" in a query is a space
    except (AttributeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None or not 1970 < moment.year < 9999:
        zh, en = "应为带时区的时间（RFC 3339）", "must be a time with its zone (RFC 3339)"
        faults.append(envelope.fault(f"/{name}", zh, en))
        return None
    return moment


def _key(value: Any, where: str, faults: list[dict[str, str]]) -> UUID | None:
    if value is None:
        return None
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        faults.append(envelope.fault(where, "应为编号（UUID）", "must be an id (UUID)"))
        return None


def _keys(body: Mapping[str, Any], faults: list[dict[str, str]]) -> list[UUID]:
    given = body["deliveries"]
    for name in sorted(body.keys() & {one.name for one in FILTERS}):
        zh, en = "已列出 deliveries，不能再写范围", "cannot stand beside `deliveries`"
        faults.append(envelope.fault(f"/{name}", zh, en))
    if not isinstance(given, list) or len(given) > LISTED_MOST:
        zh, en = f"应为列表，最多 {LISTED_MOST} 项", f"must be a list of {LISTED_MOST} at most"
        faults.append(envelope.fault("/deliveries", zh, en))
        return []
    keys = [_key(one or "", f"/deliveries/{place}", faults) for place, one in enumerate(given)]
    return [key for key in keys if key is not None]


def _refuse(fault: Mapping[str, str]) -> None:
    field = fault["pointer"].removeprefix("/")
    raise ActionRejected(
        f"bad_{field}",
        f"{field} {fault['zh']}",
        f"{field} {fault['en']}.",
        status=400,
        field=field,
    )


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
                "url": tried.url,
                "headers": orjson.loads(tried.headers),
                "status": tried.status,
                "answer": tried.answer,
                "milliseconds": tried.milliseconds,
            }
            for tried in sorted(one.log.all(), key=lambda tried: tried.pk)
        ],
        "made_at": instant(one.notice.created_at),
        "next_at": instant(one.next_at) if one.state == WebhookDelivery.State.DUE else None,
        "delivered_at": instant(one.delivered_at) if one.delivered_at else None,
    }


def _private(body: dict[str, Any]) -> Response:
    return Response(body, headers={"Cache-Control": "no-store"})
