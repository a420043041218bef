"""The list of an agency's own applications, for programs that page and programs that poll."""

import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.agencies import cases
from approvals.api import described, filters, shapes
from approvals.api.views import Submissions, caller
from approvals.progress import standings
from approvals.states import REACHABLE, Outcome
from exchange.oauth import scopes
from ledger.events import instant
from people import pages

_LIST = "applications"  # in its cursors
STATES = [state.value for state in REACHABLE]


def _many(name: str, words: str, **schema: Any) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        {"type": "array", "maxItems": filters.MOST, "items": {"type": "string", **schema}},
        OpenApiParameter.QUERY,
        description=f"{words}; may be given several times",
        explode=True,
    )


_CODE = {"pattern": filters.CODE}
PARAMETERS = [
    _many("state", "in one of these states", enum=STATES),
    _many("service", "of these services", **_CODE),
    _many("district", "in these districts", **_CODE),
    _many("number", "these applications", **_CODE),
    OpenApiParameter(
        "updated_since",
        OpenApiTypes.DATETIME,
        OpenApiParameter.QUERY,
        description="changed then or later: `complete_until` of your last page, to hear of every"
        " change",
    ),
    pages.CURSOR,
    pages.LIMIT,
]


class ListedLinksShape(serializers.Serializer):
    self = serializers.CharField()
    certificates = serializers.CharField()


class ListedCaseShape(serializers.Serializer):
    """How far a case is; who it is about and why it was decided so is in the case itself."""

    number = serializers.CharField()
    service = serializers.CharField()
    district = serializers.CharField(allow_blank=True)
    edition = serializers.IntegerField()
    state = serializers.ChoiceField(STATES)
    updated_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    correct_by = serializers.DateTimeField(allow_null=True)
    outcome = serializers.ChoiceField(Outcome.values, allow_null=True, help_text="of the newest")
    certificate = described.CertificateLink(allow_null=True)
    links = ListedLinksShape()


class ListedCasesShape(serializers.Serializer):
    applications = ListedCaseShape(many=True)
    next = serializers.CharField(allow_null=True, help_text="`cursor` of the next page; null: none")
    complete_until = serializers.DateTimeField(
        help_text="no case changes any more before then: where `next` is null, ask from there on"
    )


class Applications(Submissions):
    scope = {"GET": scopes.APPLICATIONS_READ, "POST": scopes.APPLICATIONS_SUBMIT}

    @extend_schema(
        operation_id="applications",
        summary="Your agency's applications, the one that changed longest ago first",
        parameters=PARAMETERS,
        responses={200: ListedCasesShape, **described.problems(400, 401, 403, 406, 429, 503)},
    )
    def get(self, request: Request) -> HttpResponse:
        code, limit, wanted = caller(request).partner.code, pages.limit(request), _wanted(request)
        key = pages.after(request, _LIST, code)
        after = (datetime.datetime.fromisoformat(key[0]), UUID(key[1])) if key else None
        until = cases.complete_until()
        found = cases.page(code, wanted, after=after, until=until, limit=limit + 1)
        more = found[limit - 1] if len(found) > limit else None
        known = standings.read([one.id for one in found[:limit]])
        body = {
            "applications": [_shape(one, known[one.id]) for one in found[:limit]],
            "next": pages.cursor(_LIST, code, more.updated_at.isoformat(), more.id)
            if more
            else None,
            "complete_until": instant(until),
        }
        return Response(body, headers={"Cache-Control": "no-store"})


def _wanted(request: Request) -> cases.Wanted:
    return cases.Wanted(
        states=filters.chosen(request, "state", STATES),
        services=filters.codes(request, "service"),
        districts=filters.codes(request, "district"),
        numbers=filters.codes(request, "number"),
        within=caller(request).actor.services,
        since=filters.moment(request, "updated_since") or cases.BEGINNING,
    )


def _shape(one: cases.Listed, found: standings.Standing) -> dict[str, Any]:
    whole = shapes.standing(found)
    return {
        **{name: whole[name] for name in ("number", "service", "edition", "state")},
        **{name: whole[name] for name in ("submitted_at", "settled_at", "due_at", "correct_by")},
        "district": one.district,
        "updated_at": instant(one.updated_at),
        "outcome": found.outcome,
        "certificate": whole["certificate"],
        "links": {
            "self": whole["links"]["self"],
            "certificates": whole["links"]["certificates"],
        },
    }
