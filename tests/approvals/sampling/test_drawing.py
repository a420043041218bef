"""Drawing a month: once, verifiably, to officers who had nothing to do with the case."""

import datetime as dt
import random
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from approvals import actions
from approvals.models import SampleDraw, SampleReview
from approvals.sampling import drawing, plan, population, statistics, verifying
from approvals.tasks import sample
from approvals.workers import reconciler
from city.model import Precision, Sampling
from ledger.clock import now
from ledger.models import TreeHead
from people.actors import CLOCK
from people.errors import ActionRejected
from people.models import User
from people.traces import record
from tests import officers
from tests.approvals import cases
from tests.approvals.cases import audited
from tests.approvals.sampling import month
from tests.factories import UserFactory

CLERKS = ("clerk-a", "clerk-b")  # beside the demo's own of that office


def faults() -> list[str]:
    return [fault for made in SampleDraw.objects.all() for fault in verifying.faults(made)]


def test_a_month_is_drawn_once_and_can_be_drawn_again(furnished: None) -> None:
    made = month.drawn(6)
    assert (made.population, made.late) == (6, 0)
    head = TreeHead.objects.get(size=made.head_size)
    assert head.at >= made.ends_at + population.PAUSE
    reviews = list(SampleReview.objects.filter(draw=made))
    assert sum(not r.is_control for r in reviews) == 6  # so few that all are needed
    assert sum(r.is_control for r in reviews) == 1
    assert faults() == []
    again = drawing.draw(month=month.this_month(), by=CLOCK, now=month.after())
    assert again == made and SampleReview.objects.count() == len(reviews)
    assert drawing.due(month.after()) is None
    call_command("sampling", "verify")


def test_who_looks_is_of_the_office_and_balanced(furnished: None) -> None:
    made = month.drawn(6)
    counted: dict[str, int] = {}
    for review in SampleReview.objects.filter(draw=made).select_related("reviewer"):
        assert review.reviewer is not None
        assert review.reviewer.office_id == "hrss" and review.reviewer.role == "clerk"
        assert review.reviewer.username in review.candidates
        counted[review.reviewer.username] = counted.get(review.reviewer.username, 0) + 1
    everywhere = [counted.get(name, 0) for name in ("clerk-hrss", "clerk-hrss-2")]
    assert max(everywhere) - min(everywhere) <= 1


def test_who_has_opened_a_case_does_not_look_at_it_again(furnished: None) -> None:
    (case, *_rest) = month.graduates(3)
    reader = User.objects.get(username="clerk-hrss")
    record(month.officer(reader), "case", case.number, now())
    month.pass_by()
    made = drawing.draw(month=month.this_month(), by=CLOCK, now=month.after())
    review = SampleReview.objects.get(draw=made, application=case)
    assert "clerk-hrss" not in review.candidates and review.reviewer != reader
    assert review.candidates


def test_an_undecided_case_is_no_control(furnished: None) -> None:
    """Its reviewer does not see it elsewhere: an office of one clerk could not decide it."""
    month.graduates(2)
    settled = month.refused()
    waits = cases.settled("credit_hit")  # the same person applies again
    assert waits.state == "review"
    month.pass_by()
    made = drawing.draw(month=month.this_month(), by=CLOCK, now=month.after())
    drawn = SampleReview.objects.filter(draw=made, is_control=True)
    assert [row.application_id for row in drawn] == [settled.pk]
    listed, _ = population.cases(made.begins_at, made.ends_at, made.head_size)
    assert waits.pk not in {case.application for case in listed}


def test_only_the_machine_draws(furnished: None) -> None:
    for action in (drawing.draw, drawing.reassign):
        arguments = {"month": month.this_month()} if action is drawing.draw else {}
        with pytest.raises(ActionRejected):
            action(by=month.clerk_of(f"x-{action.__name__}"), now=now(), **arguments)


def test_nothing_is_drawn_before_a_head_after_the_month(furnished: None) -> None:
    month.graduates(1)
    assert drawing.draw(month=month.this_month(), by=CLOCK, now=now()) is None
    assert drawing.due(month.after()) == month.this_month()
    while month.heads.sequence(now()) is not None:
        pass
    assert drawing.draw(month=month.this_month(), by=CLOCK, now=month.after()) is None
    assert not SampleDraw.objects.exists()
    with pytest.raises(CommandError):
        call_command("sampling", "draw", f"{month.this_month():%Y-%m}")


