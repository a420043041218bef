"""The operations centre at 100,000 and at 1,000,000 cases; another number as argument.

Cases are loaded by SQL, over a year, with a decision each; one in fifteen was handed to officers,
3,000 are in hand. The reconciler's own duty counts them. Then one reading of everything on the page
is timed, hour by hour for the longest time that is served, as nothing else reads more.
"""

import os
import statistics
import sys
import time

import psycopg

from benchmarks.database import seeded_database
from benchmarks.desk import ID
from deploy.local.servers import with_database

GOAL = 50  # ms, p95 of a reading
FIRST = 100_000
TRIES = 40
STEP = 50_000  # in place of the reconciler's, which begins nowhere near so far behind

LOAD = f"""
CREATE TEMPORARY TABLE drawn AS
SELECT gen_random_uuid() AS mark, random() AS a, random() AS b, i,
    now() - interval '365 days' * random() - interval '1 hour' AS at
FROM generate_series(%(begin)s::bigint, %(end)s::bigint) AS i;
INSERT INTO approvals_application (id, number, service_id, edition_id, office_id, region_id, state,
    applicant_kind, applicant, applicant_number, applicant_name, channel, contested, answers,
    by_person, created_at, submitted_at, received_on, settled_at, pauses, extended_days, due_at,
    due_provisional, calendar, round, checks_due, attempts, handover, events)
SELECT {ID.format(at="d.at")}, 'CE' || d.i, e.service_id, e.id, 'hrss',
    (%(regions)s::text[])[1 + d.i %% 10],
    CASE WHEN d.i <= 3000 THEN 'review' ELSE 'approved' END, 'person', md5(d.i::text),
    '\\x00'::bytea, '某', 'portal', '', '{{}}', false, d.at, d.at, d.at::date, d.at, '[]', 0,
    d.at + interval '20 days', false, '', 1, 0, 0, '', 3
FROM drawn d JOIN (SELECT row_number() OVER (ORDER BY id) - 1 AS place, id, service_id
    FROM services_edition) AS e ON e.place = d.i %% (SELECT count(*) FROM services_edition);
INSERT INTO approvals_decision (id, application_id, edition_id, round, outcome, live, by, at, as_of,
    inputs, receipt, kid, algorithm, signature)
SELECT {ID.format(at="m.at")}, a.id, a.edition_id, 1, m.outcome, m.outcome = 'approve',
    'machine:engine', m.at, a.received_on, '{{}}',
    convert_to('{{"reasons": ["degree:unknown"]}}', 'UTF8'), '', '', '\\x00'
FROM approvals_application a JOIN drawn d ON a.number = 'CE' || d.i CROSS JOIN LATERAL (SELECT
    CASE WHEN d.a < 0.066 OR d.i <= 3000 THEN 'refer' ELSE 'approve' END AS outcome,
    a.created_at + interval '1 second' * (0.05 + 3 * d.b * d.b) AS at) AS m;
DROP TABLE drawn;
"""


def load(owner: str, begin: int, end: int) -> None:
    """Load cases past the guards, as the superuser."""
    from people.models import Region

    regions = Region.objects.exclude(parent=None).order_by("code").values_list("code", flat=True)
    values = {"begin": begin, "end": end, "regions": (list(regions) * 10)[:10]}
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        for statement in LOAD.split(";\n"):
            if statement.strip():
                has_values = "%(" in statement
                connection.execute(statement, values if has_values else None)  # type: ignore[arg-type]
        for table in ("approvals_application", "approvals_decision"):
            connection.execute(f"VACUUM (ANALYZE) {table}")  # type: ignore[arg-type]


def count_all() -> None:
    """Count from the beginning, as the reconciler does that meets a new table."""
    from django.db import connection

    from operations.counts import adding
    from operations.models import AnswerCount, CaseCount, CountedUntil, HandoverCount

    for model in (AnswerCount, CaseCount, CountedUntil, HandoverCount):
        model.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    while adding.add(step=STEP):
        pass


def reading_ms() -> list[float]:
    """Return how long each of ``TRIES`` readings took, the slowest last."""
    from ledger.clock import now
    from operations.centre import spans
    from operations.counts import reading

    at = now()
    first = (at.date() - spans.ONE_DAY * 12).isoformat()
    span = spans.asked({"by": "hour", "from": first}, at)
    times = []
    for _ in range(TRIES):
        began = time.perf_counter()
        found = reading.read(span)
        times.append((time.perf_counter() - began) * 1000)
        if found.behind is not None:
            raise SystemExit("centre: not everything is counted")
    return sorted(times)


def main(count: int = 1_000_000) -> None:
    with seeded_database(persons=2000) as database:
        owner = with_database(os.environ["DATABASE_ADMIN_URL"], database.base)
        measured, loaded = [], 0
        for cases in (FIRST, count):
            load(owner, loaded + 1, cases)
            loaded, began = cases, time.perf_counter()
            count_all()
            took = time.perf_counter() - began
            times = reading_ms()
            measured.append(statistics.quantiles(times, n=20)[-1])
            print(
                f"centre: {cases} cases, counted in {took:.0f} s ({cases / took:.0f} a second),"
                f" a reading takes {statistics.median(times):.1f} ms",
                flush=True,
            )
        ratio = measured[1] / measured[0]
        print(
            f"centre: p95 of a reading at {count} cases, {measured[1]:.1f} ms (goal <= {GOAL} ms)"
        )
        print(f"centre: p95 at {count} to that at {FIRST} cases {ratio:.2f} (goal <= 1.5)")


if __name__ == "__main__":
    main(*(int(text) for text in sys.argv[1:] if text.isdigit()))
