"""Several tables in one statement: all of it or none, and a conflict is still a conflict."""

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

import bulk
from exchange.models import Endpoint, Partner
from ledger import identifiers
from people.models import Region
from services.models import Service


def partner(code: str, **values: object) -> Partner:
    return bulk.new(Partner, code=code, **values)


def region(code: str) -> Region:
    return bulk.new(Region, code=code, name_zh="区", name_en="district")


def test_what_is_put_into_a_batch_is_one_statement(db: None) -> None:
    batch = bulk.Batch()
    with CaptureQueriesContext(connection) as queries:
        assert batch.insert(Partner, [partner("a"), partner("b")]) == 2
        batch.insert(Region, [region("440301")])
        batch.insert(Partner, [partner("c")])
        assert not Partner.objects.filter(code="a").exists()
        batch.write()
    assert len(queries) == 2  # the look before, and the writing
    assert Partner.objects.count() == 3 and Region.objects.filter(code="440301").exists()


def test_an_update_joins_the_inserts_and_counts_its_rows(db: None) -> None:
    first = partner("a", name_zh="旧")
    bulk.insert(Partner, [first])
    first.name_zh = "新"
    batch = bulk.Batch()
    with CaptureQueriesContext(connection) as queries:
        batch.update(Partner, [first], ["name_zh"], old={"active": [True]})
        batch.insert(Region, [region("440302")])
        batch.write()
    assert len(queries) == 1
    assert Partner.objects.get().name_zh == "新"


def test_a_row_that_somebody_moved_undoes_the_whole_batch(db: None) -> None:
    first = partner("a")
    bulk.insert(Partner, [first])
    batch = bulk.Batch()
    batch.insert(Region, [region("440303")])
    batch.update(Partner, [first], ["name_zh"], old={"active": [False]})
    with pytest.raises(bulk.Conflict, match="0 of 1"), transaction.atomic():
        batch.write()
    assert not Region.objects.filter(code="440303").exists()


def test_a_model_is_updated_once_a_batch(db: None) -> None:
    """PostgreSQL changes a row once a statement, and does not say which of two changes it did."""
    first = partner("a")
    bulk.insert(Partner, [first])
    batch = bulk.Batch()
    batch.update(Partner, [first], ["name_zh"])
    with pytest.raises(TypeError, match="one update of Partner"):
        batch.update(Partner, [first], ["name_en"])


def test_a_batch_that_is_not_written_leaves_nothing(db: None) -> None:
    done = []
    batch = bulk.Batch()
    batch.insert(Region, [region("440304")])
    batch.on_commit(lambda: done.append(1))
    bulk.insert(Region, [region("440305")])  # at once, beside it
    assert [r.code for r in Region.objects.filter(code__startswith="44030")] == ["440305"]
    assert not done


@pytest.mark.parametrize("immediate", [False, True])
def test_what_follows_the_commit_waits_for_it_and_is_left_out_without(
    committed: None, immediate: bool
) -> None:
    done: list[str] = []

    def write(code: str) -> None:
        writer = bulk.IMMEDIATE if immediate else bulk.Batch()
        writer.insert(Partner, [partner(code)])
        writer.on_commit(lambda: done.append(code))
        if isinstance(writer, bulk.Batch):
            writer.write()

    with transaction.atomic():
        write("inside")
        assert not done
    assert done == ["inside"]
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write("undone")
        raise ZeroDivisionError
    write("alone")
    assert done == ["inside", "alone"]


def test_once_means_all_or_nothing(db: None) -> None:
    assert bulk.insert_once(partner("a"), [region("440306")], [], [bulk.new(Service, code="s")])
    assert not bulk.insert_once(partner("a", name_zh="二"), [region("440307")])
    assert Partner.objects.get().name_zh == "" and Service.objects.filter(code="s").exists()
    assert not Region.objects.filter(code="440307").exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert_once(partner("b"), [region("440306")])  # the key is free, the row is not
    assert not Partner.objects.filter(code="b").exists()


def test_once_needs_its_condition_to_hold(db: None) -> None:
    there = bulk.Condition("EXISTS (SELECT FROM people_region WHERE code = %s)", ("440308",))
    assert not bulk.insert_once(partner("a"), [region("440309")], when=there)
    assert not Partner.objects.exists() and not Region.objects.filter(code="440309").exists()
    bulk.insert(Region, [region("440308")])
    assert bulk.insert_once(partner("a"), [region("440309")], when=there)
    assert Partner.objects.exists() and Region.objects.filter(code="440309").exists()


def test_rows_are_read_as_the_orm_reads_them(db: None, now: dt.datetime) -> None:
    kept = partner("a", services=["x", {"y": None}], token_hash=bytes(32))
    bulk.insert(Partner, [kept])
    endpoint = bulk.new(
        Endpoint,
        id=identifiers.uuid7(),
        partner_id="a",
        url="https://a.example/",
        created_at=now,
        paused_until=now,
    )
    bulk.insert(Endpoint, [endpoint])
    everything = "SELECT {columns} FROM exchange_endpoint t"
    assert [vars(one) | {"_state": 0} for one in bulk.read(Endpoint, everything, [])] == [
        vars(one) | {"_state": 0} for one in Endpoint.objects.all()
    ]
    statement = "SELECT {columns}, 1 + 1 FROM exchange_partner t WHERE t.code = %s"
    (fast,) = bulk.read(Partner, statement, ["a"], also=["two"])
    plain = Partner.objects.get()
    assert fast == plain and fast.__dict__["two"] == 2 and not fast._state.adding
    for field in Partner._meta.concrete_fields:
        given = getattr(fast, field.attname)
        given = bytes(given) if isinstance(given, memoryview) else given
        wanted = getattr(plain, field.attname)
        assert given == (bytes(wanted) if isinstance(wanted, memoryview) else wanted), field.name
    fast.name_zh = "改"
    fast.save()
    assert Partner.objects.get().name_zh == "改"


def test_ten_thousand_identifiers_differ_and_stand_in_the_order_of_time() -> None:
    made = [identifiers.uuid7() for _ in range(10_000)]
    assert len(set(made)) == 10_000
    assert {u.version for u in made} == {7} and {u.variant for u in made} == {uuid.RFC_4122}
    moments = [u.int >> 80 for u in made]
    assert moments == sorted(moments)
