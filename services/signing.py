"""A review that an officer gives outside the desk: a detached JWS by a key of their own.

RFC 7515, appendix F: what is signed is not in it, but is made anew from the text. It says the
city, the service, the hash of the text, the day it begins on and the role in which it is approved;
the opinion stands in the protected header. The public key was registered at the desk.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction

from ledger import canonical, keys, signatures
from people.actors import Actor, officer
from people.errors import ActionRejected
from people.models import SigningKey
from services.edition import draft
from services.models import Edition, Proposal, Review
from services.publish import PLAIN, Rollback, Terms, propose, publish
from services.reviews import Opinion, review
from services.states import OPEN

TYPE = "edition-review+jws"


@dataclass(frozen=True, slots=True)
class Approved:
    """What a signature is about."""

    service: str
    hash: str  # of the edition (services.edition.edition_hash)
    in_force_from: datetime.date
    role: str  # in which it is approved: legal or technical

    def payload(self) -> bytes:
        return canonical.dumps(
            {
                "type": "miaopi/edition-review/1",
                "city": settings.CITY.code,
                "service": self.service,
                "edition": self.hash,
                "in_force_from": str(self.in_force_from),
                "role": self.role,
            }
        )


def sign(approved: Approved, opinion: str, key: Ed25519PrivateKey) -> str:
    """Return the detached JWS (``header..signature``) of an officer's approval."""
    public = key.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    header = {"alg": "Ed25519", "kid": keys.thumbprint(public), "typ": TYPE, "opinion": opinion}
    start = keys.b64(orjson.dumps(header))
    signed = key.sign(f"{start}.{keys.b64(approved.payload())}".encode())
    return f"{start}..{keys.b64(signed)}"


def verify(text: str, service: str, digest: str, start: datetime.date) -> tuple[Actor, Opinion]:
    """Return who has signed that text, and with which opinion.

    Raises ``ActionRejected``: ``bad_signature`` with the reason; ``sent_back`` when a reviewer has
    sent the same text back, as a signature does not say whether it was made before.
    """
    if back := _sent_back(service, digest):
        raise ActionRejected(
            "sent_back",
            f"{back.by} 已退回该文本：此前的签名不再有效，请在工作台审查",
            f"{back.by} has sent this text back: signatures from before do not count;"
            " it is reviewed at the desk.",
        )
    try:
        kid = json.loads(signatures.unb64(text.strip().partition("..")[0]))["kid"]
    except (ValueError, KeyError, TypeError):
        raise _bad("不是分离式 JWS", "It is no detached JWS") from None
    known = SigningKey.objects.select_related("user").filter(kid=kid, retired_at=None).first()
    if known is None or not known.user.is_active:
        raise _bad("签名密钥未登记或已停用", "Its key is not registered, or is retired")
    by = officer(known.user)
    approved = Approved(service, digest, start, by.role)
    words = opinion_of(text, approved, {kid: bytes(known.public)})
    if words is None:
        zh = f"{by.code} 的签名与该文本、生效日期或角色不符"
        raise _bad(zh, f"{by.code} has not signed this text, day and role")
    return by, Opinion(True, words, digest, text.strip())


def _sent_back(service: str, digest: str) -> Review | None:
    """Return the latest review that sent this text back, in this proposal or an earlier one."""
    found = Review.objects.filter(proposal__service=service, proposal__hash=digest, approves=False)
    return found.order_by("-at", "-id").first()


def opinion_of(text: str, approved: Approved, known: signatures.Keys) -> str | None:
    """Return the opinion in a detached JWS over just that by one of the keys; else nothing."""
    header, _dots, signature = text.strip().partition("..")
    whole = f"{header}.{keys.b64(approved.payload())}.{signature}"
    try:
        said, _payload = signatures.verify_jws(whole, known, typ=TYPE)
    except signatures.SignatureError:
        return None
    return str(said.get("opinion", ""))


def _bad(zh: str, en: str) -> ActionRejected:
    return ActionRejected("bad_signature", f"签名无效：{zh}", f"{en}.", status=422)


def review_signed(proposal: int, text: str, *, now: datetime.datetime) -> Proposal:
    """Approve a proposal by a signature alone: it says who, and of which text.

    Raises ``Proposal.DoesNotExist`` and ``ActionRejected``.
    """
    found = Proposal.objects.get(pk=proposal)
    by, opinion = verify(text, found.service_id, found.hash, found.in_force_from)
    return review(proposal, opinion, by=by, now=now)


@dataclass(frozen=True, slots=True)
class Signed:
    """A pack with the reviews that were given of it outside; ``signatures`` are detached JWS."""

    text: str
    signatures: Sequence[str]
    file: str = "pack.yaml"
    rollback: Rollback | None = None
    terms: Terms = PLAIN


def publish_signed(pack: Signed, *, by: Actor, now: datetime.datetime) -> Edition:
    """Propose, review and publish a pack at once, or do nothing; ``by`` is its author.

    What was proposed of the same text is taken up. Raises ``SourceError`` and ``ActionRejected``,
    which name everything that is missing.
    """
    digest = draft(pack.text, pack.file, city=settings.CITY).digest()
    with transaction.atomic():
        found = Proposal.objects.filter(hash=digest, state__in=OPEN).first() or propose(
            pack.text, by=by, now=now, file=pack.file, rollback=pack.rollback, terms=pack.terms
        )
        for one in pack.signatures:
            who, opinion = verify(one, found.service_id, found.hash, found.in_force_from)
            done = found.reviews.filter(approves=True, role=who.role, person=who.person)
            if not done.exists():
                review(found.pk, opinion, by=who, now=now)
        return publish(found.pk, by=by, now=now)
