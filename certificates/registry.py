"""Certificates as evidence in the next application (免证办): a registry like the others.

What the city issued itself is never asked for. The pack names the registry ``certificates``; its
one fact is the list of what the subject holds or held, each with its standing now.

Of one that is granted provisionally (暂准) the standing is not known: it has no ``state``, so that
a condition which turns on it is unknown, and an officer decides; whatever else is held counts.
"""

import datetime
import time
from typing import Any

from certificates import provisional
from certificates.models import Certificate
from certificates.queries import state_on, with_endorsement
from certificates.states import State
from exchange.queries import Answer, Query
from ledger.clock import city_date

LONGEST = 100  # certificates of one holder; more is not an answer that a rule could trust


class Held:
    """Answers ``held``: records of kind, number, identifier, state, issued, expires, issuer,
    endorsed (until)."""

    remote = False

    def __init__(self, registry: str, config: dict[str, Any]) -> None:
        self.registry = self.group = registry

    def read(
        self, queries: list[Query], *, now: datetime.datetime, seconds: float | None = None
    ) -> list[Answer]:
        """One statement, whatever the number of subjects; no certificate at all is *absent*."""
        began = time.perf_counter()
        held: dict[str, list[Certificate]] = {q.subject: [] for q in queries}
        found = with_endorsement(Certificate.objects.filter(holder__in=held))
        found = found.select_related("office")
        for certificate in found.defer("jws").order_by("issued_at", "id"):
            held[certificate.holder].append(certificate)
        spent = int((time.perf_counter() - began) * 1000)
        return [self._answer(query, held[query.subject], now, spent) for query in queries]

    def _answer(
        self, query: Query, found: list[Certificate], now: datetime.datetime, spent: int
    ) -> Answer:
        answer = Answer(self.registry, query.subject, "absent", at=now, milliseconds=spent)
        if len(found) > LONGEST:
            answer.outcome, answer.reason = "failed", "too_many"
        elif found:
            answer.outcome = "found"
            on = city_date(now)
            answer.data = (
                {"held": [_record(c, on) for c in found]} if "held" in query.fields else {}
            )
            # changes whenever any of them moves: every move appends an event
            answer.version = f"{len(found)}.{sum(c.events for c in found)}"
        return answer


def _record(certificate: Any, on: datetime.date) -> dict[str, str | None]:
    expires, until = certificate.expires_on, certificate.endorsed_until
    state = state_on(certificate, on)
    record = {
        "kind": certificate.kind,
        "number": certificate.number,
        "identifier": certificate.identifier,
        "state": state,
        "issued": city_date(certificate.issued_at).isoformat(),
        "expires": expires.isoformat() if expires else None,
        "issuer": certificate.office.uscc,
        "endorsed": until.isoformat() if until else None,
    }
    if state == State.VALID and provisional.until(certificate) is not None:
        del record["state"]
    return record
