"""The one way to write rows: what goes in comes out as Django would have it."""

import datetime as dt
import uuid

import pytest
from django.db import DataError, IntegrityError, transaction

import bulk
from approvals.rows.desk import Absence
from exchange.models import Lookup, Partner
from ledger import events
from ledger.models import Event
from people.models import Region, User
from services.models import Edition, Service
from tests.factories import UserFactory

WORDS = '张三 𠮷 O\'Brien "x" \\n \\\\x00 %s %% \n\t{}'


def lookup(now: dt.datetime, **changed: object) -> Lookup:
    return bulk.new(
        Lookup,
        **{
            "registry": "education",
            "subject": "a" * 32,
            "fields": "name,level",
            "by": "machine:engine",
            "purpose": WORDS,
            "basis": "law",
            "outcome": "found",
            "at": now,
            **changed,
        },
    )


def test_rows_come_back_as_they_went_in(db: None, now: dt.datetime) -> None:
    east = now.astimezone(dt.timezone(dt.timedelta(hours=8)))
    made = [lookup(now), lookup(east, milliseconds=7, case="GS1")]
    assert bulk.insert(Lookup, made) == 2
    for wanted in made:
        stored = Lookup.objects.get(pk=wanted.pk)
        for field in Lookup._meta.concrete_fields:
            assert getattr(stored, field.attname) == getattr(wanted, field.attname), field.name


def test_binary_json_and_null_come_back_too(db: None, now: dt.datetime) -> None:
    services = ["*", {"deep": [1, None, True, WORDS]}, []]
    made = [
        Partner(
            code="a", name_zh="甲", name_en="A", services=services, token_hash=bytes(range(32))
        ),
        Partner(code="b", name_zh="乙", name_en="B", token_hash=b"\\x00'\xff"),
        Partner(code="c", name_zh="丙", name_en="C", token_hash=memoryview(b"")),
        Partner(code="d", name_zh="丁", name_en="D"),
    ]
    bulk.insert(Partner, made)
    a, b, c, d = Partner.objects.order_by("code")
    assert a.services == services and bytes(a.token_hash) == bytes(range(32))
    assert bytes(b.token_hash) == b"\\x00'\xff" and b.services == []
    assert bytes(c.token_hash) == b"" and d.token_hash is None


def test_foreign_keys_dates_and_truth_values(db: None, now: dt.datetime) -> None:
    service, officer = Service(code="s", enabled=False), UserFactory(clerk=True)
    away = bulk.new(
        Absence,
        officer_id=officer.pk,
        until=dt.date(2024, 2, 29),
        marked_by_id=officer.pk,
        marked_at=now,
        ended_by_id=None,
    )
    bulk.insert(Service, [service])
    bulk.insert(Absence, [away])
    stored = Absence.objects.select_related("officer").get()
    assert (stored.officer, stored.until, stored.ended_by) == (officer, dt.date(2024, 2, 29), None)
    assert Service.objects.get(code="s").enabled is False


def test_new_makes_what_the_constructor_makes(now: dt.datetime) -> None:
    values = {"subject": "x:1", "seq": 1, "kind": "made", "by": "x", "at": now, "hash": b"1"}
    plain, fast = Event(**values), bulk.new(Event, **values)
    for field in Event._meta.concrete_fields:
        if field.name != "id":
            assert getattr(plain, field.attname) == getattr(fast, field.attname)
    assert isinstance(fast.id, uuid.UUID) and fast.id != bulk.new(Event, **values).id
    assert fast._state.adding and fast._state.db is None
    a, b = bulk.new(Partner, code="a"), bulk.new(Partner, code="b")
    a.services.append("x")
    assert b.services == []


def test_a_name_that_is_no_column_is_an_error(now: dt.datetime) -> None:
    with pytest.raises(TypeError, match="typo"):
        bulk.new(Event, typo=1)
    with pytest.raises(TypeError, match="service"):
        bulk.new(Edition, service=Service(code="s"))


