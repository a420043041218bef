"""Cases are shown to the supervisor before their day, and to the head after it: once for each."""

import dataclasses
import datetime as dt
import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import orjson
import pytest
from django.conf import settings
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client

from approvals import actions, words
from approvals.actions import clock
from approvals.admin.escalated import escalated
from approvals.models import Application, Escalation
from approvals.rows.terms import Stage
from approvals.states import State
from approvals.workers import reconciler
from city.model import Escalation as Rule
from ledger.clock import city_date, now
from ledger.events import instant
from ledger.models import Event
from people.actors import CLOCK, Actor, officer
from people.errors import ActionRejected
from people.models import User
from tests.approvals import counting
from tests.approvals.cases import audited, person, settled, submit
from tests.factories import UserFactory

NOON, MIDNIGHT = dt.time(4), dt.time(16)  # in UTC, as the city's clocks are 8 hours ahead
DAY = dt.timedelta(days=1)


def at(day: dt.date, time: dt.time = NOON) -> dt.datetime:
    return dt.datetime.combine(day, time, dt.UTC)


def last(case: Application) -> dt.date:
    return city_date(case.due_at - dt.timedelta(seconds=1))


def worked_before(day: dt.date, count: int) -> dt.date:
    """Return the day from which so many worked days are left until ``day``, which counts."""
    while count:
        count -= counting.works(day)
        day -= DAY
    return day


def escalate(moment: dt.datetime) -> int:
    return actions.escalate(by=CLOCK, now=moment)


def again(case: Application) -> Application:
    return Application.objects.get(id=case.id)


@pytest.fixture
def case(furnished: None) -> Application:
    return settled("graduate", by_person=True)


def stages(case: Application) -> list[str]:
    rows = Escalation.objects.filter(application=case, of_delivery=False)
    return list(rows.order_by("at").values_list("stage", flat=True))


def test_once_three_days_before_and_once_when_it_is_over(case: Application) -> None:
    third = worked_before(last(case), 3)
    assert escalate(at(third - DAY, MIDNIGHT) - dt.timedelta(seconds=1)) == 0
    assert escalate(at(third)) == 1
    assert escalate(at(third)) == escalate(at(last(case))) == 0
    assert stages(case) == ["soon"]
    assert escalate(case.due_at - dt.timedelta(microseconds=1)) == 0
    assert escalate(case.due_at) == 1
    assert escalate(case.due_at + 9 * DAY) == 0
    assert stages(case) == ["soon", "over"]
    after = again(case)
    assert after.version == case.version  # an officer's open page stays good
    assert (after.events, after.side_events) == (case.events + 2, 2)
    chain = Event.objects.filter(subject=case.subject, kind="escalated").order_by("seq")
    noted = {"of": "decision", "due_at": instant(case.due_at)}
    assert [(e.by, orjson.loads(e.data)) for e in chain] == [
        (str(CLOCK), {**noted, "stage": stage}) for stage in ("soon", "over")
    ]
    assert len({str(words.event(e)) for e in chain}) == 2
    rows = Event.objects.filter(subject__startswith="rows:approvals_escalation:")
    found = [str(e.id) for e in Escalation.objects.all()]
    assert rows.count() == 2 and all(any(i in e.data for e in rows) for i in found)
    assert audited() == []


def test_a_term_of_three_days_does_not_begin_with_an_escalation(furnished: None) -> None:
    case = settled("trader", "sole_trader", by_person=True)
    begun = at(case.term_from, dt.time(0)) - dt.timedelta(hours=8)
    half = begun + (case.due_at - begun) / 2
    assert escalate(half - dt.timedelta(minutes=1)) == 0
    assert escalate(half + dt.timedelta(minutes=1)) == 1


def test_after_a_pause_or_an_extension_there_is_another_day(
    case: Application, clerk: Actor
) -> None:
    head = officer(UserFactory(clerk=True, username="h", office__code="hrss", role="head"))
    third = at(worked_before(last(case), 3))
    assert escalate(third) == 1
    actions.take(number=case.number, by=clerk, now=now())
    plan = actions.ProcedurePlan("testing", "5", "行政许可法 §45", "请在场")
    actions.open_procedure(number=case.number, plan=plan, by=clerk, now=third)
    assert escalate(case.due_at + 3 * DAY) == 0  # it stands still
    resumed = third + 14 * DAY
    actions.end_procedure(number=case.number, reason="已勘验", by=clerk, now=resumed)
    assert escalate(resumed) == 1  # three days are left again
    actions.extend(number=case.number, reason="需补充核验", by=head, now=resumed)
    assert escalate(resumed) == 0
    longer = again(case)
    assert escalate(at(worked_before(last(longer), 3))) == 1
    assert stages(case) == ["soon", "soon", "soon"]


def test_who_is_decided_is_shown_no_longer(case: Application, clerk: Actor) -> None:
    supervisor, head, elsewhere = (
        UserFactory(clerk=True, username=f"reader-{role}-{office}", office__code=office, role=role)
        for role, office in (("supervisor", "hrss"), ("head", "hrss"), ("supervisor", "market"))
    )
    user = User.objects.get(username="clerk-a")
    third = at(worked_before(last(case), 3))
    assert escalated(supervisor, third) == []
    escalate(third)
    (row,) = escalated(supervisor, third)
    assert (row.number, row.tone, row.hand) == (case.number, "wait", "")
    assert escalated(head, third) == escalated(elsewhere, third) == escalated(user, third) == []
    escalate(case.due_at)
    for reader in (supervisor, head):
        assert [(r.number, r.tone) for r in escalated(reader, case.due_at)] == [
            (case.number, "bad")
        ]
        client = Client()
        client.force_login(reader, "django.contrib.auth.backends.ModelBackend")
        assert case.number in client.get("/desk/").content.decode()
        queue = client.get("/desk/approvals/application/?due=escalated").content.decode()
        assert case.number in queue
    actions.take(number=case.number, by=clerk, now=now())
    actions.approve(number=case.number, reason="核实无误", by=clerk, now=now())
    assert escalated(supervisor, case.due_at) == []
    escalate(case.due_at + DAY)  # that it was decided and is not delivered is another matter
    assert stages(case) == ["soon", "over"]


