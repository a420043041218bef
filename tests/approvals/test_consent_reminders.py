"""An agency is reminded before its day; after it an officer has the case, with the true reason."""

import dataclasses
import datetime as dt
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.db import connection

from affairs.models import Message
from approvals import actions
from approvals.models import Application, Consent
from benchmarks.cases import FOOD_SCOPE
from city.model import Consents
from deploy.local.stack import Stack
from exchange.models import Notice, Partner
from ledger.clock import city_date, now
from ledger.events import instant
from ledger.models import Event
from people.actors import CLOCK, Actor, agency
from people.errors import ActionRejected
from tests.approvals import counting
from tests.approvals.cases import audited, settled, trader_answers
from tests.waiting import eventually

DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
ZONE = dt.timezone(8 * HOUR)


@pytest.fixture
def waiting(furnished: None) -> Application:
    """A restaurant that waits for the food office."""
    return restaurant()


def restaurant() -> Application:
    case = settled("trader_food", "sole_trader", answers=trader_answers(scope=[FOOD_SCOPE]))
    assert case.state == "waiting"
    return case


def remind(moment: dt.datetime) -> int:
    return actions.remind_agencies(by=CLOCK, now=moment)


def reminders() -> list[Any]:
    rows = Notice.objects.filter(kind="approval.reminded").order_by("pk")
    return [json.loads(row.body) for row in rows]


def worked_day_before(moment: dt.datetime) -> dt.datetime:
    """Return 0:00 of the last worked day before the day that ends at ``moment``."""
    day = city_date(moment - HOUR) - DAY
    while not counting.works(day):
        day -= DAY
    return dt.datetime.combine(day, dt.time(0), ZONE)


def test_an_agency_is_reminded_once_a_worked_day_before(waiting: Application) -> None:
    consent = Consent.objects.get()
    first = worked_day_before(consent.due_at)
    assert city_date(consent.asked_at) < city_date(first)
    assert remind(first - dt.timedelta(seconds=1)) == 0
    assert remind(first) == 1
    assert remind(first) == remind(consent.due_at - HOUR) == 0
    [sent] = reminders()
    assert sent["type"] == "approval.reminded"
    assert sent["data"] == {
        "application": waiting.number,
        "service": "sole_trader",
        "district": waiting.region_id or "",
        "item": "food",
        "zh": sent["data"]["zh"],
        "en": sent["data"]["en"],
        "asked_at": instant(consent.asked_at),
        "due_at": instant(consent.due_at),
    }
    assert waiting.applicant_name not in json.dumps(sent, ensure_ascii=False)
    assert Notice.objects.get(kind="approval.reminded").partner_id == "food"
    after = Application.objects.get(pk=waiting.pk)
    assert (after.state, after.version) == ("waiting", waiting.version)
    [noted] = Event.objects.filter(subject=waiting.subject, kind="consent_reminded")
    assert noted.by == str(CLOCK)
    assert orjson.loads(noted.data) == {"item": "food", "due_at": instant(consent.due_at)}
    assert audited() == []


def test_nobody_is_reminded_on_the_day_on_which_they_were_asked(waiting: Application) -> None:
    consent = Consent.objects.get()
    Consent.objects.update(due_at=consent.asked_at + HOUR)
    assert remind(consent.asked_at + HOUR / 2) == 0


def test_the_city_says_how_many_days_before(
    waiting: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    consent = Consent.objects.get()
    tomorrow = consent.asked_at + DAY
    Consent.objects.update(due_at=tomorrow + 20 * DAY)
    assert remind(tomorrow) == 0
    city = dataclasses.replace(settings.CITY, consents=Consents(remind=25))
    monkeypatch.setattr(settings, "CITY", city)
    assert remind(tomorrow) == 1


def test_who_has_answered_is_reminded_of_nothing(waiting: Application) -> None:
    consent = Consent.objects.get()
    by = agency(Partner.objects.get(code="food"))
    actions.answer_consent(
        number=waiting.number, item="food", granted=False, reason="后厨面积不足", by=by, now=now()
    )
    assert remind(consent.due_at - HOUR) == 0 and reminders() == []


def test_silence_approves_nothing_and_an_officer_has_the_case(waiting: Application) -> None:
    consent = Consent.objects.get()
    remind(consent.due_at - HOUR)
    assert actions.stop_waiting(by=CLOCK, now=consent.due_at - HOUR) == 0
    assert actions.stop_waiting(by=CLOCK, now=consent.due_at) == 1
    assert_with_officer(waiting)
    assert remind(consent.due_at + DAY) == 0
    assert audited() == []


def assert_with_officer(case: Application) -> None:
    after = Application.objects.get(pk=case.pk)
    assert (after.state, after.handover) == ("review", "consent_overdue:food")
    assert Consent.objects.get(application=case).state == "asked"
    [handed] = Event.objects.filter(
        subject=case.subject, kind="handed_over", after="review", by=str(CLOCK)
    )
    assert orjson.loads(handed.data)["reasons"] == ["consent_overdue:food"]
    assert Message.objects.filter(case=case.number, kind="with_officer").count() == 1


def test_nobody_but_the_machine_reminds(clerk: Actor) -> None:
    with pytest.raises(ActionRejected):
        actions.remind_agencies(by=clerk, now=now())


def test_of_two_reconcilers_at_once_one_reminds(furnished_committed: None) -> None:
    case = restaurant()
    consent = Consent.objects.get(application=case)
    start = Barrier(2)

    def work(_: int) -> int:
        start.wait()
        try:
            return remind(consent.due_at - HOUR)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(work, range(2))) == [0, 1]
    assert len(reminders()) == 1


@pytest.fixture
def engine(live: Stack) -> Iterator[Stack]:
    live.stop("engine")
    yield live


@pytest.mark.full
def test_an_engine_that_is_killed_between_neither_loses_nor_repeats(engine: Stack) -> None:
    case = restaurant()
    asked = now() - 3 * DAY
    days = [[city_date(asked).isoformat(), None]]
    Application.objects.filter(pk=case.pk).update(pauses=days)
    Consent.objects.filter(application=case).update(asked_at=asked, due_at=now() + HOUR)
    killed = subprocess.run(
        [sys.executable, "-m", "tests.approvals.killed_while_reminding"],
        env=engine.env,
        timeout=120,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert reminders() == [] and not Consent.objects.exclude(reminded_at=None).exists()
    engine.start("engine")
    assert eventually(lambda: len(reminders()) == 1, seconds=60)
    engine.kill("engine")
    Consent.objects.filter(application=case).update(due_at=now() - HOUR)
    engine.start("engine")
    assert eventually(lambda: Application.objects.get(pk=case.pk).state == "review", seconds=60)
    assert_with_officer(case)
    assert len(reminders()) == 1
