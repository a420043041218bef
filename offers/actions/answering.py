"""What a person says of an offer: one tap hands in the application, another declines."""

import datetime
import hashlib
import uuid

from django.db import transaction

from approvals import actions
from approvals.actions.submission import Key
from approvals.errors import not_found
from approvals.models import Application
from exchange.registries import Query, is_remote, query_registries
from ledger.clock import city_date
from offers.models import Offer
from people.actors import Actor, Kind
from people.errors import ActionRejected
from services import catalogue
from services.rulebook import Rulebook
from services.scanning import Evidence, answers_of

CHANNEL, PURPOSE = "portal", "offer"


def own(key: uuid.UUID, by: Actor) -> Offer:
    """Return an offer of the citizen's own; raises ``ActionRejected`` (404) for any other."""
    if by.kind is Kind.CITIZEN and by.code:
        found = Offer.objects.select_related("scan").filter(pk=key, subject=by.code).first()
        if found is not None:
            return found
    raise not_found()


def accept(
    *,
    key: uuid.UUID,
    applicant: actions.Applicant,
    edition: int,
    by: Actor,
    now: datetime.datetime,
    identifier: uuid.UUID | None = None,
) -> Application:
    """Hand in the application that an offer is for; a second tap returns the first one.

    ``edition``: the number that the page showed. What the form is answered with is read now; the
    engine judges as always, by what the registries say then. Raises ``ActionRejected``: 404, 409
    where the offer has ended or another edition is in force, 422 where the registries no longer
    answer the form.
    """
    offer = own(key, by)
    if offer.state == Offer.State.ACCEPTED:
        return _made(offer)
    _require_open(offer, now)
    book = _book(offer, now)
    # read before the lock, so that what was read stays logged, whatever comes of it
    answers = answers_of(book, _evidence(book, applicant.number, by, now), city_date(now))
    with transaction.atomic():
        offer = Offer.objects.select_for_update().get(pk=key)
        if offer.state == Offer.State.ACCEPTED:
            return _made(offer)
        _require_open(offer, now)
        body = hashlib.sha256(f"offer:{offer.pk}".encode()).digest()
        made = actions.submit(
            new=actions.NewApplication(
                service=offer.service_id,
                applicant=applicant,
                answers=answers,
                channel=CHANNEL,
                edition=edition,
                key=Key(offer.pk.hex, body),
                identifier=identifier,
            ),
            by=by,
            now=now,
        )
        offer.state, offer.ended_at = Offer.State.ACCEPTED, now
        offer.application = made.number
        offer.save(update_fields=["state", "ended_at", "application"])
        return made


def decline(*, key: uuid.UUID, by: Actor, now: datetime.datetime) -> Offer:
    """Keep that somebody does not want it; they are not asked again for as long as the pack says.

    Raises ``ActionRejected``: 404, 409 where the offer has ended otherwise.
    """
    with transaction.atomic():
        own(key, by)
        offer = Offer.objects.select_for_update().get(pk=key)
        if offer.state != Offer.State.DECLINED:
            _require_open(offer, now)
            offer.state, offer.ended_at = Offer.State.DECLINED, now
            offer.save(update_fields=["state", "ended_at"])
        return offer


def _made(offer: Offer) -> Application:
    return Application.objects.get(number=offer.application)


def _require_open(offer: Offer, now: datetime.datetime) -> None:
    if offer.state != Offer.State.OPEN or city_date(now) > offer.expires_on:
        raise ActionRejected(
            "offer_ended",
            "这项推荐已结束；仍符合条件的，可以自行申请",
            "This offer has ended. If you still meet the conditions, apply for it yourself.",
            status=409,
        )


def _book(offer: Offer, now: datetime.datetime) -> Rulebook:
    edition = catalogue.current(offer.service_id, city_date(now))
    if edition is None:
        raise ActionRejected(
            "unknown_service",
            "该事项暂停受理，推荐保留至有效期满",
            "The service takes no applications now. The offer stays as long as it says.",
            status=409,
        )
    return catalogue.rulebook(edition)


def _evidence(book: Rulebook, number: str, by: Actor, now: datetime.datetime) -> Evidence:
    """Read anew what the tap's answers come from; each look-up states that it was accepted."""
    entries = [
        (name, entry)
        for name, entry in book.pack.registries.items()
        if not entry.subject and book.fields[name] and not is_remote(entry.registry)
    ]
    asked = [
        Query(
            case="",
            registry=entry.registry,
            subject=by.code,
            number=number,
            fields=book.fields[name],
            purpose=f"{PURPOSE}:{book.code}",
            basis=entry.basis,
        )
        for name, entry in entries
    ]
    found = query_registries(asked, by=by, now=now)
    pairs = zip(entries, found, strict=True)
    return {name: (answer.outcome, answer.data) for (name, _entry), answer in pairs}
