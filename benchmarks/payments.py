"""A payment run over 100,000 entitlements: reviewed by the registries, paid, listed and signed.

    make bench ARGS=payments

Everybody has a record in the store, deterministic by number; one in fifty has no account, and is
suspended. The entitlements begin by the product's own action, with an Event each. Then the run, as
`manage.py entitlements run` does it: seconds and statements of each step. A second run must find
nothing to do, and the list's totals must be those of its rows.
"""

from __future__ import annotations

import argparse
import datetime
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from benchmarks.database import on_database, seeded_database

SERVICE = "old_age_allowance"
GOAL = 60.0  # seconds of paying alone, for 100,000
AT_ONCE = 2000
FILL = """
INSERT INTO exchange_record (subject, registry, version, data, updated_at)
SELECT subject, registry, 1, CASE registry WHEN 'population' THEN jsonb_build_object(
        'name', '张三', 'sex', '女', 'born', '1940-05-01', 'alive', true, 'hukou_city', '4403',
        'hukou_region', '440305', 'capacity', 'full')
    ELSE jsonb_build_object('account', i %% 50 <> 0, 'low_income_since', NULL,
        'low_income_until', NULL, 'benefits', '[]'::jsonb) END, now()
FROM unnest(%s::text[]) WITH ORDINALITY AS p (subject, i), unnest(%s::text[]) AS registry
"""


def main(persons: int) -> None:
    with seeded_database(persons=100) as database, on_database(database.base):
        from django.db import connection
        from django.db.models import Count, Sum

        from entitlements import queries
        from entitlements.actions import pay, review
        from entitlements.models import Entitlement, Instalment
        from ledger.clock import city_date, now
        from people.actors import CLOCK
        from services.entitlement import following, period_of

        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
        period = following("month", period_of("month", city_date(now())))
        with measured() as granting:
            made = sum(_granted(persons, city_date(now())))
        assert made == persons
        with measured() as reviewing:
            reviewed = review(service=SERVICE, period=period, by=CLOCK, now=now())
        with measured() as paying:
            paid = pay(service=SERVICE, period=period, by=CLOCK, now=now())
        with measured() as again:
            assert queries.periods_due(SERVICE, period) == []
            nothing = pay(service=SERVICE, period=period, by=CLOCK, now=now())
        sums = Instalment.objects.filter(payment=paid.payments).aggregate(
            n=Count("pk"), yuan=Sum("amount")
        )
        states = dict(Entitlement.objects.values_list("state").annotate(n=Count("pk")).order_by())
    listed = paid.payments
    assert listed is not None and (nothing.instalments, nothing.payments) == (0, None)
    assert (sums["n"], sums["yuan"]) == (listed.entries, listed.total)
    assert listed.entries == persons - persons // 50 == states["active"]
    assert listed.total == Decimal(200) * listed.entries
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"granted: {made} entitlements, {granting}")
    print(f"reviewed: {reviewed.judged}, of which suspended {states['suspended']}; {reviewing}")
    print(f"paid: {listed.entries} payments, {listed.total} yuan; {paying}")
    print(f"once more: nothing to do; {again}")
    print(f"memory of the process at most: {peak:.0f} MB")
    share = 100_000 / persons
    print(f"payments: reviewing a hundred thousand {reviewing.seconds * share:.1f} s")
    print(
        f"payments: paying a hundred thousand {paying.seconds * share:.1f} s (goal <= {GOAL:.0f})"
    )


class Measured:
    """Seconds and statements of a step."""

    seconds = 0.0
    statements = 0

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s, {self.statements} statements"


@contextmanager
def measured() -> Iterator[Measured]:
    from django.db import connection

    found = Measured()

    def count(execute: Any, *more: Any) -> Any:
        found.statements += 1
        return execute(*more)

    began = time.perf_counter()
    with connection.execute_wrapper(count):
        yield found
    found.seconds = time.perf_counter() - began


def _granted(persons: int, today: datetime.date) -> Iterator[int]:
    """Begin the entitlements of so many persons, some at a time; yields how many."""
    from django.db import connection, transaction

    from entitlements.actions import Grant, grant
    from ledger.clock import now
    from ledger.identifiers import uuid7
    from people import identity
    from people.actors import CLOCK
    from people.models import Office
    from services import catalogue
    from services.inputs import gather_inputs

    book = next(b for b in catalogue.all_current(today) if b.code == SERVICE)
    (run,) = book.program.entitlements
    evidence = {
        "population": (
            "found",
            {"born": "1940-05-01", "alive": True, "capacity": "full", "hukou_city": "4403",
             "hukou_region": "440305"},
        ),
        "death": ("absent", {}),
        "assistance": ("found", {"account": True, "benefits": []}),
    }  # fmt: skip
    inputs = gather_inputs(book, {"consent": True}, evidence, {}, today)
    office = Office.objects.get(code="civil").pk
    for start in range(0, persons, AT_ONCE):
        numbers = [f"44030519400501{i:06d}" for i in range(start, min(start + AT_ONCE, persons))]
        subjects = [identity.index(number) for number in numbers]
        grants = [
            Grant(
                application=f"BENCH{start + n:010d}",
                rulebook=book,
                run=run,
                inputs=inputs,
                answers={"consent": True},
                holder=subject,
                holder_name="张三",
                holder_number=identity.encrypt(number),
                office=office,
                region="440305",
                decision=uuid7(),
                is_first=True,
                by_officer=False,
            )
            for n, (number, subject) in enumerate(zip(numbers, subjects, strict=True))
        ]
        with transaction.atomic(), connection.cursor() as cursor:
            # numbered from 1 within each group: AT_ONCE is a multiple of fifty
            cursor.execute(FILL, [subjects, ["population", "assistance"]])
            yield len(grant(grants, by=CLOCK, now=now()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("persons", nargs="?", type=int, default=100_000)
    main(parser.parse_args().persons)
