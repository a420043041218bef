"""Publishing: checked first, frozen afterwards, dated; a broken pack leaves the live one alone."""

import datetime
import io

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from city.errors import SourceError
from ledger.clock import city_date
from ledger.models import Event
from people.actors import Actor, Kind
from people.errors import ActionRejected
from services import catalogue, publish
from services.models import Edition, Service
from tests import officers
from tests.services.editions import published
from tests.services.packs import LI, SMALL, WANG, changed

BY = LI
NEXT = changed("in_force_from: 2026-01-01", "in_force_from: 2026-07-01")
pytestmark = pytest.mark.django_db


def test_an_edition_is_published_with_its_event(now):
    edition = published(SMALL, now)
    assert (edition.service_id, edition.number) == ("bus_pass", 1)
    assert edition.source == SMALL
    event = Event.objects.get(subject="service:bus_pass")
    assert (event.kind, event.by, event.at) == ("published", "officer:li", now)
    assert edition.hash in event.data
    service = Service.objects.get(pk="bus_pass")
    assert (service.events, bytes(service.head)) == (1, bytes(event.hash))


def test_the_text_in_force_again_is_the_same_edition(now):
    first = published(SMALL, now)
    assert publish.publish_first(SMALL, by=WANG, now=now) == first
    assert rejected(publish.propose, SMALL, by=LI, now=now) == "unchanged"
    assert Event.objects.filter(subject="service:bus_pass").count() == 1


def rejected(action, *arguments, **named):
    """The code with which an action is rejected."""
    with pytest.raises(ActionRejected) as caught:
        action(*arguments, **named)
    return caught.value.code


def test_one_officer_publishes_a_first_edition_only(now):
    first = published(SMALL, now)
    assert (first.is_first, first.proposed_by, first.published_by) == (True, *["officer:li"] * 2)
    assert rejected(publish.publish_first, NEXT, by=LI, now=now) == "needs_second_officer"
    assert Edition.objects.count() == 1


def test_a_next_edition_is_confirmed_by_another_officer(now):
    published(SMALL, now)
    proposal = publish.propose(NEXT, by=LI, now=now)
    assert Edition.objects.count() == 1
    assert rejected(publish.propose, NEXT, by=WANG, now=now) == "already_proposed"
    assert rejected(publish.confirm, proposal.pk, by=LI, now=now) == "same_officer"
    machine = Actor(Kind.MACHINE, "packs")
    assert rejected(publish.confirm, proposal.pk, by=machine, now=now) == "not_an_officer"
    assert rejected(publish.propose, NEXT, by=machine, now=now) == "not_an_officer"
    edition = publish.confirm(proposal.pk, by=WANG, now=now)
    assert (edition.proposed_by, edition.published_by) == ("officer:li", "officer:wang")
    assert rejected(publish.confirm, proposal.pk, by=WANG, now=now) == "already_published"
    kinds = Event.objects.filter(subject="service:bus_pass").order_by("seq")
    assert [event.kind for event in kinds] == ["published", "proposed", "published"]


@pytest.mark.parametrize(
    "change",
    [
        {"is_first": False},  # by one officer alone
        {"is_first": True, "number": 2},  # a first edition that is none
        {"proposed_by": "officer:wang", "rollback_of": True},  # a roll-back without a reason
        {"proposed_by": "officer:wang"},  # the same text twice
    ],
)
def test_the_database_holds_the_second_officer_the_reason_and_the_text(now, change):
    first = published(SMALL, now)
    if change.get("rollback_of"):
        change = change | {"rollback_of": first}
    row = {
        "service": first.service, "number": 2, "source": SMALL, "hash": first.hash, "engine": "1",
        "in_force_from": first.in_force_from, "published_at": now,
        "proposed_by": "officer:li", "published_by": "officer:li",
    }  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Edition.objects.create(**row | change)


def test_no_next_edition_begins_in_the_past(now):
    published(SMALL, now)
    yesterday = city_date(now) - datetime.timedelta(days=1)
    source = changed("in_force_from: 2026-01-01", f"in_force_from: {yesterday}")
    assert rejected(publish.propose, source, by=LI, now=now) == "past_date"
    late = publish.propose(NEXT, by=LI, now=now)
    after = now + datetime.timedelta(days=400)
    assert rejected(publish.confirm, late.pk, by=WANG, now=after) == "past_date"
    assert Edition.objects.count() == 1


