"""Approvals that an agency is asked for: what waits for it, and its answer, without a webhook."""

import re
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals import actions
from approvals.api import conditional, described, envelope, parsers
from approvals.api.views import actor_of
from approvals.errors import not_found
from approvals.models import Consent
from approvals.numbers import plausible
from approvals.states import ConsentState
from exchange.oauth import scopes
from exchange.outgoing import outgoing
from ledger.clock import now
from ledger.events import instant
from people import pages, traces
from people.actors import Actor
from people.models import Reading
from services import catalogue
from services.pack.model import FILINGS

REASON_LONGEST = 400
_ITEM = re.compile(r"[A-Za-z0-9_]{1,40}")
ITEM = OpenApiParameter(
    "item", OpenApiTypes.STR, OpenApiParameter.PATH, description="what is asked, by its code"
)


class ConsentShape(described.WordsShape):
    application = serializers.CharField(help_text="number of the application")
    service = serializers.CharField()
    district = serializers.CharField(allow_blank=True)
    item = serializers.CharField()
    law = serializers.CharField()
    applicant = serializers.CharField()
    answers = described.ObjectField(help_text="numbers and telephones of persons masked")
    asked_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    etag = serializers.CharField(help_text="for If-Match, when you answer what you have read")


class ConsentsShape(serializers.Serializer):
    consents = ConsentShape(many=True)
    next = serializers.CharField(allow_null=True, help_text="`cursor` of the next page; null: none")


class AnswerShape(serializers.Serializer):
    granted = serializers.BooleanField()
    reason = serializers.CharField(
        max_length=REASON_LONGEST,
        required=False,
        allow_blank=True,
        help_text="why not, in words for the applicant; required of a refusal",
    )


class Consents(APIView):
    scope = scopes.CONSENTS

    @extend_schema(
        operation_id="consents",
        summary="The approvals that are asked of your agency and not yet answered",
        parameters=[pages.CURSOR, pages.LIMIT],
        responses={200: ConsentsShape, **described.problems(400, 401, 404, 406, 429, 503)},
    )
    def get(self, request: Request) -> Response:
        by, at = actor_of(request), now()
        waiting = _asked_of(by).filter(state=ConsentState.ASKED)
        found, after = pages.page(request, waiting.select_related("application"), by.code)
        for consent in found:
            traces.record(by, Reading.Kind.CASE, consent.application.number, at)
        body = {"consents": [_shape(consent) for consent in found], "next": after}
        return Response(body, headers={"Cache-Control": "no-store"})


class ConsentAnswer(APIView):
    scope = scopes.CONSENTS

    @extend_schema(
        operation_id="answerConsent",
        summary="Grant or deny an approval that is asked of your agency",
        request=AnswerShape,
        parameters=[described.NUMBER, ITEM, conditional.IF_MATCH],
        responses={
            204: None,
            **described.problems(400, 401, 404, 406, 409, 411, 412, 413, 415, 422, 429, 503),
        },
    )
    def put(self, request: Request, number: str, item: str) -> Response:
        parsers.require_length(request)
        granted, reason = _answer(request.data)
        by = actor_of(request)
        if not _is_repeated(number, item, by, granted, reason):
            _require_read(request, number, item, by)
            actions.answer_consent(
                number=number, item=item, granted=granted, reason=reason, by=by, now=now()
            )
        return Response(status=204)


def _answer(data: Any) -> tuple[bool, str]:
    faults: list[dict[str, str]] = []
    body = envelope.object_of(data, "", {"granted", "reason"}, faults)
    granted = body.get("granted")
    if not isinstance(granted, bool):
        faults.append(envelope.fault("/granted", "应为 true 或 false", "must be true or false"))
    reason = ""
    if granted is False or body.get("reason"):
        reason = envelope.text_of(body.get("reason"), "/reason", REASON_LONGEST, faults)
    envelope.require_none(faults)
    return bool(granted), reason


def _asked_of(by: Actor) -> QuerySet[Consent]:
    """Return what is and was asked of an agency, in the services of its program."""
    found = Consent.objects.filter(partner=by.code)
    return found if by.services is None else found.filter(application__service__in=by.services)


def _is_repeated(number: str, item: str, by: Actor, granted: bool, reason: str) -> bool:
    """Whether the very same answer came before: a client that repeats itself is told no more."""
    if not plausible(number) or not _ITEM.fullmatch(item):
        raise not_found()
    state = ConsentState.GRANTED if granted else ConsentState.DENIED
    mine = _asked_of(by).filter(application__number=number, item=item)
    return mine.filter(state=state, reason=reason).exists()


def _require_read(request: Request, number: str, item: str, by: Actor) -> None:
    """Raise ``ActionRejected`` (412) where what is asked is no longer what the program has read."""
    asked = _asked_of(by).filter(application__number=number, item=item)
    for consent in asked.select_related("application"):
        conditional.is_named(request, _shape(consent)["etag"])


def _shape(consent: Consent) -> dict[str, Any]:
    found = _asked(consent)
    return {**found, "etag": conditional.tag(found)}


def _asked(consent: Consent) -> dict[str, Any]:
    case = consent.application
    book = catalogue.rulebook(case.edition_id)
    spec = book.consents[consent.item]
    answers = {key: value for key, value in case.answers.items() if key != FILINGS}
    return {
        "application": case.number,
        "service": case.service_id,
        "district": case.region_id or "",
        "item": consent.item,
        "zh": spec.zh,
        "en": spec.en,
        "law": spec.law,
        "applicant": case.applicant_name,
        "answers": outgoing(answers, book.form),
        "asked_at": instant(consent.asked_at),
        "due_at": instant(consent.due_at),
    }
