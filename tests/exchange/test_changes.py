"""The queue of changed records: nothing is lost, nothing unchanged counts, one row a record."""

import datetime as dt
import json

import psycopg
import pytest
from django.db import connection

from demo.city import City
from demo.seeding import load
from exchange import changes
from exchange.models import Lookup, Record
from ledger.clock import now

pytestmark = pytest.mark.usefixtures("committed")
A, B, C = (sign * 32 for sign in "abc")


def look_up(*subjects, registry="population", case="GS1", at=None):
    for subject in subjects:
        Lookup.objects.create(
            registry=registry,
            subject=subject,
            fields="alive",
            by="machine:engine",
            purpose="p",
            case=case,
            basis="b",
            outcome="found",
            at=at or now(),
        )


def write(subject, data, registry="population", into="exchange_record"):
    """As a loader does: an upsert whose update may well change nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {into} AS r (subject, registry, version, data, updated_at)"
            " VALUES (%s, %s, 1, %s, now()) ON CONFLICT (subject, registry) DO UPDATE"
            " SET data = EXCLUDED.data, version = r.version + 1",
            [subject, registry, json.dumps(data)],
        )


def queued():
    with connection.cursor() as cursor:
        cursor.execute("SELECT registry, subject FROM exchange_change ORDER BY 1, 2")
        return cursor.fetchall()


def take(limit=100, at=None):
    return changes.take(now=at or now(), limit=limit)


def names(taken):
    return sorted((c.registry, c.subject) for c in taken)


@pytest.fixture
def read():
    """Three records of the store, each read for a case; the queue is empty."""
    for subject in (A, B, C):
        write(subject, {"alive": True})
    look_up(A, B, C)
    assert queued() == []


def test_filling_a_store_that_nobody_ever_asked_queues_nothing():
    load(City(persons=50, enterprises=5), now=now())
    assert Record.objects.count() > 50 and queued() == []


def test_only_what_really_changed_is_queued(read):
    write(A, {"alive": True})
    assert queued() == []
    write(A, {"alive": False})
    assert queued() == [("population", A)]


def test_a_second_load_queues_exactly_what_it_changed():
    city = City(persons=50, enterprises=5)
    load(city, now=now())
    subjects = Record.objects.filter(registry="population").order_by("subject")
    chosen = subjects.values_list("subject", flat=True)[0]
    look_up(*subjects.values_list("subject", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE exchange_record SET data = '{}' WHERE subject = %s AND registry = 'population'",
            [chosen],
        )
    changes.done(take())
    assert load(city, now=now()) == 1
    assert queued() == [("population", chosen)]


@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET registry = 'social'"])
def test_a_record_that_goes_or_becomes_another_is_a_change(read, statement):
    with connection.cursor() as cursor:
        cursor.execute(statement.format("exchange_record") + " WHERE subject = %s", [A])
    assert ("population", A) in queued()


def test_a_record_that_appears_is_a_change_for_whoever_found_none(read):
    look_up(A, registry="social")
    write(A, {"months": "3"}, registry="social")
    assert names(take()) == [("social", A)]


def test_whoever_writes_a_partition_by_its_name_is_heard_too(read):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass FROM exchange_record WHERE subject = %s", [B])
        (place,) = cursor.fetchone()
        assert place != "exchange_record"
        cursor.execute(f"UPDATE {place} SET data = '{{}}' WHERE subject = %s", [B])
    assert names(take()) == [("population", B)]


def test_what_nobody_looked_up_for_a_case_is_dropped(read):
    stranger = "d" * 32
    look_up(stranger, case="")
    write(stranger, {"alive": False})
    write(A, {"alive": False})
    assert len(queued()) == 2
    assert names(take()) == [("population", A)]
    assert queued() == [("population", A)]


def test_many_changes_of_one_record_are_one(read):
    for n in range(5):
        write(A, {"n": str(n)})
    assert names(take()) == [("population", A)]
    assert take() == []


def test_a_change_that_comes_while_one_is_looked_after_is_not_lost(read):
    write(A, {"n": "1"})
    first = take()
    write(A, {"n": "2"})
    changes.done(first)
    (second,) = take()
    assert second.turn > first[0].turn
    changes.done([second])
    assert queued() == []


def test_a_worker_that_dies_leaves_its_changes_to_the_next_one_at_a_time(read):
    for subject in (A, B):
        write(subject, {"n": "1"})
    assert len(take()) == 2
    assert take() == []
    after = now() + changes.LEASE + dt.timedelta(seconds=1)
    write(C, {"n": "1"})
    assert names(take(at=after)) == [("population", C)]  # the fresh first
    again = take(at=after)
    assert (len(again), again[0].attempts) == (1, 2)
    assert len(take(at=after)) == 1
    assert take(at=after) == []


def test_later_and_failed_come_again_in_their_time(read):
    write(A, {"n": "1"})
    write(B, {"n": "1"})
    one, other = take()
    moment = now()
    changes.postpone([one], moment + dt.timedelta(seconds=30))
    changes.failed([other], moment)
    assert take() == []
    assert not changes.due(moment)
    (soon,) = take(at=moment + dt.timedelta(seconds=3))
    assert (soon.subject, soon.attempts) == (other.subject, 2)
    (late,) = take(at=moment + dt.timedelta(seconds=31))
    assert (late.subject, late.attempts) == (one.subject, 1)


def test_a_change_waits_for_readers_whose_transactions_have_not_ended(read):
    """One that began before the change may have read the old value and not yet said so."""
    with psycopg.connect(**connection.get_connection_params()) as reader:
        reader.execute("SELECT data FROM exchange_record WHERE subject = %s", [A])
        write(A, {"alive": False})
        assert take() == []
        assert changes.due(now())
        reader.commit()
        assert names(take()) == [("population", A)]


def test_a_change_that_is_undone_with_its_transaction_was_none(read):
    with psycopg.connect(**connection.get_connection_params()) as writer:
        writer.execute("UPDATE exchange_record SET data = '{}' WHERE subject = %s", [A])
        writer.rollback()
    assert queued() == []


def test_two_workers_share_the_queue(read):
    for subject in (A, B, C):
        write(subject, {"n": "1"})
    first, second = take(limit=2), take(limit=2)
    assert names([*first, *second]) == [("population", s) for s in (A, B, C)]


def test_an_agency_tells_of_its_own_registry_by_our_case_numbers(read):
    look_up(A, B, registry="education", case="GS7")
    look_up(C, registry="education", case="GS8")
    changes.report(partner="education", registry="education", cases=["GS7", "GS7", "nobody's"])
    assert names(take()) == [("education", A), ("education", B)]
    for partner, registry in (("food", "education"), ("education", "population"), ("x", "x")):
        with pytest.raises(changes.NotTheKeeper):
            changes.report(partner=partner, registry=registry, cases=["GS7"])
    changes.report(partner="education", registry="education", cases=["GS9"])
    assert len(queued()) == 2
