"""Engine against hand-written batch SQL for the same rows, and against one Celery task a case.

One backlog of sole traders (the city's own store only) is submitted once and copied, so that each
contender decides the same applications in a database of its own on the same durable server.
"""

import multiprocessing
import os
import subprocess
import sys
import time
from collections import defaultdict
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.database import fsync_ms, on_database, seeded_database

BATCH = 200
# what one decision writes, and how to tell whose row it is
OF_CASE = {
    "approvals_evidence": "SELECT t.id, a.number FROM approvals_evidence t"
    " JOIN approvals_application a ON a.id = t.application_id",
    "approvals_decision": "SELECT t.id, a.number FROM approvals_decision t"
    " JOIN approvals_application a ON a.id = t.application_id",
    "exchange_lookup": 'SELECT t.id, t."case" FROM exchange_lookup t',
    "ledger_event": "SELECT t.id, coalesce(c.application, split_part(t.subject, ':', 2))"
    " FROM ledger_event t LEFT JOIN certificates_certificate c"
    " ON t.subject = 'certificate:' || c.public_id"
    " WHERE t.kind <> 'submitted' AND t.subject ~ '^(application|certificate):'",
    "certificates_certificate": "SELECT t.id, t.application FROM certificates_certificate t",
    "exchange_notice": "SELECT t.id, split_part(t.subject, ':', 2) FROM exchange_notice t",
}
MOVED = (
    *("state", "events", "head", "settled_at", "correct_by", "handover", "attempts"),
    *("pauses", "due_at", "promised_at"),
)


def backlog(count: int) -> list[str]:
    """Submit ``count`` sole traders through the action; returns their numbers."""
    from approvals import actions
    from benchmarks.cases import draw
    from demo.city import City
    from exchange.models import Partner
    from ledger.clock import now
    from people.actors import agency

    partner = Partner.objects.get(code="window")
    drawn = [d for d in draw(City(), 2 * count, seed=3) if d.service == "sole_trader"][:count]
    numbers = []
    for one in drawn:
        who = actions.Applicant("person", one.person.number, one.person.name)
        made = actions.submit(
            new=actions.NewApplication(
                service=one.service,
                applicant=who,
                answers=one.answers,
                channel="api",
                client=partner,
            ),
            by=agency(partner),
            now=now(),
        )
        numbers.append(made.number)
    return numbers


def by_engine(name: str) -> tuple[float, float, int]:
    """Return (seconds, CPU seconds of Python, WAL bytes) of draining the backlog."""
    with on_database(name) as wal:
        from approvals.workers.engine import Engine

        engine = Engine(batch=BATCH)
        began, cpu, mark = time.perf_counter(), time.process_time(), wal()
        while engine.drain():
            pass
        return time.perf_counter() - began, time.process_time() - cpu, wal() - mark


def by_engines(name: str, processes: int = 2) -> float:
    """Return the seconds in which several engine processes drain the backlog side by side."""
    with on_database(name):
        context = multiprocessing.get_context("fork")
        line = context.Barrier(processes + 1)
        started = [context.Process(target=_drain, args=(line,)) for _ in range(processes)]
        connection_closed()
        for process in started:
            process.start()
        line.wait(60)
        began = time.perf_counter()
        for process in started:
            process.join(120)
        if any(process.exitcode != 0 for process in started):
            raise SystemExit("an engine process failed")
        return time.perf_counter() - began


def _drain(line: Any) -> None:
    from approvals.workers.engine import Engine
    from ledger.clock import city_date, now
    from services import catalogue

    catalogue.warm(city_date(now()))
    engine = Engine(batch=BATCH)
    line.wait(60)
    while engine.drain():
        pass


def connection_closed() -> None:
    """A connection must not be shared with a child process."""
    from django.db import connections

    connections.close_all()


def written(name: str) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Return every row that the engine wrote: table, case number, rows as PostgreSQL's JSON."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    with on_database(name) as wal:
        connection = wal.connection
        for table, owners in OF_CASE.items():
            rows = connection.execute(
                sql.SQL(
                    "SELECT o.number, row_to_json(t) FROM ({}) AS o (id, number)"
                    " JOIN {} t ON t.id = o.id ORDER BY t.id"
                ).format(sql.SQL(owners), sql.Identifier(table))
            )
            grouped = defaultdict(list)
            for number, row in rows:
                grouped[number].append(row)
            found[table] = grouped
        grouped = defaultdict(list)
        for number, row in connection.execute(
            "SELECT number, row_to_json(t) FROM approvals_application t"
        ):
            grouped[number].append(row)
        found["approvals_application"] = grouped
    return found


