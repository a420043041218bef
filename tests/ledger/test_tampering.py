"""I9: nine edits by somebody who may do everything in the database; each is found and named."""

import datetime as dt
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

import bulk
from ledger import audit, canonical, events, heads, keys, merkle
from ledger.models import Event, Leaf, TreeHead
from services.models import Service
from tests.ledger.conftest import TABLE

Insider = psycopg.Connection[tuple[object, ...]]
KEYS = len(keys.SIGNING)  # events under the first head: one a published key


def found(exported: Path | None = None, now: dt.datetime | None = None) -> list[audit.Fault]:
    outside = heads.read(exported) if exported else ()
    return list(audit.faults(tables=[TABLE], exported=outside, now=now))


def edit_field(insider: Insider, subject: str, seq: int) -> None:
    insider.execute(
        "UPDATE ledger_event SET by = 'officer:x' WHERE subject = %s AND seq = %s", [subject, seq]
    )


def edit_data(insider: Insider, subject: str, seq: int) -> None:
    insider.execute(
        "UPDATE ledger_event SET data = replace(data, 'step', 'stop')"
        " WHERE subject = %s AND seq = %s",
        [subject, seq],
    )


def delete(insider: Insider, subject: str, seq: int) -> None:
    insider.execute("DELETE FROM ledger_event WHERE subject = %s AND seq = %s", [subject, seq])


def insert(insider: Insider, subject: str, seq: int) -> None:
    """One more event in the middle, with a right hash, and the later ones moved up."""
    for shift, above in ((100, seq - 1), (-99, 99)):
        insider.execute(
            "UPDATE ledger_event SET seq = seq + %s WHERE subject = %s AND seq > %s",
            [shift, subject, above],
        )
    before = Event.objects.get(subject=subject, seq=seq - 1)
    false = Event(subject=subject, seq=seq, kind="between", by="officer:x", at=before.at)
    false.previous = before.hash
    false.hash = events.digest(false)
    insider.execute(
        "INSERT INTO ledger_event (id, subject, seq, kind, before, after, by, at, data, previous,"
        " hash) VALUES (%s, %s, %s, %s, '', '', %s, %s, '{}', %s, %s)",
        [false.id, subject, seq, false.kind, false.by, false.at, before.hash, false.hash],
    )


def reorder(insider: Insider, subject: str, seq: int) -> None:
    for old, new in ((seq, 99), (seq + 1, seq), (99, seq + 1)):
        insider.execute(
            "UPDATE ledger_event SET seq = %s WHERE subject = %s AND seq = %s", [new, subject, old]
        )


def cut_off(insider: Insider, subject: str, seq: int) -> None:
    """Everybody's events from ``seq`` on, their leaves and heads, and the rows set back."""
    left = KEYS + 3 * (seq - 1)
    insider.execute("DELETE FROM ledger_leaf WHERE position >= %s", [left])
    insider.execute("DELETE FROM ledger_event WHERE seq >= %s AND subject LIKE 'service:%%'", [seq])
    insider.execute("DELETE FROM ledger_treehead WHERE size > %s", [left])
    set_back(insider)


def set_back(insider: Insider) -> None:
    insider.execute(
        "UPDATE services_service s SET events = e.seq, head = e.hash FROM ledger_event e"
        " WHERE e.subject = 'service:' || s.code AND e.seq ="
        " (SELECT max(seq) FROM ledger_event WHERE subject = e.subject)"
    )


def rewrite(insider: Insider, subject: str, seq: int) -> None:
    """A chain told anew from ``seq`` on, every hash right, the row's head too."""
    previous = None
    for event in Event.objects.filter(subject=subject).order_by("seq"):
        if event.seq == seq:
            event.data = canonical.dumps({"why": "a bribe"}).decode()
        if event.seq >= seq:
            event.previous = previous
            event.hash = events.digest(event)
            insider.execute(
                "UPDATE ledger_event SET data = %s, previous = %s, hash = %s WHERE id = %s",
                [event.data, event.previous, event.hash, event.id],
            )
        previous = event.hash
    set_back(insider)


def without_triggers(insider: Insider, subject: str, seq: int) -> None:
    insider.execute("SET session_replication_role = origin")
    insider.execute("ALTER TABLE ledger_event DISABLE TRIGGER ALL")
    insider.execute(
        "UPDATE ledger_event SET kind = 'other' WHERE subject = %s AND seq = %s", [subject, seq]
    )
    insider.execute("ALTER TABLE ledger_event ENABLE TRIGGER ALL")
    insider.execute("SET session_replication_role = replica")


def forge_heads(insider: Insider, subject: str, seq: int) -> None:
    """All of it: a chain told anew, and every head signed again with a key put among ours."""
    rewrite(insider, subject, seq)
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    kid = keys.thumbprint(public)
    insider.execute(
        "INSERT INTO ledger_publickey (kid, purpose, algorithm, public, active_from)"
        " VALUES (%s, 'head', 'Ed25519', %s, now())",
        [kid, public],
    )
    frontier: list[bytes] = []
    for leaf in Leaf.objects.order_by("position").select_related("event"):
        merkle.append(frontier, leaf.position, merkle.leaf(bytes(leaf.event.hash)))
        head = TreeHead.objects.filter(size=leaf.position + 1).first()
        if head:
            root = merkle.frontier_root(frontier)
            signature = private.sign(heads.statement(head.size, root, head.at))
            told = canonical.dumps([item.hex() for item in frontier]).decode()
            insider.execute(
                "UPDATE ledger_treehead SET root = %s, frontier = %s, kid = %s, signature = %s"
                " WHERE size = %s",
                [root, told, kid, signature, head.size],
            )


