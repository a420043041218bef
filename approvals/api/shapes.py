"""How applications look to other agencies' programs, and how that is described in OpenAPI."""

from typing import Any

import orjson
from rest_framework import serializers

from approvals.models import Application, Decision
from approvals.queries import latest_decision
from certificates.queries import live_for
from ledger.events import instant
from services.rules import Rulebook


def application(found: Application) -> dict[str, Any]:
    """Return the representation of one application, with its newest decision and certificate."""
    decision = latest_decision(found)
    certificate = live_for(found.number) if found.state == "approved" else None
    return {
        "number": found.number,
        "service": found.service_id,
        "edition": found.edition.number,
        "state": str(found.state),
        "submitted_at": _moment(found.submitted_at),
        "settled_at": _moment(found.settled_at),
        "due_at": _moment(found.due_at),
        "promised_at": _moment(found.promised_at),
        "due_provisional": found.due_provisional,
        "correct_by": _moment(found.correct_by),
        "checks_due": found.checks_due,
        "decision": _decision(decision) if decision else None,
        "certificate": certificate
        and {
            "identifier": certificate.identifier,
            "number": certificate.number,
            "verify": f"/verify/{certificate.public_id}",
        },
        "links": {
            "self": f"/api/v1/applications/{found.number}",
            "receipt": f"/api/v1/applications/{found.number}/receipt",
        },
    }


def _decision(decision: Decision) -> dict[str, Any]:
    receipt = orjson.loads(bytes(decision.receipt))
    return {
        "outcome": decision.outcome,
        "by": decision.by,
        "at": _moment(decision.at),
        "reasons": receipt["reasons"],
        "verdict": receipt["verdict"],
        "contest": receipt["contest"],
    }


def _moment(at: Any) -> str | None:
    return instant(at) if at else None


def service(book: Rulebook) -> dict[str, Any]:
    """Return one service of the catalogue with its form."""
    return {
        "code": book.code,
        "name": book.name,
        "summary": book.summary,
        "department": book.department,
        "edition": book.number,
        "edition_hash": book.hash,
        "legal_kind": book.legal_kind,
        "applicant": book.applicant,
        "visits": book.visits,
        "promised": {"days": book.clock.promised.days, "unit": book.clock.promised.unit},
        "statutory": {"days": book.clock.statutory.days, "unit": book.clock.statutory.unit},
        "form": book.form,
        "requirements": [
            {"id": r.id, "zh": r.zh, "en": r.en, "law": r.law, "unmet": r.unmet}
            for r in book.requirements
        ],
    }


class ApplicantShape(serializers.Serializer):
    kind = serializers.ChoiceField(["person", "enterprise"])
    number = serializers.CharField(help_text="GB 11643 identity number or GB 32100 code")
    name = serializers.CharField()


class SubmissionShape(serializers.Serializer):
    service = serializers.CharField(help_text="code of a service in GET /api/v1/services")
    applicant = ApplicantShape()
    answers = serializers.JSONField(help_text="valid against the service's form")
    by_person = serializers.BooleanField(
        default=False, help_text="ask for a decision by a person (个人信息保护法 art. 24)"
    )


class CertificateLink(serializers.Serializer):
    identifier = serializers.CharField()
    number = serializers.CharField()
    verify = serializers.CharField()


class DecisionShape(serializers.Serializer):
    outcome = serializers.ChoiceField(["approve", "refuse", "return", "refer", "wait"])
    by = serializers.CharField()
    at = serializers.DateTimeField()
    reasons = serializers.ListField(child=serializers.CharField())
    verdict = serializers.JSONField(help_text="each condition: met, unmet, unknown, not applicable")
    contest = serializers.JSONField()


class ApplicationShape(serializers.Serializer):
    number = serializers.CharField()
    service = serializers.CharField()
    edition = serializers.IntegerField()
    state = serializers.CharField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    promised_at = serializers.DateTimeField(allow_null=True)
    due_provisional = serializers.BooleanField()
    correct_by = serializers.DateTimeField(allow_null=True)
    checks_due = serializers.IntegerField()
    decision = DecisionShape(allow_null=True)
    certificate = CertificateLink(allow_null=True)
    links = serializers.DictField(child=serializers.CharField())


class FaultShape(serializers.Serializer):
    pointer = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()


class ProblemShape(serializers.Serializer):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    detail_zh = serializers.CharField()
    errors = FaultShape(many=True, required=False)
