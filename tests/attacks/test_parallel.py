"""A4 through the whole stack: two posts of one person at once, and everybody else beside them."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import redis

from approvals.models import Application, Check
from exchange.models import Lookup
from people import identity
from tests.approvals import cases
from tests.approvals.program import Program
from tests.attacks import outside

OTHERS = tuple(f"graduate_{n}" for n in (23, 25, 27, 29, 31))  # each approved when asked truly


def body(kind: str, **changes: Any) -> dict[str, Any]:
    who, answers = cases.person(kind), cases.graduate_answers(**changes)
    return outside.body("graduate_settlement", who.number, who.name, answers)


def trader(kind: str) -> dict[str, Any]:
    """A sole trader asks population and credit as the graduate does, of other fields."""
    who = cases.person(kind)
    return outside.body("sole_trader", who.number, who.name, outside.worker(6)[1])


def post_at_once(site: str, bodies: list[dict[str, Any]]) -> list[Any]:
    ready = threading.Barrier(len(bodies))

    def send(what: dict[str, Any]) -> Any:
        program = Program(site=site)
        ready.wait(30)
        return program.post(what, Prefer="wait=5")

    with ThreadPoolExecutor(len(bodies)) as threads:
        return list(threads.map(send, bodies))


def settled(numbers: list[str], seconds: float = 30) -> dict[str, str]:
    import time

    ends = time.monotonic() + seconds
    while True:
        found = dict(Application.objects.filter(number__in=numbers).values_list("number", "state"))
        if not set(found.values()) & {"submitted"} or time.monotonic() > ends:
            return found
        time.sleep(0.2)


def test_two_posts_of_one_person_spoil_nobodys_case(stack, redis_client: redis.Redis) -> None:
    """The same person with two services at once, whose checks ask the same registry."""
    seen: list[str] = []
    patient = redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=None)
    with patient.monitor() as monitor:
        ends = threading.Event()

        def listen() -> None:
            for command in monitor.listen():
                seen.append(str(command["command"]))
                if "end-of-the-test" in seen[-1]:
                    break
            ends.set()

        threading.Thread(target=listen, daemon=True).start()
        bodies = [body("graduate"), trader("graduate"), body("graduate", address=_other())]
        bodies += [body(kind) for kind in OTHERS]
        replies = post_at_once(stack.url, bodies)
        kept = [r.json["number"] for r in replies if r.status < 300]
        assert len([r for r in replies[:3] if r.status == 409]) == 1, [r.raw for r in replies[:3]]
        assert len(kept) == 2 + len(OTHERS)
        states = settled(kept)
        redis_client.echo("end-of-the-test")
        assert ends.wait(30)
    others = [r.json["number"] for r in replies[3:]]
    assert {states[n] for n in others} == {"approved"}, states
    mine = Application.objects.filter(applicant=identity.index(bodies[0]["applicant"]["number"]))
    assert not [
        c.handover for c in mine if "contradict" in c.handover or "unanswered" in c.handover
    ]
    assert not Check.objects.filter(application__number__in=kept, state="failed").exists()
    assert not Lookup.objects.filter(case__in=kept, outcome="failed").exists()

    # and nobody's number stands in Redis, in a log, or in a task
    numbers = {b["applicant"]["number"] for b in bodies}
    assert len(seen) > 10
    assert not [c for c in seen if any(n in c for n in numbers)]
    logs = [*Path(stack.folder).rglob("*.log"), *Path(os.environ["MIAOPI_SLOT"]).rglob("*.log")]
    assert len({log.name for log in logs}) > 3, logs
    for log in logs:
        text = log.read_text(errors="replace")
        assert not [n for n in numbers if n in text], log


def _other() -> str:
    return next(p.code for p in cases.places("mixed"))
