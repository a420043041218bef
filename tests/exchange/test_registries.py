"""Asking the city's own store."""

import datetime as dt
import time
from collections.abc import Iterator

import orjson
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from demo import seeding
from demo.city import City
from exchange import records
from exchange.models import Lookup
from exchange.registries import Query, QueryNotAllowed, is_remote, query_registries
from people import identity
from people.actors import ENGINE
from tests.exchange.conftest import Registry

pytestmark = pytest.mark.usefixtures("keys")
BASIS = "深圳经济特区数据条例 §38"


def query(registry: str, number: str, *fields: str, case: str = "GS1") -> Query:
    return Query(
        case=case,
        registry=registry,
        subject=identity.index(number),
        number=number,
        fields=fields,
        purpose="落户",
        basis=BASIS,
    )


@pytest.fixture
def store(city: City, now: dt.datetime, keys: None) -> City:
    seeding.load(city, now=now)
    return city


def test_answers_come_in_the_order_of_the_wants_with_the_wanted_fields_only(
    store: City, now: dt.datetime
) -> None:
    people = [store.person(i) for i in (5, 1, 300)]
    queries = [
        query("population", people[0].number, "name", "hukou_city"),
        query("enterprise", people[1].number, "false_registration_until"),
        query("population", people[2].number, "born"),
        query("address", store.address(7).code, "use", "exists"),
        query("population", people[0].number, "name", "no_such_field"),
    ]
    answers = query_registries(queries, by=ENGINE, now=now)
    assert [a.outcome for a in answers] == ["found"] * 5
    assert [a.data for a in answers] == [
        {"name": people[0].name, "hukou_city": people[0].hukou_city},
        {"false_registration_until": None},
        {"born": people[2].born.isoformat()},
        {"use": store.address(7).use, "exists": store.address(7).exists},
        {"name": people[0].name},
    ]
    assert [a.subject for a in answers] == [w.subject for w in queries]
    assert {a.version for a in answers} == {"1"}


def test_nobody_in_the_registry_is_absent_and_not_failed(store: City, now: dt.datetime) -> None:
    [stranger] = query_registries(
        [query("population", "11010519491231002X", "name")], by=ENGINE, now=now
    )
    assert (stranger.outcome, stranger.data, stranger.reason) == ("absent", {}, "")


def test_every_read_leaves_a_lookup(store: City, now: dt.datetime) -> None:
    number = store.person(3).number
    queries = [
        query("population", number, "name", "born", case="GS2026-7"),
        query("social", "11010519491231002X", "months"),
    ]
    query_registries(queries, by=ENGINE, now=now)
    one, other = Lookup.objects.order_by("registry")
    assert (one.registry, one.subject, one.fields) == (
        "population",
        queries[0].subject,
        "name,born",
    )
    assert (one.by, one.purpose, one.case) == ("machine:engine", "落户", "GS2026-7")
    assert (one.basis, one.outcome, one.at) == (BASIS, "found", now)
    assert (other.registry, other.outcome) == ("social", "absent")
    assert number not in repr(list(Lookup.objects.values_list()))


def test_a_lookup_cannot_be_changed_or_removed(store: City, now: dt.datetime) -> None:
    query_registries([query("population", store.person(3).number, "name")], by=ENGINE, now=now)
    for change in (lambda: Lookup.objects.update(by="nobody"), Lookup.objects.all().delete):
        with pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic():
            change()


def test_one_statement_a_registry_and_one_for_the_lookups(store: City, now: dt.datetime) -> None:
    queries = [
        query(registry, store.person(i).number, "name")
        for i in range(50)
        for registry in ("population", "social", "enterprise")
    ]
    with CaptureQueriesContext(
        connection,
    ) as statements:
        query_registries(queries, by=ENGINE, now=now)
    assert len(statements) == 2  # one look into the store, one row of look-ups for all


def test_the_plan_reads_one_partition_a_subject(store: City, now: dt.datetime) -> None:
    from exchange.adapters.store import STATEMENT

    subjects = "{" + ",".join(identity.index(store.person(i).number) for i in range(8)) + "}"
    with connection.cursor() as cursor:
        registries = "{" + ",".join(["population"] * 8) + "}"
        cases = "{" + ",".join(['""'] * 8) + "}"
        cursor.execute("EXPLAIN (ANALYZE, COSTS OFF) " + STATEMENT, [subjects, registries, cases])
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = 'exchange_record'::regclass"
        )
        assert cursor.fetchone() == (8,)
    loops = [
        int(line.split("loops=")[1].split(")")[0])
        for line in plan.splitlines()
        if "exchange_record_" in line and "loops=" in line
    ]
    assert sum(loops) == 8, plan  # eight subjects, eight partitions, eight looks


def test_seeding_again_changes_nothing_and_a_changed_record_gets_its_next_version(
    store: City, now: dt.datetime
) -> None:
    assert seeding.load(store, now=now) == 0
    subject = identity.index(store.person(2).number)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE exchange_record SET data = '{}' WHERE subject = %s AND registry = 'population'",
            [subject],
        )
    assert seeding.load(store, now=now) == 1
    [answer] = query_registries(
        [query("population", store.person(2).number, "name")], by=ENGINE, now=now
    )
    assert (answer.version, answer.data) == ("2", {"name": store.person(2).name})


def test_other_agencies_are_not_asked_while_a_transaction_is_open(
    registry: Registry, city: City, now: dt.datetime
) -> None:
    assert is_remote("education") and not is_remote("population")
    with transaction.atomic(), pytest.raises(QueryNotAllowed, match="transaction"):
        query_registries([query("education", city.person(0).number, "level")], by=ENGINE, now=now)
    assert Lookup.objects.count() == 0


def test_a_registry_that_the_city_lacks_answers_nothing_and_breaks_nothing(
    keys: None, now: dt.datetime
) -> None:
    [answer] = query_registries(
        [query("horoscope", "11010519491231002X", "sign")], by=ENGINE, now=now
    )
    assert (answer.outcome, answer.reason) == ("failed", "no_such_registry")
    assert Lookup.objects.get().outcome == "failed"


def test_a_want_shows_no_id_number(city: City) -> None:
    number = city.person(0).number
    assert number not in repr(query("population", number, "name"))


def test_a_load_that_takes_long_is_not_cancelled(keys: None, now: dt.datetime) -> None:
    """The application's connections end a statement after a time; a population's load is one."""

    def slowly() -> Iterator[records.Row]:
        for n in range(3):
            time.sleep(0.2)
            yield identity.index(str(n)), "population", b"{}"

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '300ms'")
    assert records.write(slowly(), now=now) == 3


def test_a_null_where_the_registry_never_has_one_is_no_answer_to_that_field(
    store: City, now: dt.datetime
) -> None:
    """It is unknown, and goes to a person; null would pass for a record that is not there."""
    person = store.person(5)
    broken = {"name": person.name, "alive": None, "capacity": None, "hukou_city": None}
    records.write([(identity.index(person.number), "population", orjson.dumps(broken))], now=now)
    (answer,) = query_registries(
        [query("population", person.number, "alive", "capacity", "hukou_city", "name")],
        by=ENGINE,
        now=now,
    )
    assert answer.outcome == "found"
    assert answer.data == {"hukou_city": None, "name": person.name}  # who may have no household
