"""How applications and services look to other agencies' programs (``described`` says so)."""

from typing import Any

import orjson

from approvals.models import Application, Decision
from approvals.queries import latest_decision
from certificates.queries import live_for
from ledger.events import instant
from services.rules import Rulebook


def application(found: Application) -> dict[str, Any]:
    """Return the representation of one application, with its newest decision and certificate."""
    fresh = found.state == "submitted" and found.round == 1  # nobody can have decided it yet
    decision = None if fresh else latest_decision(found)
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
