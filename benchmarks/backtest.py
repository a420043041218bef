"""A draft beside the edition in force on 1,000,000 decided cases of one service: the counts.

    make bench ARGS=backtest

The cases are loaded by SQL with facts as wide as those of real decisions, and counted in the
database by ``approvals.records.backtest.counts``, as a trial does first. Beside it, in the same
run: the rate of the judge in Python, and the count of the one rule that changes, written by hand.
The server's CPU seconds are those of all its processes: on two cores that do nothing else, a count
takes little more than half of them.
"""

import json
import os
import sys
import time
from typing import Any

import psycopg

from benchmarks.database import seeded_database, server_cpu
from benchmarks.desk import ID

GOAL = 2.0  # seconds for a million
TRIES = 3
SAMPLE = 2_000
SERVICE = "graduate_settlement"
CHANGES = (("2018-06-01: P45Y", "2018-06-01: P40Y"),)

CASES = f"""
CREATE TEMPORARY TABLE drawn AS
SELECT i, {ID.format(at="now()")} AS a, {ID.format(at="now()")} AS d
FROM generate_series(1, %(n)s) AS i;
INSERT INTO approvals_application (id, number, service_id, edition_id, office_id, region_id, state,
    applicant_kind, applicant, applicant_number, applicant_name, channel, contested, answers,
    by_person, created_at, submitted_at, settled_at, due_at, promised_at, received_on, pauses,
    extended_days, due_provisional, calendar, round, checks_due, attempts, handover, events)
SELECT a, 'MP' || lpad(i::text, 18, '0'), %(service)s, %(edition)s, 'hrss',
    (%(regions)s::text[])[1 + i %% 10], 'approved', 'person', md5('person' || i), '\\x00'::bytea,
    '某', 'portal', '', '{{}}', false, now(), now(), now(), now(), now(),
    current_date - 1 - i %% 90, '[]', 0, false, '', 1, 0, 0, '', 3 FROM drawn;
INSERT INTO approvals_decision (id, application_id, edition_id, round, outcome, live, by, at,
    as_of, inputs, receipt, kid, algorithm, signature)
SELECT d, a, %(edition)s, 1, 'approve', true, 'machine:engine', now(), current_date - 1 - i %% 90,
    jsonb_build_object(
        'as_of', (current_date - 1 - i %% 90)::text, 'consents', '{{}}'::jsonb,
        'name', '某某', 'degree_name', '某某',
        'born', (current_date - 21 * 365 - i * 7 %% 9000)::text,
        'alive', true, 'capacity', 'full',
        'hukou_city', (ARRAY['4401', '3101', '1101'])[1 + i %% 3],
        'hukou_region', '440104', 'level', (ARRAY['专科', '本科', '硕士', '博士'])[1 + i %% 4],
        'full_time', i %% 97 <> 0, 'graduated', (current_date - 120 - i * 3 %% 600)::text,
        'school', '示例大学', 'revoked', false, 'crime', false, 'dishonest', i %% 331 = 0,
        'district', '440305', 'address', '440305-0001234', 'address_exists', true,
        'address_region', CASE WHEN i %% 50 = 0 THEN '440304' ELSE '440305' END,
        'address_use', 'residential', 'address_text', '示例市南山区学府路 ' || i || ' 号'),
    decode(repeat(md5(i::text), 90), 'hex'), 'k', 'Ed25519', '\\x00' FROM drawn;
"""

# What a person would write for this one change, without the other conditions.
BY_HAND = """
SELECT count(*) FROM approvals_decision WHERE live AND edition_id = %s
  AND (inputs ->> 'born')::date + interval '45 years' > (inputs ->> 'as_of')::date
  AND NOT (inputs ->> 'born')::date + interval '40 years' > (inputs ->> 'as_of')::date
"""


def load(owner: str, values: dict[str, Any]) -> float:
    """Load the cases as the superuser, past the guards; returns the seconds that it took."""
    began = time.perf_counter()
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        for statement in CASES.split(";\n"):
            if statement.strip():
                has_values = "%(" in statement
                connection.execute(statement, values if has_values else None)  # type: ignore[arg-type]
        connection.execute("VACUUM (ANALYZE) approvals_decision")
        connection.execute("VACUUM (ANALYZE) approvals_application")
    return time.perf_counter() - began


def main(count: int = 1_000_000) -> None:
    with seeded_database(persons=500):
        from django.conf import settings

        from approvals.records import backtest
        from ledger.clock import city_date, now
        from people.models import Region
        from services import catalogue
        from services.edition import load as read

        live = catalogue.current(SERVICE, city_date(now()))
        assert live is not None
        text = type(live).objects.values_list("source", flat=True).get(pk=live.pk)
        for before, after in CHANGES:
            assert before in text
            text = text.replace(before, after)
        districts = Region.objects.exclude(parent=None).order_by("code")
        regions = districts.values_list("code", flat=True)
        values = {
            "n": count,
            "service": SERVICE,
            "edition": live.pk,
            "regions": (list(regions) * 10)[:10],
        }
        seconds = load(os.environ["DATABASE_ADMIN_URL"], values)
        print(f"backtest: {count} cases loaded in {seconds:.0f} s")
        pair = backtest.Pair(catalogue.rulebook(live.pk), read(text, city=settings.CITY))
        measure(pair, live.pk, count)


def measure(pair: Any, edition: int, count: int) -> None:
    from django.db import connection

    from approvals.records import backtest

    timed, grouping, used = [], [], []
    for _ in range(TRIES):
        began, before = time.perf_counter(), server_cpu()
        groups = backtest.groups(pair)
        grouping.append(time.perf_counter() - began)
        counted = backtest.counts(pair, groups)
        timed.append(time.perf_counter() - began)
        time.sleep(0.1)  # until what workers used is the server's
        used.append(server_cpu() - before)
    assert counted is not None and sum(group.cases for group in groups) == count
    flips = sum(counted.values())
    print(f"backtest: {flips} of {count} change, {dict(counted)}; groups {min(grouping):.2f} s")
    with connection.cursor() as cursor:
        by_hand = []
        for _ in range(TRIES):
            began = time.perf_counter()
            cursor.execute(BY_HAND, [edition])
            by_hand.append(time.perf_counter() - began)
        cursor.execute("SELECT inputs FROM approvals_decision LIMIT %s", [SAMPLE])
        facts = [json.loads(row[0]) for row in cursor.fetchall()]
    began = time.perf_counter()
    for one in facts:
        pair.verdicts(one)
    judge = (time.perf_counter() - began) / len(facts) * count
    best, worst = min(timed), max(timed)
    million = 1_000_000 / count
    print(f"backtest: the server's CPU for a million {min(used) * million:.2f} s")
    ratio = best / min(by_hand)
    print(f"backtest: all conditions of both editions to the one rule by hand, ratio {ratio:.2f}")
    print(f"backtest: by hand, this rule alone {min(by_hand):.2f} s; slowest count {worst:.2f} s")
    print(f"backtest: the judge alone would take {judge:.0f} s, {judge / best:.0f} times as long")
    print(f"backtest: counts of a million cases {best * million:.2f} s (goal <= {GOAL:.0f})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
