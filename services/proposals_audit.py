"""Auditing proposed editions and their reviews: as the events of the service say, or named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import orjson

from ledger import audit
from ledger.models import Event
from people.models import SigningKey, User
from services import signing
from services.edition import edition_hash
from services.models import Proposal, Review
from services.states import ProposalState

_KINDS = ("proposed", "reviewed", "approved", "sent_back", "withdrawn", "ordered", "published")
_REVIEWED = ("reviewed", "approved", "sent_back")

Told = list[tuple[Event, dict[str, Any]]]


def faults() -> Iterator[str]:
    """Yield a sentence for every proposal and review that no officer made so."""
    by_hash: dict[tuple[str, str], Told] = defaultdict(list)
    history = Event.objects.filter(subject__startswith="service:", kind__in=_KINDS)
    for events, _ in audit.chunks(history.order_by("subject", "seq")):
        for event in events:
            try:
                data = orjson.loads(event.data)
                by_hash[event.subject, data["edition"]].append((event, data))
            except (orjson.JSONDecodeError, KeyError, TypeError):
                continue  # its hash shows that it was edited
    for proposals, unreadable in audit.chunks(Proposal.objects.order_by("id")):
        for pk, why in unreadable:
            yield f"proposal {pk}: {why}"
        for one in proposals:
            told = by_hash[f"service:{one.service_id}", one.hash]
            for wrong in _proposal(one, told):
                yield f"{one}: {wrong}"


def _proposal(one: Proposal, told: Told) -> Iterator[str]:
    if edition_hash(one.source, city=one.city) != one.hash and one.edition is None:
        yield "its text is not the one that was proposed"
    made = (one.proposed_by, one.proposed_at, str(one.in_force_from), one.reason)
    if made not in {
        (event.by, event.at, data.get("from"), data.get("reason"))
        for event, data in told
        if event.kind == "proposed"
    }:
        yield "no event says that it was proposed so"
    own = [(event, data) for event, data in told if data.get("proposal") == str(one.pk)]
    if one.events and one.state != (own[-1][0].after if own else ProposalState.PROPOSED):
        yield f"no event says that it is {one.state}"
    orders = {(e.by, e.at, d.get("reason")) for e, d in own if e.kind == "ordered"}
    if one.ordered_by and (one.ordered_by, one.ordered_at, one.order_reason) not in orders:
        yield "no event says that its correction was ordered"
    said = {
        (e.by, e.at, d.get("role"), d.get("opinion"), d.get("signature"), e.kind != "sent_back")
        for e, d in own
        if e.kind in _REVIEWED
    }
    reviews = list(one.reviews.all())
    for review in reviews:
        words = (review.role, review.opinion, review.signature, review.approves)
        if review.hash != one.hash or (review.by, review.at, *words) not in said:
            yield f"no event says that {review.by} has reviewed it so"
        elif review.signature and not _is_signed(one, review):
            yield f"the signature of {review.by} is of another text"
    if len(reviews) < len(said):
        yield "a review of it is gone"
    accounts = dict(User.objects.values_list("username", "person").filter(
        username__in=[r.by.partition(":")[2] for r in reviews]
    ))  # fmt: skip
    persons = [accounts.get(r.by.partition(":")[2]) for r in reviews if r.approves]
    if len(set(persons)) < len(persons):
        yield "one person has reviewed it twice"


def _is_signed(one: Proposal, review: Review) -> bool:
    """Whether a review's signature fits its text, by a key of its officer, retired or not."""
    keys = {
        key.kid: bytes(key.public)
        for key in SigningKey.objects.filter(user__username=review.by.partition(":")[2])
    }
    approved = signing.Approved(one.service_id, one.hash, one.in_force_from, review.role)
    return signing.opinion_of(review.signature, approved, keys) == review.opinion