def test_what_the_machine_still_checks_is_shown_as_well(furnished: None) -> None:
    case = submit("graduate")
    assert case.state == State.SUBMITTED and case.due_at is not None
    reader = UserFactory(clerk=True, username="reader", office__code="hrss", role="supervisor")
    assert escalate(case.due_at) == 1
    assert [r.number for r in escalated(reader, case.due_at)] == [case.number]


def test_the_reconciler_does_it_in_turns(furnished: None, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [settled(f"graduate_{n}", by_person=True) for n in (23, 25)]
    monkeypatch.setattr(reconciler, "BATCH", 1)
    assert reconciler.escalate(cases[0].due_at) is False
    assert [stages(c) for c in cases] == [["over"], ["over"]]
    assert reconciler.escalate in dict(reconciler.DUTIES)


def test_an_escalation_and_an_acceptance_leave_open_pages_and_proposals_good(
    furnished: None, clerk: Actor
) -> None:
    who = person("graduate")
    case = settled(applicant=dataclasses.replace(who, name="别" + who.name[1:]))
    second = officer(UserFactory(clerk=True, username="b", office__code="hrss"))
    actions.take(number=case.number, by=clerk, now=now(), version=case.version)
    proposal = actions.propose_approval(
        number=case.number, reason="户籍窗口出具更名证明，已核对原件", by=clerk, now=now()
    )
    shown = again(case).version
    assert escalate(case.due_at) == actions.accept(by=CLOCK, now=case.due_at) == 1
    actions.confirm_approval(proposal=proposal.pk, by=second, now=now(), version=shown)
    assert again(case).state == State.APPROVED
    assert audited() == []


def test_of_two_reconcilers_at_once_each_case_is_noted_once(furnished_committed: None) -> None:
    cases = [settled(f"graduate_{n}", by_person=True) for n in range(23, 34, 2)]
    late, ready = max(case.due_at for case in cases), Barrier(3)

    def run(_: int) -> int:
        try:
            ready.wait()
            return escalate(late) + actions.accept(by=CLOCK, now=late)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(run, range(3))) == 2 * len(cases)
    for case in cases:
        events = Event.objects.filter(subject=case.subject).order_by("seq")
        kinds = list(events.values_list("kind", flat=True))
        assert sorted(kinds[-2:]) == ["accepted", "escalated"]
        assert again(case).side_events == 2
    assert audited() == []


def test_the_audit_finds_an_escalation_that_history_does_not_know(case: Application) -> None:
    escalate(case.due_at)
    Escalation.objects.create(application=case, stage="soon", due_at=case.due_at, at=now())
    assert any("escalations" in line and case.number in line for line in audited())


@pytest.mark.parametrize("change", ["side_events = 0", "side_events = side_events + 1"])
def test_postgresql_lets_no_stale_page_become_good_again(case: Application, change: str) -> None:
    escalate(case.due_at)
    with (
        pytest.raises(IntegrityError, match="leave its version"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE approvals_application SET {change} WHERE id = %s", [case.id])


def test_nobody_but_the_machine_escalates(clerk: Actor) -> None:
    with pytest.raises(ActionRejected):
        actions.escalate(by=clerk, now=now())


def test_postgresql_keeps_once_and_for_good(case: Application) -> None:
    escalate(case.due_at)
    row = Escalation.objects.get(application=case)
    with pytest.raises(IntegrityError, match="escalation_once"), transaction.atomic():
        Escalation.objects.create(application=case, stage=row.stage, due_at=row.due_at, at=row.at)
    for change in (Escalation.objects.all().delete, lambda: Escalation.objects.update(stage="")):
        with pytest.raises(ProgrammingError), transaction.atomic():
            change()


def test_two_thousand_terms_are_soon_over_as_a_counter_of_days_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Worked days after today and until the last one, counted one by one; and the share of time."""
    draw, met = random.Random(11), {None: 0, Stage.SOON: 0, Stage.OVER: 0}
    for _ in range(2_000):
        rule = Rule(draw.randrange(1, 8), draw.choice((0, 25, 50, 80)))
        city = dataclasses.replace(settings.CITY, escalation=rule)
        monkeypatch.setattr(settings, "CITY", city)
        begun = dt.date(2025, 1, 1) + draw.randrange(700) * DAY
        days = draw.randrange(1, 46) + draw.choice((0, 0, 10, 15))
        pause = begun + draw.randrange(9) * DAY
        pauses = [(pause, pause + draw.randrange(60) * DAY)] if draw.random() < 0.5 else []
        ends = counting.last_day(begun, days, "working", pauses)
        due = at(ends, MIDNIGHT)
        case = Application(state=State.REVIEW, term_from=begun, due_at=due)
        today = begun + draw.randrange((ends - begun).days + 4) * DAY
        moment = at(today)
        left = sum(counting.works(today + n * DAY) for n in range(1, (ends - today).days + 1))
        gone = (moment - (at(begun, MIDNIGHT) - DAY)) / (due - (at(begun, MIDNIGHT) - DAY))
        is_soon = left <= rule.days_left and gone >= rule.share / 100
        expected = Stage.OVER if today > ends else Stage.SOON if is_soon else None
        assert clock.urgency(case, moment) == expected, (begun, days, pauses, today, rule)
        met[expected] += 1
    assert min(met.values()) > 100
