"""Auditing proposed editions, their reviews and trials: as the service's events say, or named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import orjson
from django.db.migrations.recorder import MigrationRecorder

from ledger import audit
from ledger.models import Event
from people.models import SigningKey, User
from services import signing, trials
from services.edition import edition_hash
from services.models import Edition, Proposal, Review, TrialKind, TrialState
from services.states import ProposalState

_KINDS = ("proposed", "reviewed", "approved", "sent_back", "withdrawn", "ordered", "published")
_REVIEWED = ("reviewed", "approved", "sent_back")

# with this migration PostgreSQL began to ask for a trial: what was published before has none
_ASKED = {"app": "services", "name": "0015_edition_trial"}

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


def trial_fault(edition: Edition, data: dict[str, Any]) -> str:
    """Say what is wrong with the trial of an edition, by the ``data`` of its publication; or "".

    The days are those that were asked for then. That a trial is what was signed, and that its cases
    are, is audited with the trials (``services.audit``).
    """
    trial = edition.trial
    if trial is None:
        applied = MigrationRecorder.Migration.objects.filter(**_ASKED)
        is_asked = "trial" in data or applied.filter(applied__lte=edition.published_at).exists()
        return "it was published without a trial" if is_asked else ""
    of = edition.service_id, edition.hash, TrialState.FINISHED
    if (trial.service_id, trial.hash, trial.state) != of:
        return "its trial is of another text, or has not finished"
    said = trials.named(trial)
    if said != {name: data.get(name) for name in said}:
        return "its trial is not that of its publication"
    days = data["tried_days"]
    if trial.kind == TrialKind.PAST and (trial.last_day - trial.first_day).days + 1 < int(days):
        return "its trial went over fewer days than were asked for"
    return ""