def by_sql(name: str, rows: dict[str, Any], numbers: list[str]) -> tuple[float, int]:
    """Write the same rows by batch SQL, with the same locks, look-ups and commits.

    The JSON parameters are made before the clock starts: this is what PostgreSQL needs by itself.
    """
    import json

    batches = []
    for start in range(0, len(numbers), BATCH):
        part = numbers[start : start + BATCH]
        payloads = {
            table: json.dumps([row for n in part for row in of.get(n, ())])
            for table, of in rows.items()
        }
        batches.append((part, payloads))
    lookups = rows["exchange_lookup"]
    with on_database(name) as wal:
        connection = wal.connection
        inserts = {table: _insert(connection, table) for table in OF_CASE}
        began, mark = time.perf_counter(), wal()
        for part, payloads in batches:
            connection.execute(
                "UPDATE approvals_application SET attempts = attempts + 1,"
                " leased_until = now() + interval '15 s' WHERE id IN (SELECT id"
                " FROM approvals_application WHERE state = 'submitted' AND checks_due = 0"
                " AND leased_until IS NULL ORDER BY submitted_at LIMIT %s"
                " FOR UPDATE SKIP LOCKED)",
                [len(part)],
            )
            with connection.transaction():
                connection.execute(
                    "SELECT * FROM approvals_application WHERE number = ANY(%s)"
                    " ORDER BY id FOR UPDATE",
                    [part],
                ).fetchall()
                for registry in ("population", "enterprise", "address"):
                    subjects = [
                        r["subject"] for n in part for r in lookups[n] if r["registry"] == registry
                    ]
                    connection.execute(
                        "SELECT r.version, r.data FROM unnest(%s::text[]) AS w (subject)"
                        " LEFT JOIN LATERAL (SELECT version, data FROM exchange_record"
                        " WHERE subject = w.subject AND registry = %s LIMIT 1) r ON true",
                        [subjects, registry],
                    ).fetchall()
                for table in OF_CASE:
                    if payloads[table] != "[]":
                        connection.execute(inserts[table], [payloads[table]])
                connection.execute(
                    sql.SQL(
                        "UPDATE approvals_application t SET {} FROM json_populate_recordset("
                        "NULL::approvals_application, %s::json) r WHERE t.id = r.id"
                    ).format(
                        sql.SQL(", ").join(
                            sql.SQL("{c} = r.{c}").format(c=sql.Identifier(c)) for c in MOVED
                        )
                    ),
                    [payloads["approvals_application"]],
                )
        return time.perf_counter() - began, wal() - mark


def _insert(connection: psycopg.Connection, table: str) -> sql.Composed:
    rows = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
        " AND NOT attisdropped AND attidentity = '' AND attgenerated = ''",
        [table],
    )
    columns = sql.SQL(", ").join(sql.Identifier(str(row[0])) for row in rows)
    return sql.SQL(
        "INSERT INTO {t} ({c}) SELECT {c} FROM json_populate_recordset(NULL::{t}, %s::json)"
    ).format(t=sql.Identifier(table), c=columns)


def by_celery(name: str, count: int) -> float:
    """Return the seconds in which a real worker (2 processes) decides ``count``, a task each."""
    with on_database(name) as wal:
        worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "benchmarks.one_task", "worker"]
            + ["--concurrency", "2", "--loglevel", "ERROR", "-Q", "bench"]
            + ["--without-gossip", "--without-mingle", "--without-heartbeat"],
            env={**os.environ, "DATABASE_URL": wal.url},
        )
        try:
            from benchmarks.one_task import decide_one

            ids = [
                str(row[0])
                for row in wal.connection.execute(
                    "SELECT id FROM approvals_application WHERE state = 'submitted'"
                    " ORDER BY submitted_at LIMIT %s",
                    [count],
                )
            ]
            left = (
                "SELECT count(*) FROM approvals_application"
                " WHERE id = ANY(%s) AND state = 'submitted'"
            )
            decide_one.delay(ids[0])  # the worker is up when this one is decided
            _until(wal.connection, left, ids[:1], 60)
            began = time.perf_counter()
            for one in ids[1:]:
                decide_one.delay(one)
            _until(wal.connection, left, ids[1:], 120)
            return (time.perf_counter() - began) * count / (count - 1)
        finally:
            worker.terminate()
            worker.wait(30)


def _until(connection: psycopg.Connection, query: str, ids: list[str], seconds: float) -> None:
    end = time.monotonic() + seconds
    while connection.execute(query, [ids]).fetchone()[0]:  # type: ignore[index]
        if time.monotonic() > end:
            raise TimeoutError("the Celery worker did not finish")
        time.sleep(0.02)


def main(count: int = 2000, tasks: int = 400) -> None:
    with seeded_database() as database:
        numbers = backlog(count)
        for contender in ("engine", "engines", "batch", "celery", "warm"):
            database.copy(contender)
        by_engine(database.name("warm"))
        seconds, cpu, wal = by_engine(database.name("engine"))
        rows = written(database.name("engine"))
        plain, plain_wal = by_sql(database.name("batch"), rows, numbers)
        pair = by_engines(database.name("engines"))
        celery = by_celery(database.name("celery"), tasks)
    made = sum(
        len(r) for t, of in rows.items() if t != "approvals_application" for r in of.values()
    )
    engine_rate, sql_rate, celery_rate = count / seconds, count / plain, tasks / celery
    print(f"engine: {count} cases, {made / count:.1f} rows a case, fsync {fsync_ms():.2f} ms")
    each = f"Python CPU {cpu / count * 1e6:.0f} us, WAL {wal / count:.0f} B"
    print(f"engine: {engine_rate:.0f}/s, {each}")
    print(f"engine: batch SQL {sql_rate:.0f}/s, WAL {plain_wal / count:.0f} B a case")
    print(f"engine: two engine processes {count / pair:.0f}/s")
    print(f"engine: one Celery task a case {celery_rate:.0f}/s ({tasks} cases, 2 processes)")
    print(f"engine: ratio to batch SQL {engine_rate / sql_rate:.2f} (goal >= 0.25)")
    print(f"engine: one process to one task a case on two, ratio {engine_rate / celery_rate:.1f}")
    ratio = count / pair / celery_rate
    print(f"engine: ratio to one task a case, two processes each, {ratio:.1f} (goal >= 10)")


if __name__ == "__main__":
    main()
