"""What came of an agency's own case: its certificates, and the filings consolidated into each."""

import datetime
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from approvals import queries
from approvals.api import conditional, described
from approvals.api.views import actor_of, caller
from certificates import queries as certificates
from certificates.endings import ending_of
from certificates.models import Certificate, Filing
from certificates.states import FilingState, State
from exchange.oauth import scopes
from ledger.clock import city_date
from ledger.events import instant
from people import traces
from people.models import Reading


class CaseFilingShape(described.WordsShape):
    item = serializers.CharField()
    state = serializers.ChoiceField(FilingState.values)
    receiver = serializers.CharField(allow_blank=True, help_text="the agency, by its code")
    law = serializers.CharField()
    why = described.WordsShape(help_text="why it applies, or does not")
    cause = serializers.CharField(help_text="issued, changed or cancelled")
    pushed_at = serializers.DateTimeField(allow_null=True)
    answer_by = serializers.DateTimeField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    receipt = serializers.CharField(allow_blank=True, help_text="the receiver's own number")
    reason = serializers.CharField(allow_blank=True, help_text="of a return, in its words")


class CaseEndingShape(serializers.Serializer):
    ground = serializers.CharField()
    law = serializers.CharField()


class OwnCertificateShape(serializers.Serializer):
    identifier = serializers.CharField(help_text="GB/T 36904")
    number = serializers.CharField(help_text="as printed")
    kind = serializers.CharField()
    service = serializers.CharField()
    version = serializers.IntegerField()
    state = serializers.ChoiceField(
        State.values, help_text="today, as anybody who verifies it sees"
    )
    since = serializers.CharField(allow_blank=True, help_text="day of that state; empty: its issue")
    ending = CaseEndingShape(allow_null=True, help_text="why it ended, where an officer decided so")
    issued_at = serializers.DateTimeField()
    expires_on = serializers.DateField(allow_null=True)
    endorsed_until = serializers.DateField(allow_null=True)
    verify = serializers.CharField(help_text="path of the public page")
    jws = serializers.CharField(help_text="the certificate itself, signed (RFC 7515, compact)")
    filings = CaseFilingShape(many=True)


class OwnCertificatesShape(serializers.Serializer):
    certificates = OwnCertificateShape(many=True)


class CaseCertificates(APIView):
    scope = scopes.APPLICATIONS_READ

    @extend_schema(
        operation_id="caseCertificates",
        summary="The certificates of an application, how each stands, and its filings",
        parameters=[described.NUMBER, *described.READ],
        responses={
            200: OwnCertificatesShape,
            **described.NOT_MODIFIED,
            **described.problems(401, 404, 406, 429, 503),
        },
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        by, at = actor_of(request), caller(request).arrived
        case = queries.case(number, by)
        traces.record(by, Reading.Kind.CASE, case.number, at)
        rows = certificates.with_endorsement(Certificate.objects.filter(application=case.number))
        found = rows.prefetch_related("filings").order_by("issued_at", "id")
        body = {"certificates": [_shape(one, city_date(at)) for one in found]}
        return conditional.answer(request, body)


def _shape(one: Certificate, today: datetime.date) -> dict[str, Any]:
    state = certificates.state_on(one, today)
    ending, until = ending_of(one, state), getattr(one, "endorsed_until", None)
    return {
        **{name: getattr(one, name) for name in ("identifier", "number", "kind", "service")},
        "version": one.version,
        "state": state,
        "since": certificates.since(one, state),
        "ending": {"ground": ending.code, "law": ending.law} if ending else None,
        "issued_at": instant(one.issued_at),
        "expires_on": one.expires_on.isoformat() if one.expires_on else None,
        "endorsed_until": until.isoformat() if until else None,
        "verify": f"/verify/{one.public_id}",
        "jws": one.jws,
        "filings": [_filing(f) for f in sorted(one.filings.all(), key=lambda f: f.place)],
    }


def _filing(one: Filing) -> dict[str, Any]:
    return {
        **{name: getattr(one, name) for name in ("item", "zh", "en", "cause", "receipt", "reason")},
        "state": str(one.state),
        "receiver": one.receiver_id or "",
        "law": one.basis,
        "why": {"zh": one.why_zh, "en": one.why_en},
        **{
            name: instant(at) if (at := getattr(one, name)) else None
            for name in ("pushed_at", "answer_by", "answered_at")
        },
    }
