"""What a text in shadow costs the engine: the same backlog decided with it and without it.

In turn, several times in one run, each in a database of its own; the fastest of each counts, as
whatever else the machine does only adds. The text differs in one condition from the live edition.
"""

from benchmarks.database import fsync_ms, on_database, seeded_database
from benchmarks.engine import backlog, by_engine

ROUNDS = 4
SERVICE = "sole_trader"


def start(name: str) -> None:
    """Start a draft with another greatest length of a trade name in shadow."""
    with on_database(name):
        from ledger.clock import now
        from people.actors import Actor, Kind
        from services import shadows
        from services.models import Edition

        text = Edition.objects.get(service=SERVICE).source
        draft = text.replace("    2021-03-01: 10\n", "    2021-03-01: 3\n", 1)
        by = Actor(Kind.OFFICER, "bench", role="policy")
        shadows.start(draft, reason="benchmark", by=by, now=now())


def counted(name: str) -> tuple[int, int]:
    """Return (cases, diverged) of what was counted beside; adds it up first."""
    with on_database(name):
        from ledger.clock import now
        from people.actors import CLOCK
        from services import watching
        from services.models import Shadow

        while watching.add_up(by=CLOCK, now=now()):
            pass
        shadow = Shadow.objects.get()
        return shadow.cases, shadow.diverged


def main(count: int = 1500) -> None:
    names = [f"{kind}{turn}" for turn in range(ROUNDS) for kind in ("without", "beside")]
    with seeded_database() as database:
        backlog(count)
        for name in ("warm", *names):
            database.copy(name)
        by_engine(database.name("warm"))
        for turn in range(ROUNDS):
            start(database.name(f"beside{turn}"))
        found = {name: by_engine(database.name(name)) for name in names}
        cases, diverged = counted(database.name("beside0"))
    seconds = {
        kind: min(found[f"{kind}{turn}"][0] for turn in range(ROUNDS))
        for kind in ("without", "beside")
    }
    cpu = {
        kind: min(found[f"{kind}{turn}"][1] for turn in range(ROUNDS))
        for kind in ("without", "beside")
    }
    print(f"shadow: {count} cases, {cases} judged beside, {diverged} diverged", end="")
    print(f", fsync {fsync_ms():.2f} ms")
    for kind in seconds:
        each = f"Python CPU {cpu[kind] / count * 1e6:.0f} us"
        print(f"shadow: {kind} {count / seconds[kind]:.0f}/s, {each}")
    ratio = seconds["beside"] / seconds["without"]
    print(f"shadow: engine's time with a text in shadow to without {ratio:.2f} (goal <= 1.15)")


if __name__ == "__main__":
    main()
