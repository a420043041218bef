"""The verdict on a million stored cases in one statement. Goal: at most 2 s on JSONB.

    python -m deploy.local with-servers -- python -m benchmarks.sql

Makes a database of its own, drops it afterwards, and prints the ratio to the goal last.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.requirements15 import CONSTANTS, REQUIREMENTS, TYPES
from dmn import from_json
from dmn.requirements import judge
from dmn.sql import SETTINGS, compile_sql

GOAL = 2.0
# Deterministic: every value is a function of the row's number. About nine in ten pass.
FILL = """
INSERT INTO cases (inputs)
SELECT jsonb_strip_nulls(jsonb_build_object(
    'as_of', (date '2026-03-01' + (i % 300))::text,
    'born', (date '1962-01-01' + (i * 7 % 15000))::text,
    'licensed', (date '2012-01-01' + (i * 11 % 3650))::text,
    'graduated', (date '2023-06-01' + (i * 3 % 900))::text,
    'hukou', (ARRAY['4401', '4403', '3101', '1101'])[1 + i % 4],
    'city', '4403',
    'permit', CASE WHEN i % 50 = 0 THEN 'expired' ELSE 'valid' END,
    'level', (ARRAY['本科', '硕士', '博士'])[1 + i % 3],
    'full_time', i % 97 <> 0,
    'income', (3000 + i * 13 % 60000)::text,
    'months', (i * 17 % 120)::text,
    'debts', (i % 5)::text,
    'record', i % 211 = 0,
    'capacity', 'full',
    'alive', true,
    'dishonest', CASE WHEN i % 331 = 0 THEN NULL ELSE false END,
    'address', '深圳市南山区' || i % 1000,
    'periods', CASE WHEN i % 4 = 0
        THEN jsonb_build_array(jsonb_build_object('ended', '2020-01-01', 'points', '12'))
        ELSE '[]'::jsonb END
))
FROM generate_series(1, ROWS) AS i
"""

# What a person would write for the same verdict, without telling unknown from unmet.
BY_HAND = """
SELECT count(*) FILTER (WHERE
    (inputs ->> 'alive')::boolean AND inputs ->> 'capacity' = 'full'
    AND (inputs ->> 'born')::date + interval '18 years' <= (inputs ->> 'as_of')::date
    AND (inputs ->> 'born')::date + interval '65 years' > (inputs ->> 'as_of')::date
    AND NOT (inputs ->> 'record')::boolean AND NOT (inputs ->> 'dishonest')::boolean
    AND inputs ->> 'level' IN ('本科', '硕士', '博士') AND (inputs ->> 'full_time')::boolean
    AND (inputs ->> 'graduated')::date + interval '5 years' >= (inputs ->> 'as_of')::date
    AND (inputs ->> 'graduated')::date <= (inputs ->> 'as_of')::date
    AND (inputs ->> 'licensed')::date + interval '3 years' <= (inputs ->> 'as_of')::date
    AND (inputs ->> 'hukou' = inputs ->> 'city' OR inputs ->> 'permit' = 'valid')
    AND (inputs ->> 'income')::numeric >= 3000 AND (inputs ->> 'income')::numeric < 1000000
    AND ((inputs ->> 'months')::numeric >= 6 OR (inputs ->> 'income')::numeric >= 20000)
    AND length(inputs ->> 'address') > 0 AND (inputs ->> 'debts')::numeric < 4
    AND NOT EXISTS (
        SELECT FROM jsonb_array_elements(inputs -> 'periods') AS p
        WHERE (p ->> 'points')::numeric >= 12
        AND (p ->> 'ended')::date + interval '3 years' > (inputs ->> 'as_of')::date))
FROM cases
"""


def main(rows: int) -> None:
    url = os.environ["DATABASE_OWNER_URL"]
    name = f"bench_{secrets.token_hex(4)}"
    with psycopg.connect(url, dbname="postgres", autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            with psycopg.connect(url, dbname=name, autocommit=True) as connection:
                measure(connection, rows)
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} (FORCE)").format(sql.Identifier(name)))


def measure(connection: psycopg.Connection, rows: int) -> None:
    connection.execute("CREATE UNLOGGED TABLE cases (id bigserial PRIMARY KEY, inputs jsonb)")
    connection.execute(FILL.replace("ROWS", str(rows)))
    connection.execute("VACUUM ANALYZE cases")
    compiled = compile_sql(REQUIREMENTS, TYPES, constants=CONSTANTS)
    statement = f"SELECT overall, count(*) FROM ({compiled.select('cases')}) AS v GROUP BY 1"
    judged, best, worst = timed(connection, statement)
    by_hand, quickest, _ = timed(connection, BY_HAND)
    counts = dict(judged)
    assert by_hand == [(counts[True],)]
    whole = compiled.select("cases", "id", "inputs")
    wrong = disagreements(connection, whole, sample=min(rows, 2_000))
    print(f"requirements: {len(REQUIREMENTS)}; cases: {sum(counts.values())}")
    print(
        "approve / not / unknown: " + " / ".join(str(counts.get(v, 0)) for v in (True, False, None))
    )
    print(f"differences from the judge in a sample: {wrong}")
    print(f"verdict on {rows} cases: {best:.2f} to {worst:.2f} s, by hand {quickest:.2f} s")
    print(f"compiled / by hand, same run: {best / quickest:.2f}")
    print(f"sql: {best * 1_000_000 / rows / GOAL:.2f} of the goal of {GOAL} s per million")


def timed(connection: psycopg.Connection, statement: str) -> tuple[list[Any], float, float]:
    """The rows, and the shortest and longest time of five in seconds, settings included."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        with connection.transaction():
            for setting in SETTINGS:
                connection.execute(setting)
            rows = connection.execute(statement).fetchall()
        times.append(time.perf_counter() - began)
    return rows, min(times), max(times)


def disagreements(connection: psycopg.Connection, whole: str, *, sample: int) -> int:
    judges = [judge(one) for one in REQUIREMENTS]
    found = connection.execute(
        f"SELECT inputs, overall FROM ({whole}) AS v ORDER BY id * 7919 % 1000003 LIMIT {sample}"
    )
    wrong = 0
    for stored, verdict in found:
        scope = {name: from_json(value, TYPES[name]) for name, value in stored.items()}
        results = [run({**scope, **CONSTANTS}) for run in judges]
        expected = False if "unmet" in results else None if "unknown" in results else True
        wrong += expected is not verdict
    return wrong


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
