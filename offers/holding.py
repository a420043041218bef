"""Who has already what a scan offers, is about to, or does not want to be asked."""

import datetime
from collections.abc import Collection, Iterable, Iterator

from approvals.models import Application, GuardKey
from approvals.states import OPEN
from certificates.models import Certificate
from certificates.states import LIVE
from entitlements.models import Entitlement
from entitlements.states import LIVE as PAID
from ledger.clock import city_date
from offers.models import Offer
from services.inputs import gather_inputs
from services.outputs import guard_keys
from services.rulebook import Rulebook
from services.scanning import proactive_of

HOLDS, IN_HAND, ANSWERED, ASKED = "holds", "in_hand", "answered", "has_offer"
KEYS_AT_ONCE = 5000
ANSWERS = (Offer.State.ACCEPTED, Offer.State.DECLINED)


def standing(book: Rulebook, subjects: Collection[str], now: datetime.datetime) -> dict[str, str]:
    """Return why some of the people have no new offer; who is missing here gets one.

    ``holds``: a live certificate or entitlement, of this service or of one that excludes it;
    ``in_hand``: an open application, likewise; ``answered``: accepted or declined within the days
    in which the pack asks nobody again; ``has_offer``: an open one.
    """
    quiet = now - datetime.timedelta(proactive_of(book).ask_again)
    offers = Offer.objects.filter(service=book.code).values_list("subject", flat=True)
    reasons: tuple[tuple[str, Iterable[str]], ...] = (  # the last word is the strongest
        (ASKED, offers.filter(state=Offer.State.OPEN)),
        (ANSWERED, offers.filter(state__in=ANSWERS, ended_at__gt=quiet)),
        (IN_HAND, _in_hand(book)),
        (HOLDS, _holders(book)),
    )
    found = dict(_excluded(book, subjects, city_date(now)))
    for reason, rows in reasons:
        found |= {subject: reason for subject in rows if subject in subjects}
    return found


def _excluded(
    book: Rulebook, subjects: Collection[str], on: datetime.date
) -> Iterator[tuple[str, str]]:
    """Yield who has what excludes it, of another service: by a guard whose scope they share."""
    if not any(guard.is_shared for guard in book.pack.guards):
        return
    inputs = gather_inputs(book, {}, {}, {}, on)
    shared = {
        one.key: subject
        for subject in subjects
        for one in guard_keys(book, inputs, subject)
        if one.guard.is_shared
    }
    keys = list(shared)
    held = GuardKey.objects.filter(held=True).exclude(application__service=book.code)
    for start in range(0, len(keys), KEYS_AT_ONCE):
        some = held.filter(key__in=keys[start : start + KEYS_AT_ONCE])
        for key, state in some.values_list("key", "application__state"):
            yield shared[key], IN_HAND if state in OPEN else HOLDS


def _in_hand(book: Rulebook) -> Iterable[str]:
    rows = Application.objects.filter(service=book.code, state__in=OPEN)
    return rows.values_list("applicant", flat=True)


def _holders(book: Rulebook) -> Iterable[str]:
    """Yield who has it: by a live certificate, or by what may exist once (a pack's guards)."""
    held = GuardKey.objects.filter(held=True, application__service=book.code)
    settled = held.exclude(application__state__in=OPEN)
    yield from settled.values_list("application__applicant", flat=True)
    if book.pack.entitlement is not None:
        paid = Entitlement.objects.filter(service=book.code, state__in=PAID)
        yield from paid.values_list("holder", flat=True)
    if book.certificate is None:
        return
    rows = Certificate.objects.filter(service=book.code, kind=book.certificate.kind, state__in=LIVE)
    yield from rows.values_list("holder", flat=True)
