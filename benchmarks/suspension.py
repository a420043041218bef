"""How long after the tap the last automatic approval is written, while two engines are at work."""

import multiprocessing
import time

from benchmarks.database import on_database, seeded_database
from benchmarks.engine import backlog, connection_closed

SERVICE = "sole_trader"
TIMES = 5
APPROVED = "SELECT count(*) FROM approvals_decision WHERE outcome = 'approve'"


def drain(batch: int) -> None:
    from approvals.workers.engine import Engine
    from ledger.clock import city_date, now
    from services import catalogue

    catalogue.warm(city_date(now()))
    engine = Engine(batch=batch)
    while engine.drain():
        pass


def suspended(name: str, after: int) -> tuple[float, int, int]:
    """Return (seconds from the tap to its commit, approvals before it, approvals after it)."""
    with on_database(name) as wal:
        from ledger.clock import now
        from people.actors import officer
        from people.models import User
        from services import switches

        by = officer(User.objects.filter(role="policy", is_active=True).order_by("pk")[0])
        connection_closed()
        context = multiprocessing.get_context("fork")
        engines = [context.Process(target=drain, args=(50,)) for _ in range(2)]
        for one in engines:
            one.start()
        until = time.monotonic() + 60
        while wal.connection.execute(APPROVED).fetchone()[0] < after:  # type: ignore[index]
            if time.monotonic() > until:
                raise TimeoutError("the engines decide nothing")
        began = time.perf_counter()
        switches.suspend(scope="service", code=SERVICE, reason="benchmark", by=by, now=now())
        seconds = time.perf_counter() - began
        before = int(wal.connection.execute(APPROVED).fetchone()[0])  # type: ignore[index]
        for one in engines:
            one.join(120)
        end = int(wal.connection.execute(APPROVED).fetchone()[0])  # type: ignore[index]
        return seconds, before, end - before


def main(count: int = 1500) -> None:
    with seeded_database() as database:
        backlog(count)
        for turn in range(TIMES):
            database.copy(f"run{turn}")
        found = [suspended(database.name(f"run{turn}"), 100 * (turn + 1)) for turn in range(TIMES)]
    for seconds, before, later in found:
        print(f"suspension: {seconds * 1000:.1f} ms, {before} approved before it, {later} after it")
    longest, later = max(s for s, _, _ in found), max(n for _, _, n in found)
    print(f"suspension: seconds until nothing is approved any more {longest:.3f} s (goal <= 5)")
    print(f"suspension: approvals written after its commit {later} (goal <= 0)")


if __name__ == "__main__":
    main()