Edit = Callable[[Insider, str, int], None]
FIRST = {  # what the audit says first, when it was done to the third event of service b
    edit_field: "service:b #3: was edited",
    edit_data: "service:b #3: was edited",
    delete: "service:b #3: is missing",
    insert: "service:b #4: was edited",  # the false one is whole; the next no longer fits
    reorder: "service:b #3: was edited",
    cut_off: f"tree #{KEYS + 12}: the head of this size was exported, but is gone",
    rewrite: "service:b #3: is not the event that was exported as leaf {leaf}",
    without_triggers: "service:b #3: was edited",
    forge_heads: f"tree #{KEYS}: this head is forged",
}


@pytest.mark.parametrize("edit", FIRST)
def test_an_insiders_edit_is_found_and_the_first_bad_row_named(
    edit: Edit, history: Path, insider: Insider
) -> None:
    assert found(history) == []
    # Events of one millisecond stand in no fixed order in the tree.
    leaf = Leaf.objects.get(event__subject="service:b", event__seq=3).position
    edit(insider, "service:b", 3)
    faults = found(history)
    assert faults, "nothing was found"
    assert str(faults[0]).startswith(FIRST[edit].format(leaf=leaf)), faults


@pytest.fixture
def within(history: Path, insider: Insider) -> Iterator[Insider]:
    """Django's own connection as the superuser, so that an edit can be rolled back at once."""
    from django.db import connection

    role, connection.settings_dict["USER"] = connection.settings_dict["USER"], insider.info.user
    connection.close()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            yield cursor
    finally:
        connection.settings_dict["USER"] = role
        connection.close()


@pytest.mark.parametrize("edit", FIRST)
def test_edits_of_each_kind_are_all_found_and_named(
    edit: Edit, history: Path, within: Insider, pytestconfig: pytest.Config
) -> None:
    rng = random.Random(edit.__name__)
    missed = []
    for _ in range(100 if pytestconfig.getoption("--full") else 4):
        subject, seq = f"service:{rng.choice('abc')}", rng.randint(2, 5)
        with transaction.atomic():
            edit(within, subject, seq)
            named = {(f.subject, f.seq) for f in found(history)}
            transaction.set_rollback(True)
        wanted = (subject, seq) if edit is not cut_off else ("tree", KEYS + 18)
        if wanted not in named:
            missed.append((subject, seq, named))
    assert missed == []
    assert found(history) == []


def test_an_inserted_event_is_named_itself_because_no_tree_has_it(
    history: Path, insider: Insider
) -> None:
    insert(insider, "service:b", 3)
    assert any(f.subject == "service:b" and f.seq == 3 and "no tree" in f.what for f in found())


def test_a_rewritten_history_is_found_by_the_database_s_own_heads(
    history: Path, insider: Insider
) -> None:
    rewrite(insider, "service:b", 3)
    assert [str(f) for f in found()] == [
        f"tree #{KEYS + 9}: events under leaves {KEYS + 6} to {KEYS + 8} are not those signed for"
    ]


def test_forged_heads_are_found_and_the_rewritten_event_named(
    history: Path, insider: Insider
) -> None:
    forge_heads(insider, "service:b", 3)
    faults = found(history)
    forged = [f.seq for f in faults if "forged" in f.what]
    assert forged == [KEYS + 3 * n for n in range(7)]
    assert any(f.subject == "service:b" and f.seq == 3 for f in faults)


def test_a_cut_off_end_is_told_by_exported_heads_alone(history: Path, insider: Insider) -> None:
    cut_off(insider, "service:b", 6)
    assert found() == []  # what no one outside remembers cannot be missed
    assert f"{KEYS + 18} events were signed for, {KEYS + 15} left" in " ".join(
        map(str, found(history))
    )


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DELETE FROM ledger_leaf WHERE position = 4", "leaves 4 to 4 are missing"),
        (f"DELETE FROM ledger_treehead WHERE size = {KEYS + 18}", "3 leaves were added without"),
        (f"UPDATE ledger_treehead SET at = at + '1 s' WHERE size = {KEYS + 6}", "forged"),
        (
            f"UPDATE ledger_treehead SET frontier = '[]' WHERE size = {KEYS + 6}",
            "does not lead to its root",
        ),
        ("UPDATE services_service SET events = 5 WHERE code = 'a'", "the row counts 5 events"),
        ("UPDATE services_service SET head = NULL WHERE code = 'a'", "the row counts 6 events"),
    ],
)
def test_edits_beside_the_events_are_found_too(
    statement: str, says: str, history: Path, insider: Insider
) -> None:
    insider.execute(statement)
    assert says in " ".join(map(str, found()))


def test_an_event_that_waits_too_long_for_a_head_is_named(
    real_keys: None, now: dt.datetime, insider: Insider
) -> None:
    from tests.ledger.conftest import add

    service = Service(code="a")
    bulk.insert(Service, [service])
    add(service, "made", now)
    assert found(now=now) == []
    late = found(now=now + dt.timedelta(hours=1))
    named = [(f.subject, f.seq) for f in late if not f.subject.startswith("key:")]
    assert named == [("service:a", 1)]


def test_another_installations_file_is_not_believed(history: Path, insider: Insider) -> None:
    line: dict[str, Any] = canonical.loads(history.read_bytes().splitlines()[-1])
    line["root"] = "00" * 32
    history.write_bytes(canonical.dumps(line) + b"\n")
    assert "does not verify" in str(found(history)[0])