def test_what_no_head_covers_is_left_out_and_counted(furnished: None) -> None:
    month.graduates(2)
    month.pass_by()
    month.graduates(3, first=70)
    made = drawing.draw(month=month.this_month(), by=CLOCK, now=month.after())
    assert made is not None
    assert (made.population, made.late) == (2, 3)
    assert faults() == []


def test_the_duty_sends_the_task_and_the_task_draws(
    furnished: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr("approvals.progress.wake.tasks", lambda name, **_: sent.append(name))
    reconciler.drive_sampling(month.after())
    assert sent == []
    month.graduates(2)
    month.pass_by()
    reconciler.drive_sampling(month.after())
    assert sent == ["approvals.sample"]
    assert reconciler.drive_sampling in [duty for duty, _ in reconciler.DUTIES]
    monkeypatch.setattr("approvals.tasks.now", month.after)
    sample()
    sample()
    assert SampleDraw.objects.count() == 1
    assert not drawing.is_due(month.after())


def test_a_draw_that_is_killed_leaves_nothing_and_is_the_same_again(
    furnished: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    month.graduates(4)
    month.pass_by()

    def fail(*_: object) -> list[SampleReview]:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(drawing, "_reviews", fail)
        with pytest.raises(RuntimeError), transaction.atomic():
            drawing.draw(month=month.this_month(), by=CLOCK, now=month.after())
    assert not SampleDraw.objects.exists()
    drawing.draw(month=month.this_month(), by=CLOCK, now=month.after())
    assert faults() == []


def test_a_review_of_an_officer_who_left_goes_to_another(furnished: None) -> None:
    made = month.drawn(4)
    review = SampleReview.objects.filter(draw=made, reviewer__username="clerk-hrss").first()
    assert review is not None
    officers.change("clerk-hrss", is_active=False)
    assert drawing.is_due(month.after())
    assert drawing.reassign(by=CLOCK, now=month.after() + dt.timedelta(days=1)) >= 1
    review.refresh_from_db()
    assert review.reviewer is not None and review.reviewer.username != "clerk-hrss"
    assert not SampleReview.objects.filter(reviewer__username="clerk-hrss").exists()
    assert faults() == []
    assert drawing.reassign(by=CLOCK, now=month.after()) == 0
    assert not drawing.is_due(month.after())


def test_a_review_that_nobody_may_look_at_is_not_tried_again_and_again(furnished: None) -> None:
    month.drawn(3)
    everybody = list(User.objects.filter(office="hrss", role="clerk", is_active=True))
    for clerk in everybody:
        officers.change(clerk.username, is_active=False)
    assert drawing.is_due(month.after())
    left = SampleReview.objects.filter(reviewer=None).count()
    given = drawing.reassign(by=CLOCK, now=month.after())
    assert given == SampleReview.objects.count() - left > 0
    assert not SampleReview.objects.exclude(reviewer=None).exists()
    assert not drawing.is_due(month.after())
    assert drawing.reassign(by=CLOCK, now=month.after()) == 0
    officers.change(everybody[0].username, is_active=True)
    assert drawing.is_due(month.after())
    assert drawing.reassign(by=CLOCK, now=month.after(), limit=1) == 1
    while drawing.is_due(month.after()):
        assert drawing.reassign(by=CLOCK, now=month.after(), limit=1) == 1
    assert not SampleReview.objects.filter(reviewer=None).exists()


def test_reviews_that_nobody_may_look_at_do_not_keep_others_waiting(furnished: None) -> None:
    month.drawn(3)
    first, second, *_rest = SampleReview.objects.order_by("draw", "place")
    names = ("clerk-hrss", "clerk-hrss-2")
    for clerk in User.objects.filter(office="hrss", role="clerk", is_active=True):
        officers.change(clerk.username, is_active=False)
    drawing.reassign(by=CLOCK, now=month.after())
    for name in names:  # both have opened the first case
        record(month.officer(User.objects.get(username=name)), "case", first.application.number,
               now())  # fmt: skip
    officers.change("clerk-hrss", is_active=True)
    assert drawing.reassign(by=CLOCK, now=month.after(), limit=1) == 1
    for review in (first, second):
        review.refresh_from_db()
    assert first.reviewer is None and second.reviewer is not None


def test_who_is_away_is_not_drawn(furnished: None) -> None:
    month.graduates(4)
    month.pass_by()
    boss = month.officer(UserFactory(username="boss", role="supervisor", office_id="hrss"))
    until = month.after().date() + dt.timedelta(days=5)
    actions.mark_away(officer="clerk-hrss", until=until, release=False, by=boss, now=month.after())
    made = drawing.draw(month=month.this_month(), by=CLOCK, now=month.after())
    assert made is not None
    for review in SampleReview.objects.filter(draw=made):
        assert "clerk-hrss" not in review.candidates and review.candidates
    officers.change("clerk-hrss-2", is_active=False)
    drawing.reassign(by=CLOCK, now=month.after())
    assert not SampleReview.objects.filter(reviewer__username="clerk-hrss").exists()


def test_the_applicants_own_account_as_an_officer_is_not_drawn(furnished: None) -> None:
    (case, *_rest) = month.graduates(2)
    for username in ("clerk-hrss", "clerk-hrss-2"):
        officers.change(username, is_active=False)
    own = officers.make("clerk-own", "clerk", office_id="hrss", person=case.applicant)
    month.pass_by()
    made = drawing.draw(month=month.this_month(), by=CLOCK, now=month.after())
    review = SampleReview.objects.get(draw=made, application=case)
    assert review.reviewer is None and not review.candidates
    (other,) = SampleReview.objects.filter(draw=made).exclude(pk=review.pk)
    assert other.reviewer == own
    assert not drawing.is_due(month.after())  # not tried again and again


def test_the_audit_finds_a_draw_as_it_was_made(furnished: None) -> None:
    month.drawn(2)
    assert audited() == []


# --- what PostgreSQL refuses, past Django


def refused(statement: str, *parameters: object) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            assert cursor.rowcount != 0
    except Exception as error:
        return (
            isinstance(error, IntegrityError)
            or "history only grows" in str(error)
            or ("permission denied" in str(error))
        )
    return False


def test_postgresql_keeps_a_draw(furnished: None) -> None:
    month.drawn(3)
    assert refused("UPDATE approvals_sampledraw SET population = 1")
    assert refused("DELETE FROM approvals_sampledraw")
    assert refused("DELETE FROM approvals_samplereview")
    assert refused("UPDATE approvals_samplereview SET is_control = NOT is_control")
    assert refused("UPDATE approvals_samplereview SET candidates = '[]'")


def test_postgresql_lets_nobody_of_elsewhere_or_who_knows_the_case_look(furnished: None) -> None:
    made = month.drawn(3)
    review = SampleReview.objects.filter(draw=made).first()
    assert review is not None
    statement = "UPDATE approvals_samplereview SET reviewer_id = %s WHERE id = %s"
    for username in ("clerk-market", "supervisor-hrss", "auditor", "operator"):
        assert refused(statement, User.objects.get(username=username).pk, review.pk), username
    other = User.objects.filter(username__in=review.candidates).exclude(pk=review.reviewer_id)[0]
    record(month.officer(other), "case", review.application.number, now())
    assert refused(statement, other.pk, review.pk)


def test_a_review_put_in_or_given_to_another_is_found(furnished: None) -> None:
    """An insider with the rights of the application: what PostgreSQL lets pass, verifying finds."""
    made = month.drawn(4)
    review = SampleReview.objects.filter(draw=made).order_by("place").first()
    assert review is not None
    other = User.objects.filter(username__in=review.candidates).exclude(pk=review.reviewer_id)[0]
    SampleReview.objects.filter(pk=review.pk).update(reviewer=other)
    assert any("is to be looked at by" in fault for fault in faults())
    SampleReview.objects.filter(pk=review.pk).update(assigned_at=month.after() + dt.timedelta(9))
    assert any("who is there" in fault for fault in faults())
    with pytest.raises(CommandError):
        call_command("sampling", "verify")


# --- the plan itself, pure


def many(sizes: dict[tuple[str, str, int], int], seed: int = 1) -> list[plan.Case]:
    dice = random.Random(seed)
    return [
        plan.Case(UUID(int=dice.getrandbits(128)), UUID(int=n), f"N{n}", *key, "", False)
        for key, size in sizes.items()
        for n in range(size)
    ]


ROOT = bytes(range(32))


def test_a_size_follows_from_the_precision_of_its_service() -> None:
    sizes = {("hrss", "a", 1): 20_000, ("hrss", "a", 2): 1_000, ("hrss", "b", 3): 30_000}
    options = Sampling(
        precision=Precision(0.005, 0.01), capacity=10_000, services={"b": Precision(0.005, 0.004)}
    )
    cases = many(sizes)
    found = plan.strata(cases, options)
    of_a = sum(int(s["sampled"]) for s in found if s["service"] == "a")
    of_b = sum(int(s["sampled"]) for s in found if s["service"] == "b")
    assert of_a == statistics.sample_size(0.005, 0.01, 21_000)
    assert of_b == statistics.sample_size(0.005, 0.004, 30_000)
    assert all(float(s["reached"]) <= float(s["wanted"]) for s in found)
    drawn = plan.chosen(cases, found, ROOT)
    assert len(drawn) == of_a + of_b
    per = {(s["service"], s["edition"]): int(s["sampled"]) for s in found}
    assert per["a", "2"] == round(of_a / 21)


def test_an_office_gets_no_more_than_it_can_do_and_that_is_said() -> None:
    options = Sampling(precision=Precision(0.005, 0.005), capacity=100, controls=10)
    cases = many({("hrss", "a", 1): 9_000, ("hrss", "b", 2): 9_000, ("market", "c", 3): 50})
    found = plan.strata(cases, options)
    drawn = plan.chosen(cases, found, ROOT)
    assert sum(c.office == "hrss" for c in drawn) == 90  # and one in ten beside: controls
    for part in found:
        assert (float(part["reached"]) > float(part["wanted"])) is (part["office"] == "hrss")


def test_every_case_is_as_likely_as_any_other() -> None:
    """Over 400 roots each of 200 cases is drawn about as often: chi-square of 199 degrees."""
    cases = many({("hrss", "a", 1): 200})
    planned = [{"office": "hrss", "service": "a", "edition": "1", "sampled": "20"}]
    counted = dict.fromkeys((c.decision for c in cases), 0)
    for n in range(400):
        for case in plan.chosen(cases, planned, n.to_bytes(32, "big")):
            counted[case.decision] += 1
    expected = 400 * 20 / 200
    chi = sum((n - expected) ** 2 / expected for n in counted.values())
    assert chi < 266  # one in a thousand; drawing without replacement makes it smaller still


def test_another_root_draws_others_and_the_order_of_rows_does_not_matter() -> None:
    cases = many({("hrss", "a", 1): 500})
    planned = [{"office": "hrss", "service": "a", "edition": "1", "sampled": "50"}]
    first = plan.chosen(cases, planned, ROOT)
    assert plan.chosen(cases[::-1], planned, ROOT) == first
    assert len(set(first) & set(plan.chosen(cases, planned, ROOT[::-1]))) < 20


def test_controls_are_one_in_so_many() -> None:
    approvals = many({("hrss", "a", 1): 90})
    refused_ = [
        plan.Case(UUID(int=n), UUID(int=n), f"C{n}", "hrss", "a", 1, "", True) for n in range(40)
    ]
    found = plan.controls([*approvals, *refused_], approvals, ROOT, 10)
    assert len(found) == 10 and all(case.is_control for case in found)


def test_assigning_is_balanced_and_drawn() -> None:
    names = ["a", "b", "c"]
    cases = [(UUID(int=n), names) for n in range(300)]
    found = plan.assign(cases, ROOT)
    assert [found.count(name) for name in names] == [100, 100, 100]
    assert found[:30] != plan.assign(cases, ROOT[::-1])[:30]
    assert plan.assign([(UUID(int=1), [])], ROOT) == [""]


def test_a_month_ends_by_the_citys_clock() -> None:
    begins, ends = population.bounds(dt.date(2026, 11, 1))
    assert begins == dt.datetime(2026, 10, 31, 16, tzinfo=dt.UTC)
    assert ends == dt.datetime(2026, 11, 30, 16, tzinfo=dt.UTC)
    assert population.following(dt.date(2026, 12, 1)) == dt.date(2027, 1, 1)
