"""What a citizen reads of the places of a service that has so many: its own and those left."""

import datetime

from django.utils.translation import gettext

from approvals.actions import quotas
from approvals.models import Application
from approvals.states import OPEN
from ledger.clock import city_date
from people.language import in_language
from services.quota import ALL, Queue
from services.rulebook import Rulebook


def notices(case: Application, book: Rulebook, now: datetime.datetime) -> list[str]:
    """Say where an open case stands and how many places are left; nothing where it needs none."""
    if book.pack.quota is None or case.state not in OPEN:
        return []
    standing = quotas.standings([case]).get(case.id)
    if standing is None:
        return []
    places, _ = quotas.number_in_force(standing.queue, book, city_date(now))
    named = {"position": standing.position, **_numbers(standing.queue, places, standing.given)}
    if places is None:
        return []
    if standing.row.granted_at is not None:
        return [gettext("It keeps the place that it was granted, %(which)s.") % named]
    if standing.position > places:
        return [
            gettext(
                "It is number %(position)s in the order of acceptance, of %(places)s places"
                " %(which)s. There is none for it now. It moves up by itself when a place before"
                " it is freed."
            )
            % named
        ]
    return [
        gettext(
            "It is number %(position)s in the order of acceptance, of %(places)s places %(which)s;"
            " %(left)s are not granted yet. Your place is kept while this is being checked."
        )
        % named
    ]


def left(book: Rulebook, on: datetime.date) -> str:
    """Say on the page of a service how many places there are, and are left; where it has so many.

    Of a service with several groups the words are all: which one is an applicant's is not known.
    """
    spec = book.pack.quota
    if spec is None or spec.group or on < spec.since:
        return ""
    queue = Queue(f"{on.year:04}" if spec.per == "year" else ALL, "")
    places, _ = quotas.number_in_force(queue, book, on)
    if places is None:
        return ""
    numbers = _numbers(queue, places, quotas.granted_places(book.code, queue))
    return gettext("%(places)s places %(which)s, %(left)s not granted yet") % numbers


def words(book: Rulebook) -> tuple[str, str] | None:
    """Return the words of the pack and their law."""
    spec = book.pack.quota
    return None if spec is None else (in_language(spec), spec.law)


def _numbers(queue: Queue, places: int | None, given: int) -> dict[str, object]:
    which = gettext("of %(year)s") % {"year": queue.period} if queue.period else gettext("in all")
    return {"places": places, "which": which, "left": max((places or 0) - given, 0)}
