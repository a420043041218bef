"""A program that polls its cases hears of every change, whoever else is writing."""

import datetime as dt
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection, transaction

from approvals.agencies import cases
from approvals.models import Application
from ledger.clock import now
from ledger.events import instant
from tests.approvals.program import PATH, Program, another_body

FUTURE = "2999-01-01T00:00:00Z"


def listed(program: Program, **query: Any) -> list[dict[str, Any]]:
    """Every case of every page."""
    found: list[dict[str, Any]] = []
    following: str | None = ""
    while following is not None:
        more = {"cursor": following} if following else {}
        reply = program.get(f"{PATH}?{urlencode({**query, **more}, doseq=True)}")
        assert reply.status == 200, reply.raw
        found += reply.json["applications"]
        following = reply.json["next"]
    return found


class Poller:
    """A program that keeps what it has last heard of each case, and until when it heard all."""

    def __init__(self) -> None:
        self.heard: dict[str, str | None] = {}
        self.since = ""

    def poll(self) -> list[str]:
        """Read all pages of what has changed; returns the numbers."""
        numbers: list[str] = []
        query: dict[str, Any] = {"limit": 3}
        if self.since:
            query["updated_since"] = self.since
        while True:
            page = Program().get(f"{PATH}?{urlencode(query)}").json
            for one in page["applications"]:
                numbers.append(one["number"])
                self.heard[one["number"]] = one["due_at"]
            if page["next"] is None:
                self.since = page["complete_until"]
                return numbers
            query["cursor"] = page["next"]


@contextmanager
def elsewhere() -> Iterator[threading.Event]:
    """Move the first case in another session; it commits when the event is set, or at the end."""
    number = Application.objects.order_by("id").values_list("number", flat=True)[0]
    written, go = threading.Event(), threading.Event()

    def write() -> None:
        try:
            with transaction.atomic():
                move(number, 1)
                written.set()
                go.wait(20)
        finally:
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    assert written.wait(20)
    try:
        yield go
    finally:
        go.set()
        writer.join()


def move(number: str, days: int) -> None:
    """Change what programs are shown of a case, as a new calendar of the city does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE approvals_application SET due_at = due_at + %s WHERE number = %s",
            [dt.timedelta(days=days), number],
        )


@pytest.fixture
def hall(furnished_committed: None) -> list[str]:
    """The numbers of ten cases of the service hall, undecided."""
    made = []
    window = Program()
    for _ in range(10):
        made.append(window.post(another_body()).json["number"])
    return made


def test_what_commits_late_is_heard_of_though_others_were_heard_before(hall: list[str]) -> None:
    poller = Poller()
    assert sorted(poller.poll()) == sorted(hall)
    with elsewhere() as commit:
        move(hall[1], 1)  # begun later, there at once
        assert poller.poll() == [], "nothing is complete while a case may still change"
        commit.set()
    assert poller.poll() == [hall[0], hall[1]], "in the order of their writing"
    assert poller.poll() == []


def test_the_clock_alone_would_miss_it(hall: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the test above would notice."""
    monkeypatch.setattr(cases, "complete_until", now)
    poller = Poller()
    poller.poll()
    with elsewhere() as commit:
        move(hall[1], 1)
        assert poller.poll() == [hall[1]]
        commit.set()
    assert poller.poll() == [], "it was written before, and is never heard of"


def test_a_program_that_polls_beside_many_writers_misses_nothing(hall: list[str]) -> None:
    end = threading.Event()

    def write(seed: int) -> None:
        draw = random.Random(seed)
        try:
            while not end.is_set():
                with transaction.atomic():
                    for number in sorted(draw.sample(hall, draw.randint(1, 3))):
                        move(number, draw.choice((1, 2)))
                        end.wait(draw.random() / 100)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(6)]
    for one in writers:
        one.start()
    poller, heard, polls = Poller(), 0, 0
    try:
        deadline = time.monotonic() + 60  # writers need not get far beside sixty quick polls
        while heard <= 2 * len(hall) or polls < 60:
            heard, polls = heard + len(poller.poll()), polls + 1
            assert time.monotonic() < deadline, "changes came meanwhile"
    finally:
        end.set()
        for one in writers:
            one.join()
    poller.poll()
    due = dict(Application.objects.values_list("number", "due_at"))
    assert poller.heard == {number: instant(at) for number, at in due.items()}