def test_fields_of_many_rows_change_at_once_and_only_those(db: None) -> None:
    regions = [Region(code=f"44030{n}", name_zh="旧", name_en="old") for n in range(5)]
    bulk.insert(Region, regions)
    for region in regions:
        region.name_zh, region.name_en = f"新{region.code}", "not written"
        region.parent_id = "440300"
    bulk.update(Region, regions, ["name_zh", "parent"])
    for region in Region.objects.all():
        assert (region.name_zh, region.name_en) == (f"新{region.code}", "old")
        assert region.parent_id == "440300"


def test_a_row_that_somebody_moved_first_is_a_conflict(db: None) -> None:
    partners = [Partner(code="a"), Partner(code="b")]
    bulk.insert(Partner, partners)
    Partner.objects.filter(code="b").update(name_zh="别人", active=False)
    for partner in partners:
        partner.name_zh = "我们"
    with pytest.raises(bulk.Conflict, match="1 of 2"), transaction.atomic():
        bulk.update(Partner, partners, ["name_zh"], old={"active": [True, True]})
    assert Partner.objects.get(code="b").name_zh == "别人"
    bulk.update(Partner, partners, ["name_zh"], old={"active": [True, False]})
    assert set(Partner.objects.values_list("name_zh", flat=True)) == {"我们"}


def test_nothing_yet_is_an_old_value_like_any_other(db: None) -> None:
    partner = Partner(code="a")
    bulk.insert(Partner, [partner])
    partner.token_hash = b"1" * 32
    bulk.update(Partner, [partner], ["token_hash"], old={"token_hash": [None]})
    with pytest.raises(bulk.Conflict), transaction.atomic():
        bulk.update(Partner, [partner], ["token_hash"], old={"token_hash": [None]})


def test_an_old_value_for_each_row_or_an_error(db: None) -> None:
    services = [Service(code="a"), Service(code="b")]
    bulk.insert(Service, services)
    with pytest.raises(ValueError, match="zip"):
        bulk.update(Service, services, ["enabled"], old={"enabled": [True]})


def test_no_objects_no_statement(
    db: None, django_assert_num_queries: object, now: dt.datetime
) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert bulk.insert(Service, []) == 0
        bulk.update(Service, [], ["enabled"])
    with django_assert_num_queries(1):  # type: ignore[operator]
        bulk.insert(Lookup, [lookup(now) for _ in range(50)])


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"at": dt.datetime(2026, 1, 1)}, ValueError),  # no zone
        ({"reason": "x" * 81}, DataError),
        ({"purpose": "a\x00b"}, DataError),
        ({"purpose": "\ud800"}, TypeError),
        ({"purpose": b"bytes"}, TypeError),
        ({"purpose": {1, 2}}, TypeError),
        ({"milliseconds": -1}, IntegrityError),
        ({"milliseconds": 10**12}, DataError),
        ({"milliseconds": "many"}, DataError),
        ({"outcome": None}, IntegrityError),
    ],
)
def test_what_does_not_fit_its_column_is_refused_and_nothing_written(
    changed: dict[str, object], error: type[Exception], db: None, now: dt.datetime
) -> None:
    with pytest.raises(error), transaction.atomic():
        bulk.insert(Lookup, [lookup(now), lookup(now, **changed)])
    assert not Lookup.objects.exists()


def test_enumerations_are_written_as_their_values(db: None) -> None:
    bulk.insert(User, [bulk.new(User, id=1, username="li", role=User.Role.CITIZEN)])
    assert User.objects.get().role == "citizen"


def test_an_event_is_chained_to_the_one_before_and_hashed_with_it(now: dt.datetime) -> None:
    """The hash recomputed here from the documented form alone."""
    import hashlib
    import json

    service = Service(code="a")
    first = events.append(service, "service:a", "made", by="officer:李", now=now, after="on")
    second = events.append(
        service, "service:a", "off", by="x", now=now, before="on", data={"b": ""}
    )
    assert (service.events, service.head) == (2, second.hash)
    assert (first.seq, first.previous, second.seq, second.previous) == (1, None, 2, first.hash)
    document = {
        "after": "on",
        "at": "2026-03-02T02:00:00.000000Z",
        "before": "",
        "by": "officer:李",
        "data": "{}",
        "kind": "made",
        "previous": "",
        "seq": "1",
        "subject": "service:a",
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).digest() == first.hash
