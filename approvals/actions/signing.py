"""Who must sign beside the applicant, and whether they have: each from their own log-in."""

import datetime
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import orjson

from approvals.clock import city_date, deadline
from approvals.models import Application, Cosignature, Evidence
from services.inputs import Inputs, gather_inputs
from services.outputs import cosigners
from services.pack.model import COSIGN
from services.rulebook import Rulebook

TERM = 5  # working days to confirm in


def answers_hash(application: Application) -> bytes:
    """Return the SHA-256 of the answers: what a signature is given for."""
    text = orjson.dumps(application.answers, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).digest()


def signers(application: Application, book: Rulebook, inputs: Inputs) -> list[str]:
    """Return the indices of everybody who must confirm, without the applicant."""
    return [s for s in dict.fromkeys(cosigners(book, inputs)) if s != application.applicant]


def inputs_of(
    application: Application,
    book: Rulebook,
    evidence: Sequence[Evidence],
    consents: Mapping[str, str],
    signatures: Mapping[str, str],
) -> Inputs:
    """Return everything that is known of a case: answers, facts, agencies' and signers' words."""
    facts = {e.registry: (e.outcome, orjson.loads(e.facts)) for e in evidence}
    inputs = gather_inputs(book, application.answers, facts, consents, application.as_of)
    if everybody := cosigners(book, inputs):  # the applicant signs by applying, perhaps alone
        states = {**signatures, application.applicant: "granted"}
        said = {**consents, COSIGN: joint(states.get(s, "asked") for s in everybody)}
        inputs = gather_inputs(book, application.answers, facts, said, application.as_of)
    return inputs


def joint(states: Iterable[str]) -> str:
    """Return what many signatures amount to: one refusal is a refusal, all make a consent."""
    found = set(states)
    if "denied" in found:
        return "denied"
    return "granted" if found == {"granted"} else "asked"


def given(applications: Sequence[Application]) -> dict[UUID, dict[str, str]]:
    """Return what the signers of each application have said to its present answers."""
    found: dict[UUID, dict[str, str]] = {a.id: {} for a in applications}
    hashes: dict[UUID, bytes] = {}
    for row in Cosignature.objects.filter(application_id__in=found) if found else ():
        if not hashes:
            hashes = {a.id: answers_hash(a) for a in applications}
        if bytes(row.answers_hash) == hashes[row.application_id]:
            found[row.application_id][row.signer] = row.state
    return found


def asked(
    application: Application, whom: Sequence[str], now: datetime.datetime
) -> list[Cosignature]:
    """Return the questions to those who have not been asked yet, unsaved."""
    if not whom:
        return []
    due, digest = deadline(city_date(now), TERM, "working"), answers_hash(application)
    return [
        Cosignature(
            application_id=application.id,
            signer=signer,
            answers_hash=digest,
            asked_at=now,
            due_at=due.at,
        )
        for signer in whom
    ]
