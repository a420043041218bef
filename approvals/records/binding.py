"""What an event binds: hashes in its data, so that no row can be changed beside its history.

An event stands under a signed tree; a receipt, the round's evidence, the answers and the parties
of a case are too large or too private for it. Their SHA-256 is neither, and the audit compares.
"""

import datetime
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from approvals.models import Application, Decision, Dispute, Evidence, Intake, Representation
from approvals.rows.disputes import CHANGING, FIXED
from ledger import canonical
from ledger.events import instant


def plain(value: Any) -> Any:
    """Return JSON with whole numbers as integers: ``jsonb`` gives 100000 back for 1e5."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def answers_digest(answers: dict[str, Any]) -> bytes:
    """Return the SHA-256 of the answers; the same before and after they were stored.

    Their event has it (``answers_hash``), and each signature of those who sign beside the
    applicant is given for it.
    """
    return hashlib.sha256(orjson.dumps(plain(answers), option=orjson.OPT_SORT_KEYS)).digest()


def answers_hash(answers: dict[str, Any]) -> str:
    """Return ``answers_digest`` in hex."""
    return answers_digest(answers).hex()


def case_hash(application: Application) -> str:
    """Return the SHA-256 of who applies for what to whom, in hex: it stays from then on."""
    return hashlib.sha256(
        canonical.dumps(
            {
                "number": application.number,
                "service": application.service_id,
                "edition": str(application.edition_id),
                "office": application.office_id,
                "region": application.region_id or "",
                "kind": application.applicant_kind,
                "applicant": application.applicant,
                "applicant_number": bytes(application.applicant_number).hex(),
                "applicant_name": application.applicant_name,
                "channel": application.channel,
                "client": application.client_id or "",
                "by_person": application.by_person,
            }
        )
    ).hexdigest()


def of_submission(application: Application) -> dict[str, Any]:
    """Return the data of the event of a submission, first or corrected."""
    return {
        "service": application.service_id,
        "edition": str(application.edition_id),
        "by_person": application.by_person,
        "channel": application.channel,
        "answers": answers_hash(application.answers),
        "case": case_hash(application),
        **of_term(application),
    }


def of_intakes(rows: Sequence[Intake]) -> dict[str, Any]:
    """Return, for the data of the event of a submission or correction, where it was taken, of whom.

    Whoever acted for the applicant is named by keyed index; a name would stand there for ever.
    """
    if not rows:
        return {}
    (row,) = rows
    taken = {
        "round": str(row.round),
        "office": row.office_id,
        "counter": row.counter,
        "acting": row.acting,
        "representative": row.representative,
        "sha256": intake_hash(row),
    }
    return {"intake": taken}


def intake_hash(row: Intake) -> str:
    """Return the SHA-256 of everything that an intake says, in hex."""
    number = row.representative_number
    return hashlib.sha256(
        canonical.dumps(
            {
                **row.payload(),
                "officer": str(row.officer_id),
                "consented_at": instant(row.consented_at),
                "representative_index": row.representative,
                "representative_number": bytes(number).hex() if number is not None else "",
                "representative_paper": row.representative_paper,
                "authority_note": row.authority_note,
            }
        )
    ).hexdigest()


def of_disputes(rows: Iterable[Dispute]) -> dict[str, Any]:
    """Return, for the data of an event, what the disputes of a case say from then on."""
    found = {str(row.number): dispute_hash(row) for row in rows}
    return {"disputes": found} if found else {}


def dispute_hash(row: Dispute) -> str:
    """Return the SHA-256 of everything that a dispute says, in hex; a reminder changes nothing."""
    found: dict[str, Any] = {}
    for name in (*FIXED, *CHANGING):  # listed: a later column changes no old hash
        value = getattr(row, name)
        if isinstance(value, datetime.datetime):
            value = instant(value)
        elif isinstance(value, bytes | memoryview):
            value = bytes(value).hex()
        found[name] = "" if value is None else str(value)
    return hashlib.sha256(canonical.dumps(found)).hexdigest()


def of_representation(row: Representation | None) -> dict[str, Any]:
    """Return, for the data of the event of a submission, who handed it in for its applicant."""
    if row is None:
        return {}
    return {
        "representation": {
            "acting": row.acting,
            "representative": row.representative,
            "sha256": representation_hash(row),
        }
    }


def representation_hash(row: Representation) -> str:
    """Return the SHA-256 of everything that a representation says, in hex."""
    return hashlib.sha256(
        canonical.dumps(
            {
                **row.payload(),
                "at": instant(row.at),
                "representative_index": row.representative,
                "representative_number": bytes(row.representative_number).hex(),
            }
        )
    ).hexdigest()


def of_term(application: Application) -> dict[str, Any]:
    """Return, for the data of an event, how the terms of the case stand from then on."""
    begun, correct_by = application.term_from, application.correct_by
    due, promised = application.due_at, application.promised_at
    return {
        "term": {
            "from": begun.isoformat() if begun else "",
            "pauses": [[since, until or ""] for since, until in application.pauses],
            "extended": str(application.extended_days),
            "due_at": instant(due) if due else "",
            "promised_at": instant(promised) if promised else "",
            "provisional": application.due_provisional,
            "correct_by": instant(correct_by) if correct_by else "",
        }
    }


def of_decision(
    decision: Decision, evidence: Iterable[Evidence], reasons: Sequence[str]
) -> dict[str, Any]:
    """Return the data of the event of a decision, the machine's or an officer's."""
    return {
        "decision": str(decision.id),
        "receipt": receipt_hash(decision.receipt),
        "evidence": evidence_hash(evidence),
        "reasons": list(reasons),
    }


def evidence_hash(evidence: Iterable[Evidence]) -> str:
    """Return one SHA-256, in hex, over a round's evidence in order of registry and subject."""
    ordered = sorted(evidence, key=lambda row: (row.registry, row.subject))
    return hashlib.sha256(b"".join(bytes(row.hash) for row in ordered)).hexdigest()


def receipt_hash(receipt: bytes | memoryview) -> str:
    """Return the SHA-256 of a receipt's bytes, in hex."""
    return hashlib.sha256(receipt).hexdigest()
