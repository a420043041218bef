"""What an agency sees of its own side: what waits for it, what was looked up, its figures."""

import datetime
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals.agencies import cases, lookups, statistics, tasks
from approvals.api import described, filters
from approvals.api.own_cases import STATES
from approvals.api.views import caller
from exchange.oauth import scopes
from ledger.clock import city_date
from ledger.events import instant
from people import pages

_TASKS, _LOOKUPS = "tasks", "lookups"  # the lists, in their cursors
# what a token must permit for tasks of a kind to be listed
SCOPES: Mapping[tasks.Kind, str] = {
    tasks.Kind.CONSENT: scopes.CONSENTS,
    tasks.Kind.DISPUTE: scopes.DISPUTES,
    tasks.Kind.FILING: scopes.FILINGS,
    tasks.Kind.RETURN: scopes.APPLICATIONS_READ,
}
NEXT = serializers.CharField(allow_null=True, help_text="`cursor` of the next page; null: none")


class TaskShape(serializers.Serializer):
    kind = serializers.ChoiceField(
        [kind.value for kind in tasks.Kind],
        help_text="an approval asked of you, a record of yours that is called wrong, a filing to"
        " acknowledge, a case of yours that came back",
    )
    id = serializers.UUIDField()
    since = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    application = serializers.CharField(allow_null=True)
    certificate = serializers.CharField(allow_null=True, help_text="of a filing: its identifier")
    service = serializers.CharField()
    district = serializers.CharField(allow_blank=True)
    item = serializers.CharField(
        allow_null=True, help_text="what is asked or filed; of a dispute registry and field"
    )
    href = serializers.CharField(help_text="path of the operation that answers or reads it")


class TasksShape(serializers.Serializer):
    tasks = TaskShape(many=True)
    next = NEXT


class Tasks(APIView):
    scope = scopes.APPLICATIONS_READ

    @extend_schema(
        operation_id="tasks",
        summary="What waits for your agency, the first due before the others",
        description="Of the kinds that the token's scopes permit.",
        parameters=[pages.CURSOR, pages.LIMIT],
        responses={200: TasksShape, **described.problems(400, 401, 403, 406, 429, 503)},
    )
    def get(self, request: Request) -> Response:
        who, limit = caller(request), pages.limit(request)
        code = who.partner.code
        key = pages.after(request, _TASKS, code)
        after = (datetime.datetime.fromisoformat(key[0]), UUID(key[1])) if key else tasks.FIRST
        kinds = [kind for kind, scope in SCOPES.items() if scope in who.scopes]
        found = tasks.page(who.actor, kinds, after=after, limit=limit + 1)
        last = found[limit - 1] if len(found) > limit else None
        following = pages.cursor(_TASKS, code, last.due_at.isoformat(), last.key) if last else None
        return _private({"tasks": [_task(one) for one in found[:limit]], "next": following})


def _task(one: tasks.Task) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "id": str(one.key),
        "since": instant(one.since),
        "due_at": instant(one.due_at),
        "application": one.application or None,
        "certificate": one.certificate or None,
        "service": one.service,
        "district": one.district,
        "item": one.item or None,
        "href": _href(one),
    }


def _href(one: tasks.Task) -> str:
    case = f"/api/v1/applications/{one.application}"
    match one.kind:
        case tasks.Kind.CONSENT:
            return f"{case}/consents/{one.item}"
        case tasks.Kind.DISPUTE:
            return f"/api/v1/disputes/{one.key}"
        case tasks.Kind.FILING:
            return "/api/v1/filings"
    return f"{case}/answers"


class LookupShape(serializers.Serializer):
    id = serializers.UUIDField()
    application = serializers.CharField()
    registry = serializers.CharField()
    fields = serializers.ListField(  # type: ignore[assignment]  # DRF's own is not used here
        child=serializers.CharField(), help_text="names, without values"
    )
    purpose = serializers.CharField()
    law = serializers.CharField()
    outcome = serializers.ChoiceField(["found", "absent", "failed"])
    reason = serializers.CharField(allow_blank=True, help_text="why it failed")
    at = serializers.DateTimeField()


class LookupsShape(serializers.Serializer):
    lookups = LookupShape(many=True)
    next = NEXT
    complete_until = serializers.DateTimeField(
        help_text="where `next` is null, ask with `updated_since` from there on"
    )


