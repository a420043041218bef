"""The city's own store: looking up by key in 100,000, 1,000,000 and (--full) 10,000,000 rows.

    python -m deploy.local with-servers -- python -m benchmarks.lookup [--full]

A batch of 200 subjects by the store's own statement, as the engine asks it. Small and large tables
stand side by side in one database and take turns, so that both meet the same machine.
"""

import argparse
import os
import random
import secrets
import statistics
import time
from importlib import import_module

import psycopg
from psycopg import sql

BATCH, TURNS = 200, 60
REGISTRY = "population"
# the index is the keyed hash of a number: 32 hex characters, spread evenly
FILL = """
INSERT INTO {t} (subject, registry, updated_at, data)
SELECT md5(i::text), 'population', now(), jsonb_build_object(
    'name', '张三', 'sex', 'F', 'born', (date '1950-01-01' + i % 20000)::text, 'alive', true,
    'hukou_region', '440305', 'hukou_city', '4403', 'capacity', 'full')
FROM generate_series(1, {rows}) AS i
"""
# what the city entered itself, which the statement joins
ENTRIES = """
CREATE TABLE exchange_entry (id uuid PRIMARY KEY, registry text, subject text, "case" text,
    data text, ended_at timestamptz);
CREATE INDEX ON exchange_entry (subject, registry) WHERE ended_at IS NULL
"""


def statement(table: str) -> str:
    """The store's statement, word for word, on another table."""
    from exchange.adapters.store import STATEMENT

    assert STATEMENT.count("exchange_record") == 1
    return STATEMENT.replace("exchange_record", table)


def fill(connection: psycopg.Connection, table: str, rows: int) -> None:
    """The store's table as its migration makes it (hash-partitioned), under another name."""
    migration = import_module("exchange.migrations.0002_tables")
    name = sql.Identifier(table)
    connection.execute(migration.RECORD.replace("exchange_record", table))
    connection.execute(sql.SQL(FILL).format(t=name, rows=sql.Literal(rows)))  # type: ignore[arg-type]
    connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(name))


def ask(connection: psycopg.Connection, table: str, subjects: list[str]) -> float:
    """Return the seconds of one batch; every subject must be found."""
    began = time.perf_counter()
    registries = [REGISTRY] * len(subjects)
    found = connection.execute(
        statement(table),
        ["{" + ",".join(part) + "}" for part in (subjects, registries, ['""'] * len(subjects))],
    ).fetchall()
    span = time.perf_counter() - began
    if len(found) != len(subjects) or any(version is None for version, *_ in found):
        raise SystemExit("the store did not find everybody")
    return span


def measure(connection: psycopg.Connection, sizes: list[int]) -> dict[int, float]:
    """Return seconds a key for each size; the median of batches that take turns."""
    from hashlib import md5

    draw, spans = random.Random(3), {rows: [] for rows in sizes}
    for turn in range(TURNS + 10):
        for rows, found in spans.items():
            keys = draw.sample(range(1, rows + 1), BATCH)
            subjects = [md5(str(i).encode(), usedforsecurity=False).hexdigest() for i in keys]
            span = ask(connection, f"record_{rows}", subjects)
            if turn >= 10:  # the first ones warm the caches
                found.append(span / BATCH)
    return {rows: statistics.median(found) for rows, found in spans.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="10,000,000 rows too (minutes)")
    sizes = [100_000, 1_000_000, *([10_000_000] if parser.parse_args().full else [])]
    name = f"bench_{secrets.token_hex(4)}"
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = os.environ["DATABASE_ADMIN_URL"]
        try:
            # client-side binding: the way in which Django sends the store's statement
            with psycopg.connect(
                url, dbname=name, autocommit=True, cursor_factory=psycopg.ClientCursor
            ) as connection:
                connection.execute(ENTRIES)
                for rows in sizes:
                    began = time.perf_counter()
                    fill(connection, f"record_{rows}", rows)
                    span = time.perf_counter() - began
                    print(f"lookup: {rows} rows made in {span:.0f} s", flush=True)
                each = measure(connection, sizes)
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} (FORCE)").format(sql.Identifier(name)))
    for rows, span in each.items():
        print(f"lookup: {rows} rows: {span * 1e6:.1f} us a key in batches of {BATCH}")
    ratio = each[sizes[-1]] / each[sizes[0]]
    print(f"lookup: {sizes[0]} to {sizes[-1]} rows, ratio {ratio:.2f} (goal <= 1.5)")


if __name__ == "__main__":
    main()
