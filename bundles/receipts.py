"""The whole of a bundled case in one signed document: which cases, what came of each.

It says how things stood at a moment. Each step's own decision is proved by its own receipt, whose
SHA-256 stands here.
"""

import datetime
import hashlib
from typing import Any

from approvals.models import Decision
from bundles import queries
from bundles.models import BundledCase
from ledger import canonical, signatures
from ledger.events import instant

FORM = "1"
TYP = "miaopi-bundle+jws"  # no other kind of document passes for one


def statement(case: BundledCase, at: datetime.datetime) -> dict[str, Any]:
    """Return what is signed; all text, no number of a person in full."""
    steps = queries.steps(case)
    rows = Decision.objects.filter(application__in=[s.application_id for s in steps])
    decisions = {row.application_id: row for row in rows.order_by("at", "id")}
    return {
        "form": FORM,
        "number": case.number,
        "bundle": case.bundle,
        "zh": case.zh,
        "en": case.en,
        "handed_in": instant(case.created_at),
        "at": instant(at),
        "steps": [
            {
                "step": step.code,
                "service": str(step.service_id),
                "edition": step.edition.hash,
                "after": list(step.after),
                "state": step.application.state if step.application else step.state,
                "application": step.application.number if step.application else "",
                "why": step.why.get("code", ""),
                "decision_sha256": hashlib.sha256(decision.receipt).hexdigest()
                if step.application_id and (decision := decisions.get(step.application_id))
                else "",
            }
            for step in steps
        ],
    }


def document(case: BundledCase, at: datetime.datetime) -> dict[str, Any]:
    """Return the statement, and the same signed (JWS, RFC 7515, over its canonical bytes)."""
    signed = statement(case, at)
    jws = signatures.sign_jws("receipt", canonical.dumps(signed), typ=TYP)
    return {"statement": signed, "jws": jws}
