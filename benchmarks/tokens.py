"""What a submission costs with an access token, beside an agency's own token.

    python -m deploy.local with-servers -- python -m benchmarks.tokens

The whole submit route in-process, one thread, CPU time of this process, to a database of its own;
the two take turns by tens, so that both meet the same machine. Beside it, what both cost in
PostgreSQL when the token is not remembered, wall-clock.
"""

import json
import os
import statistics
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from benchmarks.cases import FOOD_SCOPE, draw
from benchmarks.database import seeded_database
from benchmarks.route import spend, wsgi_route

GOAL = 1.1
TURNS, EACH = 20, 10


def median_of(work: Callable[[], object], times: int = 20) -> float:
    """Return the median seconds of one call."""
    spans = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        spans.append(time.perf_counter() - began)
    return statistics.median(spans)


def main() -> None:
    with seeded_database(persons=3000):
        from demo.city import City
        from exchange.models import Partner
        from exchange.oauth import clients, tokens
        from exchange.oauth.scopes import ALL, EVERYTHING
        from ledger.clock import now

        file = Path(os.environ["KEYS_DIR"]) / "partners" / "window.json"
        own = json.loads(file.read_text())["token"]
        window = Partner.objects.get(code="window")
        client, _secret = clients.add(window, clients.NewClient("benchmark"), now=now())
        access = tokens.generate()
        row = tokens.issue(
            client=client,
            token=access,
            scopes=sorted(ALL),
            services=[EVERYTHING],
            certificate="",
            lifetime=now() - now().replace(year=2020),
        )
        assert row.pk
        traders = (
            d
            for d in draw(City(persons=3000), 3000, seed=5)
            if d.service == "sole_trader" and FOOD_SCOPE not in d.answers["scope"]
        )
        ask = wsgi_route()
        spend(ask, list(islice(traders, 30)), own)
        spans: dict[str, list[float]] = {own: [], access: []}
        asked: dict[str, list[float]] = {own: [], access: []}
        for _ in range(TURNS):
            for token in (own, access):
                spans[token].append(spend(ask, list(islice(traders, EACH)), token))
                asked[token].append(median_of(lambda token=token: tokens.find(token)))  # type: ignore[misc]
    cost = {token: statistics.median(found) for token, found in spans.items()}
    wait = {token: statistics.median(found) for token, found in asked.items()}
    print(f"tokens: own {cost[own] * 1e6:.0f} us, access {cost[access] * 1e6:.0f} us of CPU")
    print(f"tokens: asked of PostgreSQL {wait[own] * 1e6:.0f} us, {wait[access] * 1e6:.0f} us")
    print(f"tokens: asked of PostgreSQL, access to own, ratio {wait[access] / wait[own]:.2f}")
    ratio = cost[access] / cost[own]
    print(f"tokens: submission, access to own, ratio {ratio:.2f} (goal <= {GOAL})")


if __name__ == "__main__":
    main()
