"""What proves an answer of another agency: kept with the evidence, and checked against it.

A receipt says of each answer how strong it is, and names statement and item by their SHA-256.
"""

import datetime
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

import bulk
from approvals.actions import questions
from approvals.models import Application, Decision, Evidence, EvidenceProof
from exchange import protocol
from exchange.models import SignedAnswer
from exchange.queries import Answer, Proof
from exchange.registries import is_remote
from exchange.registry_keys import ANSWER, RegistryKeys, Unusable
from ledger import canonical, encryption
from ledger.identifiers import uuid7
from people import identity, protection
from people.names import normal_number
from people.numbers import STORED
from services import catalogue

SIGNED, AUTHENTICATED, STORE = "signed", "authenticated", "store"  # strengths in receipts
PURPOSE = "identity"  # of the key that items are encrypted with: they name people by number


def named(proof: Proof | None) -> str:
    """Return what evidence says of its proof; empty where no other agency has signed anything."""
    if proof is None:
        return ""
    return canonical.dumps(
        {
            "algorithm": proof.algorithm,
            "item": hashlib.sha256(proof.item.encode()).hexdigest(),
            "kid": proof.kid,
            "statement": hashlib.sha256(proof.statement.encode()).hexdigest(),
        }
    ).decode()


def is_failed(answer: Evidence) -> bool:
    """Whether nobody answered usably (``exchange.queries.Answer``)."""
    return answer.outcome == "failed"


def of_receipt(row: Evidence) -> dict[str, Any]:
    """Return what a receipt says of how strong an answer is; nothing of what nobody answered."""
    if row.proof:
        proof = orjson.loads(row.proof)
        is_signed = proof["algorithm"] == protocol.ED25519
        return {"strength": SIGNED if is_signed else AUTHENTICATED, "proof": proof}
    if is_failed(row) or is_remote(row.registry):
        return {}
    return {"strength": STORE}


def keep(
    rows: Sequence[tuple[Evidence, Answer]], batch: bulk.Writer, *, now: datetime.datetime
) -> None:
    """Write what proves new evidence beside it: each statement once, each item encrypted."""
    answers: dict[str, SignedAnswer] = {}
    items = []
    for row, answer in rows:
        proof = answer.proof
        if proof is None:
            continue
        if proof.statement not in answers:
            answers[proof.statement] = bulk.new(
                SignedAnswer,
                id=uuid7(),
                registry=answer.registry,
                kid=proof.kid,
                algorithm=proof.algorithm,
                statement=proof.statement,
                received_at=now,
            )
        kept = encryption.encrypt(PURPOSE, proof.item.encode(), row.id.bytes)
        items.append(
            bulk.new(
                EvidenceProof,
                evidence_id=row.id,
                answer_id=answers[proof.statement].id,
                item=kept,
            )
        )
    batch.insert(SignedAnswer, list(answers.values()))
    batch.insert(EvidenceProof, items)


def keep_again(rows: Iterable[Evidence], batch: bulk.Writer) -> None:
    """Write what proves answers that are used again: the same statement, the item bound anew."""
    again = [row for row in rows if row.origin and row.proof]
    before = EvidenceProof.objects.filter(evidence__in=[row.origin for row in again])
    found = {one.evidence_id: one for one in before} if again else {}
    items = []
    for row in again:
        one = found.get(row.origin) if row.origin else None
        if one is None:
            continue  # the audit finds what is gone
        item, _bound = encryption.decrypt(PURPOSE, one.item)
        kept = encryption.encrypt(PURPOSE, item, row.id.bytes)
        items.append(
            bulk.new(EvidenceProof, evidence_id=row.id, answer_id=one.answer_id, item=kept)
        )
    batch.insert(EvidenceProof, items)


def of_applications(
    ids: Iterable[UUID],
) -> Mapping[UUID, Sequence[tuple[Evidence, EvidenceProof | None]]]:
    """Return the evidence of cases that names a proof, with what is kept."""
    rows = list(Evidence.objects.filter(application__in=ids).exclude(proof=""))
    kept = of_evidence(rows)
    found = defaultdict(list)
    for row in rows:
        found[row.application_id].append((row, kept.get(row.id)))
    return found


def of_evidence(rows: Iterable[Evidence]) -> dict[UUID, EvidenceProof]:
    """Return what is kept for each row that has a proof, with its answer."""
    ids = [row.id for row in rows]
    found = EvidenceProof.objects.filter(evidence__in=ids).select_related("answer")
    return {one.evidence_id: one for one in found}


