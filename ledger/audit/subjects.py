"""Each subject's row against the end of its chain, in the database, in one reading."""

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg import sql

from ledger.audit.fault import Fault, stream


@dataclass(frozen=True, slots=True)
class Subjects:
    """A table of chained subjects: its event subjects are ``prefix`` + the column ``name``.

    ``state`` is the column that the events' ``after`` must lead to; empty when there is none.
    """

    table: str
    prefix: str
    name: str
    state: str = "state"


def faults(table: Subjects) -> Iterator[Fault]:
    state = sql.Identifier(table.state) if table.state else sql.SQL("NULL")
    query = sql.SQL(
        """
        SELECT {prefix} || t.{name}::text, coalesce(e.seq, 0), t.events, {state}::text, s.after,
            t.head IS NOT DISTINCT FROM e.hash AND t.events = coalesce(e.seq, 0)
        FROM {table} t
        LEFT JOIN LATERAL (SELECT seq, hash FROM ledger_event
            WHERE subject = {prefix} || t.{name}::text ORDER BY seq DESC LIMIT 1) e ON true
        LEFT JOIN LATERAL (SELECT after FROM ledger_event
            WHERE subject = {prefix} || t.{name}::text AND after <> ''
            ORDER BY seq DESC LIMIT 1) s ON true
        WHERE t.head IS DISTINCT FROM e.hash OR t.events <> coalesce(e.seq, 0)
            OR ({state} IS NOT NULL AND s.after IS NOT NULL AND {state}::text <> s.after)
        ORDER BY 1
        """
    ).format(
        prefix=sql.Literal(table.prefix),
        name=sql.Identifier(table.name),
        state=state,
        table=sql.Identifier(table.table),
    )
    for subject, seq, events, now_in, last, fits in stream(query.as_string(None)):
        if not fits:
            yield Fault(subject, seq, f"the row counts {events} events, its chain ends here")
        if last is not None and now_in is not None and now_in != last:
            yield Fault(subject, seq, f"the row is in state {now_in}, its chain leads to {last}")
    yield from _without_row(table)


def _without_row(table: Subjects) -> Iterator[Fault]:
    """A subject that has a history and no row any more: nothing of ours deletes one."""
    query = sql.SQL(
        """
        SELECT e.subject, max(e.seq) FROM ledger_event e
        WHERE starts_with(e.subject, {prefix}) AND NOT EXISTS (SELECT FROM {table} t
            WHERE {prefix} || t.{name}::text = e.subject)
        GROUP BY 1 ORDER BY 1
        """
    ).format(
        prefix=sql.Literal(table.prefix),
        name=sql.Identifier(table.name),
        table=sql.Identifier(table.table),
    )
    for subject, seq in stream(query.as_string(None)):
        yield Fault(subject, seq, "its row is gone, its history ends here")