class Lookups(APIView):
    scope = scopes.APPLICATIONS_READ

    @extend_schema(
        operation_id="lookups",
        summary="Which registries were read for your applications, and by which law",
        description="Case by case as they last changed; of a case that changes all come again, each"
        " with its `id`.",
        parameters=[
            OpenApiParameter(
                "application",
                {"type": "string", "pattern": filters.CODE},
                OpenApiParameter.QUERY,
                description="of this one alone",
            ),
            OpenApiParameter(
                "updated_since",
                OpenApiTypes.DATETIME,
                OpenApiParameter.QUERY,
                description="of cases that changed then or later",
            ),
            pages.CURSOR,
            pages.LIMIT,
        ],
        responses={200: LookupsShape, **described.problems(400, 401, 403, 406, 429, 503)},
    )
    def get(self, request: Request) -> Response:
        code, limit = caller(request).partner.code, pages.limit(request)
        number = filters.code(request, "application")
        since = filters.moment(request, "updated_since") or cases.BEGINNING
        after = (since, lookups.NOTHING, lookups.NOTHING)
        if key := pages.after(request, _LOOKUPS, code):
            after = (datetime.datetime.fromisoformat(key[0]), UUID(key[1]), UUID(key[2]))
        until = cases.complete_until()
        found = lookups.page(
            caller(request).actor, after=after, until=until, limit=limit + 1, number=number
        )
        last = found[limit - 1] if len(found) > limit else None
        body = {
            "lookups": [_lookup(one) for one in found[:limit]],
            "next": pages.cursor(_LOOKUPS, code, last.updated_at.isoformat(), last.case, last.id)
            if last
            else None,
            "complete_until": instant(until),
        }
        return _private(body)


def _lookup(one: lookups.Read) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "fields": [name for name in one.fields.split(",") if name],
        "law": one.basis,
        "at": instant(one.at),
        **{name: getattr(one, name) for name in ("application", "registry", "purpose")},
        **{name: getattr(one, name) for name in ("outcome", "reason")},
    }


class CountShape(serializers.Serializer):
    cases = serializers.IntegerField()
    median_seconds = serializers.FloatField(
        allow_null=True, help_text="from the first submission to the settlement; null: none settled"
    )


class StateCountShape(CountShape):
    state = serializers.ChoiceField(STATES)


class ServiceCountShape(CountShape):
    service = serializers.CharField()
    states = StateCountShape(many=True)


class StatisticsShape(CountShape):
    first = serializers.DateField()
    last = serializers.DateField()
    services = ServiceCountShape(many=True)


class Statistics(APIView):
    scope = scopes.APPLICATIONS_READ

    @extend_schema(
        operation_id="statistics",
        summary="How many applications you handed in, what became of them, and how long it took",
        description=f"By the city's day of receipt; {statistics.MOST} days at most, the last"
        f" {statistics.USUAL} unless you say otherwise.",
        parameters=[
            OpenApiParameter("first", OpenApiTypes.DATE, OpenApiParameter.QUERY),
            OpenApiParameter("last", OpenApiTypes.DATE, OpenApiParameter.QUERY),
        ],
        responses={200: StatisticsShape, **described.problems(400, 401, 403, 406, 429, 503)},
    )
    def get(self, request: Request) -> Response:
        who = caller(request)
        today = city_date(who.arrived)
        last = filters.day(request, "last") or today
        first = filters.day(request, "first") or _earlier(last, statistics.USUAL - 1)
        if not 0 <= (last - first).days < statistics.MOST:
            zh = f"应不晚于 last，且首尾共不超过 {statistics.MOST} 天"
            raise filters.bad(
                "first",
                zh,
                f"is not behind last; both and what is between are {statistics.MOST} days at most.",
            )
        found = statistics.of_period(who.actor, first, last)
        return _private({"first": first, "last": last, **_counted(found)})


def _earlier(day: datetime.date, days: int) -> datetime.date:
    return datetime.date.fromordinal(max(day.toordinal() - days, 1))


def _counted(found: list[statistics.Count]) -> dict[str, Any]:
    whole: dict[str, Any] = {"cases": 0, "median_seconds": None, "services": []}
    services: dict[str, dict[str, Any]] = {}
    for one in found:
        count = {"cases": one.cases, "median_seconds": one.median_seconds}
        if one.service is None:
            whole |= count
        elif one.state is None:
            services[one.service] = {"service": one.service, **count, "states": []}
        else:
            services[one.service]["states"].append({"state": one.state, **count})
    return whole | {"services": list(services.values())}


def _private(body: dict[str, Any]) -> Response:
    return Response(body, headers={"Cache-Control": "no-store"})