def presentation(kept: EvidenceProof) -> str:
    """Return the SD-JWT that proves to the agency what it said of one subject.

    Raises ``ledger.encryption.DecryptionError`` for an item that is not this evidence's.
    """
    item, bound = encryption.decrypt(PURPOSE, kept.item)
    if bound != kept.evidence_id.bytes:
        raise encryption.DecryptionError("the item is another evidence's")
    return protocol.present(kept.answer.statement, item.decode())


def fault(row: Evidence, kept: EvidenceProof | None, subject: str, keys: "KeySets") -> str:
    """Return what is wrong with what proves one row of evidence, or an empty string.

    ``subject``: the index of whom the registry was asked about; empty: it is not known any more.
    """
    if kept is None:
        return "what proves it is gone" if row.proof else ""
    answer = kept.answer
    try:
        text = presentation(kept)
        statement, disclosures = protocol.split(text)
        known = keys.of(answer.registry, answer.algorithm)
        signed = protocol.verify(statement, known, protocol.ANSWER, answer.received_at)
        [item] = protocol.disclosed(signed.payload, disclosures)
    except (ValueError, Unusable) as error:
        return f"its proof does not hold: {error}"
    proof = Proof(statement, disclosures[0], signed.key.kid, signed.key.algorithm)
    if row.proof != named(proof) or answer.kid != signed.key.kid:
        return "its proof is another than it names"
    if (signed.payload.get("iss"), answer.registry) != (row.registry, row.registry):
        return "its proof is of another registry"
    if not isinstance(item, dict) or (
        subject and identity.index(str(item.get("number"))) != subject
    ):
        return "its proof is of another person"
    said = item.get("data") if row.outcome == "found" else {}
    if (row.outcome, row.version) != (item.get("outcome"), item.get("version", "")):
        return "it says another outcome or version than the agency signed"
    if not isinstance(said, dict) or not _is_part(orjson.loads(row.facts), said):
        return "it says other facts than the agency signed"
    return ""


def decision_fault(
    decision: Decision, of_round: Sequence[tuple[Evidence, EvidenceProof | None]], keys: "KeySets"
) -> str:
    """Return what is wrong with what agencies have signed for one decision, or an empty string."""
    receipt = canonical.loads(bytes(decision.receipt))
    if wrong := receipt_fault(receipt, [row for row, _ in of_round]):
        return wrong
    for row, kept in of_round:
        if wrong := fault(row, kept, asked_about(decision.application, row), keys):
            return f"evidence {row.registry}: {wrong}"
    return ""


def asked_about(application: Application, row: Evidence) -> str:
    """Return the index of whom a registry was asked about.

    Empty for whom an answer named in an earlier round: the answers may name another by now.
    """
    if row.round != application.round:
        return row.subject
    book = catalogue.rulebook(application.edition_id)
    return questions.index(application, book, (row.registry, row.subject))


def receipt_fault(receipt: Mapping[str, Any], rows: Iterable[Evidence]) -> str:
    """Return what differs between what a receipt and the evidence of its round name as proof."""
    written = {one["sha256"]: one["proof"] for one in receipt["evidence"] if "proof" in one}
    stored = {bytes(row.hash).hex(): orjson.loads(row.proof) for row in rows if row.proof}
    return "" if written == stored else "its receipt names other proofs than the evidence has"


class KeySets:
    """The keys of registries' answers, read once for an audit; ended ones too."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str], tuple[protocol.Key, ...]] = {}

    def of(self, registry: str, algorithm: str) -> tuple[protocol.Key, ...]:
        if (registry, algorithm) not in self._read:
            self._read[registry, algorithm] = RegistryKeys(registry, algorithm).all(ANSWER)
        return self._read[registry, algorithm]


def _is_part(facts: Mapping[str, Any], said: Mapping[str, Any]) -> bool:
    """Whether each fact is what was said; numbers of persons are kept encrypted."""
    return all(
        name in said and _plain(value) == _normal(said[name], value)
        for name, value in facts.items()
    )


def _plain(kept: Any) -> Any:
    if isinstance(kept, str):
        return protection.unprotect(kept) if kept.startswith(STORED) else kept
    if isinstance(kept, dict):
        return {name: _plain(value) for name, value in kept.items()}
    return [_plain(value) for value in kept] if isinstance(kept, list) else kept


def _normal(said: Any, kept: Any) -> Any:
    """Return what was said with numbers in the form that they are kept in, where they are."""
    if isinstance(kept, str) and isinstance(said, str) and kept.startswith(STORED):
        return normal_number(said)
    if isinstance(kept, dict) and isinstance(said, dict):
        return {name: _normal(value, kept.get(name)) for name, value in said.items()}
    if isinstance(kept, list) and isinstance(said, list) and len(kept) == len(said):
        return [_normal(one, other) for one, other in zip(said, kept, strict=True)]
    return said
