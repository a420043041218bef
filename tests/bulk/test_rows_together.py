"""Several tables in one statement: all of it or none, and a conflict is still a conflict."""

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from bulk import rows
from exchange.models import Partner
from ledger import identifiers
from people.models import Region
from services.models import Service


def partner(code: str, **values: object) -> Partner:
    return rows.new(Partner, code=code, **values)


def region(code: str) -> Region:
    return rows.new(Region, code=code, name_zh="区", name_en="district")


def test_what_is_inserted_within_a_block_is_one_statement(db: None) -> None:
    with CaptureQueriesContext(connection) as asked, rows.together():
        assert rows.insert(Partner, [partner("a"), partner("b")]) == 2
        rows.insert(Region, [region("440301")])
        rows.insert(Partner, [partner("c")])
        assert not Partner.objects.filter(code="a").exists()
    assert len(asked) == 2  # the look within the block, and the writing
    assert Partner.objects.count() == 3 and Region.objects.filter(code="440301").exists()


def test_a_last_update_joins_the_inserts_and_counts_its_rows(db: None) -> None:
    first = partner("a", name_zh="旧")
    rows.insert(Partner, [first])
    first.name_zh = "新"
    with CaptureQueriesContext(connection) as asked, rows.together():
        rows.update(Partner, [first], ["name_zh"], old={"active": [True]}, last=True)
        rows.insert(Region, [region("440302")])
    assert len(asked) == 1
    assert Partner.objects.get().name_zh == "新"


def test_a_row_that_somebody_moved_ends_the_whole_block(db: None) -> None:
    first = partner("a")
    rows.insert(Partner, [first])
    with pytest.raises(rows.Conflict, match="0 of 1"), transaction.atomic(), rows.together():
        rows.insert(Region, [region("440303")])
        rows.update(Partner, [first], ["name_zh"], old={"active": [False]}, last=True)
    assert not Region.objects.filter(code="440303").exists()


def test_an_error_within_a_block_writes_nothing_and_leaves_no_block_behind(db: None) -> None:
    with pytest.raises(ZeroDivisionError), rows.together():
        rows.insert(Region, [region("440304")])
        raise ZeroDivisionError
    assert not Region.objects.filter(code="440304").exists()
    rows.insert(Region, [region("440305")])  # at once again
    assert Region.objects.filter(code="440305").exists()


def test_once_means_all_or_nothing(db: None) -> None:
    assert rows.insert_once(partner("a"), [region("440306")], [], [rows.new(Service, code="s")])
    assert not rows.insert_once(partner("a", name_zh="二"), [region("440307")])
    assert Partner.objects.get().name_zh == "" and Service.objects.filter(code="s").exists()
    assert not Region.objects.filter(code="440307").exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.insert_once(partner("b"), [region("440306")])  # the key is free, the row is not
    assert not Partner.objects.filter(code="b").exists()


def test_once_needs_its_condition_to_hold(db: None) -> None:
    there = rows.Condition("EXISTS (SELECT FROM people_region WHERE code = %s)", ("440308",))
    assert not rows.insert_once(partner("a"), [region("440309")], when=there)
    assert not Partner.objects.exists() and not Region.objects.filter(code="440309").exists()
    rows.insert(Region, [region("440308")])
    assert rows.insert_once(partner("a"), [region("440309")], when=there)
    assert Partner.objects.exists() and Region.objects.filter(code="440309").exists()


def test_rows_are_read_as_the_orm_reads_them(db: None, now: dt.datetime) -> None:
    kept = partner("a", services=["x", {"y": None}], token_hash=bytes(32), quiet_until=now)
    rows.insert(Partner, [kept])
    statement = "SELECT {columns}, 1 + 1 FROM exchange_partner t WHERE t.code = %s"
    (fast,) = rows.read(Partner, statement, ["a"], also=["two"])
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
