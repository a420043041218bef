"""Publishing: checked first, frozen afterwards, dated; a broken pack leaves the live one alone."""

import datetime
import io

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from city.errors import SourceError
from ledger.models import Event
from people.actors import Actor, Kind
from services import catalogue, publish
from services.models import Edition, Service
from tests.services.packs import SMALL, changed

BY = Actor(Kind.OFFICER, "wang")
NEXT = changed("in_force_from: 2026-01-01", "in_force_from: 2026-07-01")
pytestmark = pytest.mark.django_db


def published(source, now):
    return publish.publish(source, by=BY, now=now, file="bus_pass.yaml")


def test_an_edition_is_published_with_its_event(now):
    edition = published(SMALL, now)
    assert (edition.service_id, edition.number) == ("bus_pass", 1)
    assert edition.source == SMALL
    event = Event.objects.get(subject="service:bus_pass")
    assert (event.kind, event.by, event.at) == ("published", "officer:wang", now)
    assert edition.hash in event.data
    service = Service.objects.get(pk="bus_pass")
    assert (service.events, bytes(service.head)) == (1, bytes(event.hash))


def test_the_same_text_again_is_the_same_edition(now):
    assert published(SMALL, now) == published(SMALL, now)
    assert Event.objects.filter(subject="service:bus_pass").count() == 1


def test_two_editions_each_from_its_day_and_an_application_keeps_its_own(now):
    first, second = published(SMALL, now), published(NEXT, now)
    assert (first.number, second.number) == (1, 2)
    day = datetime.date
    assert catalogue.current("bus_pass", day(2025, 12, 31)) is None
    assert catalogue.current("bus_pass", day(2026, 6, 30)) == first
    assert catalogue.current("bus_pass", day(2026, 7, 1)) == second
    assert catalogue.rulebook(first.pk).hash == first.hash != catalogue.rulebook(second).hash
    assert [book.number for book in catalogue.all_current(day(2026, 6, 30))] == [1]
    assert [book.number for book in catalogue.all_current(day(2026, 7, 1))] == [2]


def test_of_two_editions_from_one_day_the_later_one_stands(now):
    published(SMALL, now)
    mended = published(changed("年满 {adult}", "须年满 {adult}"), now)
    assert catalogue.current("bus_pass", datetime.date(2026, 3, 2)) == mended


def test_a_broken_pack_leaves_the_live_edition_untouched(now):
    live = published(SMALL, now)
    with pytest.raises(SourceError) as caught:
        published(changed("<= as_of", "<= asof", NEXT), now)
    assert str(caught.value).startswith("bus_pass.yaml:")
    assert list(Edition.objects.filter(service="bus_pass")) == [live]
    assert Event.objects.filter(subject="service:bus_pass").count() == 1
    assert catalogue.current("bus_pass", datetime.date(2027, 1, 1)) == live


def test_a_broken_first_pack_leaves_no_service_behind(now):
    with pytest.raises(SourceError):
        published(changed("expect: approve", "expect: wait"), now)
    assert not Service.objects.filter(pk="bus_pass").exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE services_edition SET source = 'x'",
        "UPDATE services_edition SET in_force_from = '2020-01-01'",
        "DELETE FROM services_edition",
        "TRUNCATE services_edition CASCADE",
    ],
)
def test_the_database_refuses_to_change_an_edition(now, statement):
    published(SMALL, now)
    with (
        pytest.raises(DatabaseError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_the_brake_is_set_with_an_event_and_never_without(now):
    published(SMALL, now)
    publish.switch("bus_pass", by=BY, now=now, automatic=False, reason="复核规则")
    assert catalogue.automatic(["bus_pass", "none"]) == {"bus_pass": False}
    assert Event.objects.filter(subject="service:bus_pass", kind="switched").count() == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        Service.objects.filter(pk="bus_pass").update(automatic=True)


def test_a_closed_service_takes_no_applications(now):
    published(SMALL, now)
    publish.switch("bus_pass", by=BY, now=now, enabled=False)
    assert catalogue.current("bus_pass", datetime.date(2026, 3, 2)) is None
    assert catalogue.all_current(datetime.date(2026, 3, 2)) == []


def command(*words):
    out, err = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command("pack", *words, stdout=out, stderr=err)
    except SystemExit as stop:
        code = stop.code
    return code, out.getvalue(), err.getvalue()


def test_the_command_publishes_the_packs_that_ship_once(settings):
    code, out, err = command("publish", "--all")
    assert (code, err, out.count("published")) == (
        0,
        "",
        len(settings.CITY.packs),
    )
    assert command("publish", "--all")[1].count("published") == 0
    assert "graduate_settlement v1 from 2026-01-01" in command("list")[1]


def test_the_command_names_file_line_and_reason_and_fails(tmp_path):
    path = tmp_path / "bus_pass.yaml"
    path.write_text(changed("<= as_of", "<= asof"), "utf-8")
    for verb in ("check", "test", "publish"):
        code, _out, err = command(verb, str(path))
        line = SMALL[: SMALL.index("must:")].count("\n") + 1
        assert code == 1
        assert err.startswith(f"{path}:{line}: "), err
    assert not Edition.objects.filter(service="bus_pass").exists()


def test_a_new_pack_is_begun_and_passes_its_tests(tmp_path):
    assert command("new", "library_card", "--into", str(tmp_path))[0] == 0
    path = tmp_path / "library_card.yaml"
    assert command("check", str(path))[0] == 0
    assert "3 cases, 0 faults" in command("test", str(path))[1]
    with pytest.raises(CommandError):
        command("new", "library_card", "--into", str(tmp_path))
    with pytest.raises(CommandError):
        command("new", "../library", "--into", str(tmp_path))
