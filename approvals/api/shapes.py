"""How applications and services look to other agencies' programs (``described`` says so)."""

import datetime
from typing import Any

import orjson
from django.utils.translation import override

from approvals.documents import listing
from approvals.models import Application
from approvals.progress.standings import Standing
from approvals.records.provisional import PROVISIONAL
from approvals.states import DocumentKind
from ledger.events import instant
from services.rulebook import Rulebook


def application(found: Standing) -> dict[str, Any]:
    """Return the representation of one application, with its newest decision and certificate."""
    return {
        **standing(found),
        "decision": _decision(found) if found.receipt else None,
        "disputes": [_dispute(one) for one in orjson.loads(found.disputed or b"[]")],
    }


def standing(found: Standing) -> dict[str, Any]:
    """Return how far one application is, without what was decided and why."""
    return {
        "number": found.number,
        "service": found.service_id,
        "edition": found.edition,
        "state": found.state,
        "submitted_at": _moment(found.submitted_at),
        "settled_at": _moment(found.settled_at),
        "due_at": None if found.stands_still else _moment(found.due_at),
        "promised_at": None if found.stands_still else _moment(found.promised_at),
        "due_provisional": found.due_provisional,
        "correct_by": _moment(found.correct_by),
        "checks_due": found.checks_due,
        "certificate": {
            "identifier": found.certificate,
            "number": found.printed,
            "verify": f"/verify/{found.public_id}",
        }
        if found.certificate
        else None,
        "links": {
            "self": f"/api/v1/applications/{found.number}",
            "receipt": f"/api/v1/applications/{found.number}/receipt",
            "documents": f"/api/v1/applications/{found.number}/documents",
            "certificates": f"/api/v1/applications/{found.number}/certificates",
        },
    }


def documents(case: Application) -> list[dict[str, Any]]:
    """Return the representations of what of a case is in writing (文书), oldest first."""
    return [
        {
            "kind": entry.kind,
            "title": {"zh": entry.title, "en": _english(entry.kind)},
            "issued_at": instant(entry.at),
            "file": f"/api/v1/applications/{case.number}/documents/{entry.key}",
        }
        for entry in listing.of_case(case)
    ]


def _english(kind: str) -> str:
    with override("en"):
        return str(DocumentKind(kind).label)


def _decision(found: Standing) -> dict[str, Any]:
    receipt = orjson.loads(found.receipt or b"")
    return {
        "outcome": found.outcome,
        "by": found.by,
        "at": _moment(found.decided_at),
        "reasons": receipt["reasons"],
        "verdict": receipt["verdict"],
        "contest": receipt["contest"],
        "place": receipt.get("quota"),
        "provisional": receipt.get(PROVISIONAL),
    }


def _dispute(stored: dict[str, Any]) -> dict[str, Any]:
    names = ("number", "fact", "registry", "state", "claim", "reason", "answer")
    moments = ("opened_at", "notified_at", "due_at", "answered_at", "ended_at")
    return {
        **{name: stored[name] for name in names},
        "files": stored["files"].split(",") if stored["files"] else [],
        "record": _reading(stored["record_value"], stored["record_version"]),
        "corrected_record": _reading(stored["corrected_value"], stored["corrected_version"]),
        **{name: _moment(_at(stored[name])) for name in moments},
    }


def _reading(value: str, version: str) -> dict[str, Any] | None:
    return {"value": orjson.loads(value), "version": version} if value else None


def _at(text: str | None) -> datetime.datetime | None:
    return datetime.datetime.fromisoformat(text) if text else None


def _moment(at: Any) -> str | None:
    return instant(at) if at else None


def service(book: Rulebook) -> dict[str, Any]:
    """Return one service of the catalogue with its form."""
    return {
        "code": book.code,
        "name": book.pack.name,
        "summary": book.pack.summary,
        "department": book.pack.department,
        "edition": book.number,
        "edition_hash": book.hash,
        "legal_kind": book.pack.legal_kind,
        "applicant": book.pack.applicant,
        "visits": book.pack.visits,
        "promised": {"days": book.pack.clock.promised.days, "unit": book.pack.clock.promised.unit},
        "statutory": {
            "days": book.pack.clock.statutory.days,
            "unit": book.pack.clock.statutory.unit,
        },
        "form": book.form,
        "requirements": [
            {"id": r.id, "zh": r.zh, "en": r.en, "law": r.law, "unmet": r.unmet}
            for r in book.pack.requirements
        ],
    }