def test_an_older_text_comes_back_only_as_a_roll_back_with_a_reason(now):
    first, second = published(SMALL, now), published(NEXT, now)
    assert rejected(publish.publish_first, SMALL, by=LI, now=now) == "needs_second_officer"
    assert rejected(publish.propose, SMALL, by=LI, now=now) == "needs_rollback"
    for reason, code in ((" ", "reason_missing"), ("规则有误", "")):
        again = publish.Rollback(reason)
        if code:
            assert rejected(publish.propose, SMALL, by=LI, now=now, rollback=again) == code
    proposal = publish.propose(SMALL, by=LI, now=now, rollback=again)
    third = publish.confirm(proposal.pk, by=WANG, now=now)
    assert (third.number, third.rollback_of, third.reason) == (3, first, "规则有误")
    assert third.in_force_from == second.in_force_from  # the newer one never begins
    day = datetime.date
    assert catalogue.current("bus_pass", day(2026, 6, 30)) == first
    assert catalogue.current("bus_pass", day(2026, 7, 1)) == third
    book = catalogue.rulebook(third.pk)
    assert (book.hash, book.number, book.in_force_from) == (first.hash, 3, day(2026, 7, 1))
    unknown = changed("年满 {adult}", "须年满 {adult}", NEXT)
    assert rejected(publish.propose, unknown, by=LI, now=now, rollback=again) == "no_rollback"


def test_a_first_edition_shows_the_day_since_which_it_was_used(now):
    edition = published(SMALL, now)
    assert edition.in_force_from == datetime.date(2026, 1, 1) < city_date(now)
    assert catalogue.rulebook(edition.pk).in_force_from == city_date(now)


def test_a_service_is_retired_and_resumed_with_a_reason_and_an_event(now):
    edition = published(SMALL, now)
    day = datetime.date(2026, 3, 2)
    assert rejected(publish.retire, "bus_pass", by=LI, now=now, reason=" ") == "reason_missing"
    publish.retire("bus_pass", by=LI, now=now, reason="并入交通一卡通")
    assert catalogue.current("bus_pass", day) is None
    assert rejected(publish.retire, "bus_pass", by=LI, now=now, reason="x") == "unchanged"
    publish.resume("bus_pass", by=LI, now=now, reason="恢复办理")
    assert catalogue.current("bus_pass", day) == edition
    kinds = Event.objects.filter(subject="service:bus_pass").order_by("seq")
    assert [event.kind for event in kinds] == ["published", "retired", "resumed"]
    assert "并入交通一卡通" in kinds[1].data


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
    published(NEXT, now)
    later = published(changed("年满 {adult}", "须年满 {adult}", NEXT), now)
    assert catalogue.current("bus_pass", datetime.date(2026, 7, 1)) == later


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


def test_a_service_is_closed_with_an_event_and_never_without(now):
    published(SMALL, now)
    publish.switch("bus_pass", by=BY, now=now, enabled=False, reason="复核规则")
    assert Event.objects.filter(subject="service:bus_pass", kind="switched").count() == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        Service.objects.filter(pk="bus_pass").update(enabled=True)


def test_a_closed_service_takes_no_applications(now):
    published(SMALL, now)
    with pytest.raises(ActionRejected, match="reason"):
        publish.switch("bus_pass", by=BY, now=now, enabled=False, reason=" ")
    publish.switch("bus_pass", by=BY, now=now, enabled=False, reason="停办改造")
    assert catalogue.current("bus_pass", datetime.date(2026, 3, 2)) is None
    assert catalogue.all_current(datetime.date(2026, 3, 2)) == []


@pytest.fixture
def policy_officers():
    for name in ("li", "wang"):
        officers.make(name, "policy")
    officers.make("operator", "operator")


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


def test_two_officers_publish_roll_back_and_retire_by_command(policy_officers, tmp_path):
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(SMALL, "utf-8")
    new.write_text(changed("in_force_from: 2026-01-01", "in_force_from: 2099-01-01"), "utf-8")
    assert "published bus_pass v1" in command("publish", str(old))[1]
    assert "not published" in command("publish", str(new))[1]
    code, out, _err = command("propose", str(new), "--by", "li")
    number = out.split("proposed as ")[1].split(",")[0]
    assert code == 0
    for name in ("li", "operator", "nobody"):
        with pytest.raises(CommandError):
            command("confirm", number, "--by", name)
    assert "published bus_pass v2" in command("confirm", number, "--by", "wang")[1]
    assert command("propose", str(old), "--by", "li")[0] == 1
    words = ("--by", "li", "--rollback", "--reason", "有误")
    out = command("propose", str(old), *words)[1]
    number = out.split("proposed as ")[1].split(",")[0]
    out = command("confirm", number, "--by", "wang")[1]
    assert "published bus_pass v3, in force from 2099-01-01" in out
    assert "retired" in command("retire", "bus_pass", "--by", "li", "--reason", "停办")[1]
    assert "offered" in command("resume", "bus_pass", "--by", "li", "--reason", "恢复")[1]


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
