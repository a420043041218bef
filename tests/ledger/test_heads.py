"""Tree heads as they are made, exported and proved."""

import datetime as dt
import threading
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

import bulk
from ledger import canonical, heads, keys, merkle, signatures
from ledger.models import Event, Leaf, TreeHead, Unsequenced
from services.models import Service
from tests.ledger.conftest import add

KEYS = len(keys.SIGNING)  # events: one a published key


def made(now: dt.datetime, count: int = 5) -> Service:
    service = Service(code="a")
    bulk.insert(Service, [service])
    for n in range(count):
        add(service, f"step{n}", now)
    return service


def test_every_event_gets_one_place_under_a_signed_head(keys: None, now: dt.datetime) -> None:
    made(now)
    assert Unsequenced.objects.count() == KEYS + 5
    head = heads.sequence(now)
    assert head is not None and head.size == KEYS + 5
    assert heads.sequence(now) is None and not Unsequenced.objects.exists()
    hashes = Leaf.objects.order_by("position").values_list("event__hash", flat=True)
    assert bytes(head.root) == merkle.root([merkle.leaf(bytes(h)) for h in hashes])
    data = b'{"at":"%s","root":"%s","size":"%d","type":"miaopi-tree-head"}' % (
        b"2026-03-02T02:00:00.000000Z",
        bytes(head.root).hex().encode(),
        KEYS + 5,
    )
    assert signatures.verify(head.kid, head.algorithm, data, head.signature, purpose="head")


def test_heads_grow_from_the_last_one_whatever_the_portions(keys: None, now: dt.datetime) -> None:
    made(now, 9)
    sizes = []
    while (head := heads.sequence(now, limit=3)) is not None:
        sizes.append(head.size)
    assert sizes == [*range(3, KEYS + 9, 3), KEYS + 9]
    hashes = Leaf.objects.order_by("position").values_list("event__hash", flat=True)
    leaves = [merkle.leaf(bytes(h)) for h in hashes]
    for stored in TreeHead.objects.all():
        assert bytes(stored.root) == merkle.root(leaves[: stored.size])


def test_two_sequencers_at_once_leave_no_gap_and_no_double(
    real_keys: None, now: dt.datetime
) -> None:
    made(now, 60 - KEYS)
    errors: list[str] = []

    def work() -> None:
        try:
            while Unsequenced.objects.exists():
                heads.sequence(now, limit=4)
        except Exception as error:
            errors.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert list(Leaf.objects.order_by("position").values_list("position", flat=True)) == list(
        range(60)
    )
    assert Leaf.objects.values("event").distinct().count() == 60


def test_an_event_of_a_transaction_that_commits_late_is_not_passed_over(
    real_keys: None, now: dt.datetime
) -> None:
    """Its id is older than those already in the tree."""
    slow, quick = Service(code="s"), Service(code="q")
    bulk.insert(Service, [slow, quick])
    written, go_on = threading.Event(), threading.Event()

    def late() -> None:
        from django.db import transaction

        try:
            with transaction.atomic():
                add(slow, "slow", now)
                written.set()
                go_on.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    assert written.wait(10)
    add(quick, "quick", now)
    first = heads.sequence(now)
    go_on.set()
    thread.join()
    second = heads.sequence(now)
    assert first is not None and second is not None
    assert (first.size, second.size) == (KEYS + 1, KEYS + 2)


def test_exporting_appends_what_is_new_and_reads_back(
    real_keys: None, now: dt.datetime, tmp_path: Path
) -> None:
    service, path = made(now), tmp_path / "heads.jsonl"
    assert heads.export(path) == 0 and not path.exists()
    heads.sequence(now)
    assert (heads.export(path), heads.export(path)) == (KEYS + 5, 0)
    add(service, "more", now)
    heads.sequence(now)
    assert heads.export(path) == 1
    lines = list(heads.read(path))
    assert [line.size for line in lines] == [KEYS + 5, KEYS + 6] and all(
        line.verify() for line in lines
    )
    stored = Event.objects.order_by("leaf__position").values_list("hash", flat=True)
    assert b"".join(line.added for line in lines) == b"".join(bytes(h) for h in stored)


def test_the_proof_of_one_event_holds_without_the_database(
    keys: None, now: dt.datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    made(now, 11)
    heads.sequence(now)
    call_command("heads", "prove", "service:a", "4")
    proof = canonical.loads(capsys.readouterr().out.strip())
    leaf = merkle.leaf(bytes(Event.objects.get(subject="service:a", seq=4).hash))
    path = [bytes.fromhex(item) for item in proof["path"]]
    root = bytes.fromhex(proof["root"])
    assert merkle.verify_inclusion(leaf, int(proof["position"]), int(proof["size"]), path, root)
    with pytest.raises(CommandError, match="no such event"):
        call_command("heads", "prove", "service:a", "12")


def test_the_commands_sequence_export_and_gather(
    keys: None, now: dt.datetime, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made(now)
    Unsequenced.objects.all().delete()
    call_command("heads", "gather")
    call_command("heads", "sequence")
    call_command("heads", "sequence")
    path = tmp_path / "h"
    call_command("heads", "export", str(path))
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"{KEYS + 5} events queued",
        f"signed: tree of {KEYS + 5} events",
        "nothing new",
        f"{path}: {KEYS + 5} events added",
    ]
    path.write_text("something else\n")
    with pytest.raises(CommandError, match="no exported heads"):
        call_command("heads", "export", str(path))
