"""The demo agency: its own process and keys; answers each question once over our webhook."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import bulk
from exchange import inbox, outbox, partners, webhook_client
from exchange.models import Message, Notice
from ledger import clock
from tests import endpoints
from tests.exchange.receiver import Receiver


@pytest.fixture
def site(keys: None) -> Iterator[Receiver]:
    """Where the agency believes that our webhook is."""
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def colleague(site: Receiver, settings: Any, tmp_path: Path) -> Iterator[Callable[..., None]]:
    settings.KEYS_DIR = Path(settings.KEYS_DIR)
    running: list[subprocess.Popen[str]] = []
    partners.make(clock.now())

    def begin(*arguments: str) -> None:
        command = [sys.executable, "manage.py", "partner", "serve", "food", *arguments]
        address = site.url.removesuffix("/hook")
        env = {**os.environ, "DATABASE_URL": "postgresql://nobody@/none?host=/nowhere"}
        process = subprocess.Popen(
            [*command, "--site", address], stdout=subprocess.PIPE, text=True, env=env
        )
        running.append(process)
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        endpoints.listen("food", url)

    yield begin
    for process in running:
        process.terminate()
        process.wait(5)
        assert process.stdout is not None
        process.stdout.close()


def ask_for_approval(number: str) -> None:
    data = {"application": number, "item": "food_permit"}
    owed = outbox.notice("food", "approval.requested", f"application:{number}", data, clock.now())
    bulk.insert(Notice, [owed])
    assert endpoints.deliver("food") == 1


def wait_for(site: Receiver, count: int, seconds: float = 5.0) -> None:
    ends = time.monotonic() + seconds
    while len(site.got) < count and time.monotonic() < ends:
        time.sleep(0.02)


@pytest.mark.parametrize(("behaviour", "granted"), [("grant", True), ("deny", False)])
def test_it_answers_what_it_is_asked_in_a_message_that_we_take(
    colleague: Callable[..., None], site: Receiver, behaviour: str, granted: bool
) -> None:
    colleague("--answer", behaviour)
    ask_for_approval("ST1")
    wait_for(site, 1)
    [got] = site.got
    message = inbox.accept("food", got.headers, got.body, clock.now())
    body = json.loads(message.body)
    assert body["type"] == "approval.answered"
    assert (body["data"]["application"], body["data"]["item"]) == ("ST1", "food_permit")
    assert body["data"]["granted"] is granted
    assert Message.objects.count() == 1


def test_it_repeats_an_answer_that_we_could_not_take_with_the_same_id(
    colleague: Callable[..., None], site: Receiver
) -> None:
    site.answer = lambda got, n: (503 if n < 3 else 204, {})
    colleague()
    ask_for_approval("ST2")
    wait_for(site, 3)
    assert len(site.got) == 3
    assert len({got.message_id for got in site.got}) == 1


def test_one_that_never_answers_takes_the_question_all_the_same(
    colleague: Callable[..., None], site: Receiver
) -> None:
    colleague("--answer", "never")
    ask_for_approval("ST3")
    time.sleep(0.3)
    assert site.got == []


def test_it_takes_nothing_that_we_did_not_sign(
    colleague: Callable[..., None], site: Receiver
) -> None:
    colleague()
    url = endpoints.of("food").url
    secret = json.loads(partners.credentials_file("food").read_text())["inbound_secret"]
    message = {"type": "approval.requested", "data": {"application": "ST4", "item": "x"}}
    status, _ = webhook_client.send(url, secret, message, at=clock.now())
    assert status == 401
    time.sleep(0.2)
    assert site.got == []


def test_making_partners_again_changes_no_key(keys: None) -> None:
    first = partners.make(clock.now())
    assert {c.code for c in first} >= {"food", "culture", "police", "window"}
    assert partners.make(clock.now()) == []
    window = next(c for c in first if c.code == "window")
    found = partners.by_token(window.token)
    assert found is not None and found.code == "window"
    assert partners.by_token(window.token + "x") is None
    assert window.token not in repr(window)
    file = partners.credentials_file("window")
    assert json.loads(file.read_text())["token"] == window.token
    assert file.stat().st_mode & 0o777 == 0o600
