"""Publishing: checked first, frozen afterwards, dated; a broken pack leaves the live one alone."""

import datetime
import io

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from city.errors import SourceError
from ledger.clock import city_date
from ledger.clock import now as clock_now
from ledger.models import Event
from people.actors import Actor, Kind
from people.errors import ActionRejected
from services import catalogue, publish, reviews
from services.models import Edition, Proposal, Service
from tests.services.editions import (
    LAW,
    TECH,
    agree,
    approved,
    passed,
    published,
    tried,
    with_officers,
)
from tests.services.packs import LI, SMALL, WANG, changed

BY = LI
NEXT = changed("in_force_from: 2026-01-01", "in_force_from: 2026-07-01")
pytestmark = pytest.mark.django_db


def steps(code="bus_pass"):
    return list(Event.objects.filter(subject=f"service:{code}").order_by("seq"))


def kinds(code="bus_pass"):
    return [event.kind for event in steps(code)]


def test_an_edition_is_published_with_the_events_of_its_way(now):
    edition = published(SMALL, now)
    assert (edition.service_id, edition.number, edition.is_first) == ("bus_pass", 1, True)
    assert (edition.source, edition.proposed_by) == (SMALL, "officer:li")
    assert kinds() == ["proposed", "reviewed", "approved", "published"]
    last = steps()[-1]
    assert (last.before, last.after, last.at) == ("approved", "published", now)
    assert [event.by for event in steps()] == [str(by) for by in (LI, LAW, TECH, WANG)]
    assert all(edition.hash in event.data for event in steps())
    service = Service.objects.get(pk="bus_pass")
    assert (service.events, bytes(service.head)) == (4, bytes(last.hash))


def rejected(action, *arguments, **named):
    """The code with which an action is rejected."""
    with pytest.raises(ActionRejected) as caught:
        action(*arguments, **named)
    return caught.value.code


def test_the_text_in_force_is_not_proposed_again(now):
    published(SMALL, now)
    assert rejected(publish.propose, SMALL, by=LI, now=now) == "unchanged"
    assert len(steps()) == 4


def test_nothing_is_published_without_both_reviews(now):
    with_officers()
    proposal = publish.propose(SMALL, by=LI, now=now)
    machine = Actor(Kind.MACHINE, "packs")
    for by in (machine, LAW, TECH):
        assert rejected(publish.publish, proposal.pk, by=by, now=now) == "not_an_officer"
        assert rejected(publish.propose, NEXT, by=by, now=now) == "not_an_officer"
    with pytest.raises(ActionRejected) as caught:
        publish.publish(proposal.pk, by=LI, now=now)
    assert "legal officer" in str(caught.value) and "technical officer" in str(caught.value)
    assert "法制审核" in caught.value.zh and "技术审核" in caught.value.zh
    agree(proposal, LAW, now)
    assert rejected(publish.publish, proposal.pk, by=LI, now=now) == "no_technical_review"
    assert not Edition.objects.exists()
    agree(proposal, TECH, now)
    tried(proposal, now)
    edition = publish.publish(proposal.pk, by=LI, now=now)  # its author may, once two approved
    assert (edition.proposed_by, edition.published_by) == ("officer:li", "officer:li")
    assert rejected(publish.publish, proposal.pk, by=WANG, now=now) == "already_published"


def test_a_proposal_waits_once_and_is_taken_back_or_sent_back(now):
    published(SMALL, now)
    proposal = publish.propose(NEXT, by=LI, now=now)
    assert rejected(publish.propose, NEXT, by=WANG, now=now) == "already_proposed"
    back = reviews.Opinion(False, "第二条所引条款已废止，请改正", proposal.hash)
    assert reviews.review(proposal.pk, back, by=LAW, now=now).state == "sent_back"
    assert rejected(publish.publish, proposal.pk, by=WANG, now=now) == "proposal_over"
    assert rejected(agree, proposal, TECH, now) == "proposal_over"
    again = publish.propose(NEXT, by=WANG, now=now)
    for reason, code in ((" ", "reason_required"), ("改期再报", "")):
        if code:
            action = reviews.withdraw
            assert rejected(action, again.pk, by=LI, now=now, reason=reason) == code
    assert reviews.withdraw(again.pk, by=LI, now=now, reason=reason).state == "withdrawn"
    assert kinds()[4:] == ["proposed", "sent_back", "proposed", "withdrawn"]
    assert Edition.objects.count() == 1


def test_no_next_edition_begins_in_the_past(now):
    published(SMALL, now)
    yesterday = city_date(now) - datetime.timedelta(days=1)
    source = changed("in_force_from: 2026-01-01", f"in_force_from: {yesterday}")
    assert rejected(publish.propose, source, by=LI, now=now) == "past_date"
    late = publish.propose(NEXT, by=LI, now=now)
    after = now + datetime.timedelta(days=400)
    assert rejected(passed, late, after) == "past_date"
    assert Edition.objects.count() == 1


def test_an_older_text_comes_back_only_as_a_roll_back_with_a_reason(now):
    first, second = published(SMALL, now), published(NEXT, now)
    assert rejected(publish.propose, SMALL, by=LI, now=now) == "needs_rollback"
    for reason, code in ((" ", "reason_missing"), ("规则有误", "")):
        again = publish.Rollback(reason)
        if code:
            assert rejected(publish.propose, SMALL, by=LI, now=now, rollback=again) == code
    proposal = publish.propose(SMALL, by=LI, now=now, rollback=again)
    assert rejected(publish.publish, proposal.pk, by=LI, now=now) == "no_legal_review"
    third = passed(proposal, now)
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
    assert kinds()[3:] == ["published", "retired", "resumed"]
    assert "并入交通一卡通" in steps()[4].data


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
    assert len(steps()) == 4
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


def command(*words):
    out, err = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command("pack", *words, stdout=out, stderr=err)
    except SystemExit as stop:
        code = stop.code
    return code, out.getvalue(), err.getvalue()


def test_officers_publish_roll_back_and_retire_by_command(tmp_path):
    with_officers()
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(SMALL, "utf-8")
    new.write_text(changed("in_force_from: 2026-01-01", "in_force_from: 2099-01-01"), "utf-8")
    published(SMALL, clock_now())
    assert command("propose", str(old), "--by", "li")[0] == 1
    for words, begins in (
        ((str(new),), "2099-01-01"),
        ((str(old), "--rollback", "--reason", "有误"), "2099-01-01"),
    ):
        code, out, _err = command("propose", *words, "--by", "li")
        number = out.split("proposed as ")[1].split(",")[0]
        assert code == 0
        for name in ("li", "han", "nobody"):
            with pytest.raises(CommandError):
                command("publish", number, "--by", name)
        approved(Proposal.objects.get(pk=number), clock_now())
        out = command("publish", number, "--by", "wang")[1]
        assert f"in force from {begins}" in out
    assert "bus_pass v3 from 2099-01-01" in command("list")[1]
    assert "retired" in command("retire", "bus_pass", "--by", "li", "--reason", "停办")[1]
    assert "offered" in command("resume", "bus_pass", "--by", "li", "--reason", "恢复")[1]


def test_the_command_names_file_line_and_reason_and_fails(tmp_path):
    path = tmp_path / "bus_pass.yaml"
    path.write_text(changed("<= as_of", "<= asof"), "utf-8")
    with_officers()
    for verb, *more in (("check",), ("test",), ("propose", "--by", "li")):
        code, _out, err = command(verb, str(path), *more)
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
