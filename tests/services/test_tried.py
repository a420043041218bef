"""Nothing is published untried: refused by the action, the command and PostgreSQL alike."""

import datetime
import io
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ledger.clock import city_date
from ledger.clock import now as clock_now
from ledger.models import Event
from people.errors import ActionRejected
from services import audit, publish, trials
from services.models import Edition, Trial
from tests.keys import with_key_for_trials
from tests.services.editions import (
    LAW,
    TECH,
    agree,
    approved,
    published,
    tried,
    with_officers,
)
from tests.services.packs import LI, SMALL, WANG, changed
from tests.services.past_trials import DAY, finished
from tests.services.test_gate import EDITION

START = "in_force_from: 2026-01-01"
NEXT = changed(START, "in_force_from: 2099-07-01")
ONE_BYTE = NEXT + "\n"


@pytest.fixture
def live(db):
    """The edition in force; trials are signed."""
    return published(SMALL, clock_now())


def proposed(*by):
    """The next edition, proposed and approved by these officers."""
    proposal = publish.propose(NEXT, by=LI, now=clock_now())
    for one in by:
        proposal = agree(proposal, one, clock_now())
    return proposal


def by_action(proposal):
    with pytest.raises(ActionRejected) as caught:
        publish.publish(proposal.pk, by=WANG, now=clock_now())
    return caught.value.code


def by_command(proposal):
    with pytest.raises(CommandError) as caught:
        call_command("pack", "publish", str(proposal.pk), "--by", "wang", stdout=io.StringIO())
    return str(caught.value)


def by_sql(proposal):
    """As the application's role; the trial is the latest of just this text, if there is one."""
    with (
        pytest.raises(DatabaseError) as caught,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(EDITION, [clock_now(), proposal.pk])
    return str(caught.value)


def refused_three_times(proposal, code, words, in_sql="not tried on what the city asks for"):
    assert by_action(proposal) == code
    assert words in by_command(proposal)
    assert in_sql in by_sql(proposal)
    assert Edition.objects.filter(service="bus_pass").count() == 1


def test_what_was_not_tried_is_refused_and_told_what_to_do(live):
    proposal = proposed(LAW, TECH)
    refused_three_times(proposal, "no_trial", "pack backtest bus_pass --against FILE --store")
    with pytest.raises(ActionRejected) as caught:
        publish.publish(proposal.pk, by=WANG, now=clock_now())
    assert "边界用例" in caught.value.zh and "版本试算" in caught.value.zh
    assert "generated boundary cases, as the service has no decided case" in caught.value.en
    assert [one.code for one in publish.missing(proposal, clock_now())] == ["no_trial"]


def test_a_byte_changed_since_the_trial_is_refused(live):
    finished(clock_now(), ONE_BYTE, live=live)
    refused_three_times(proposed(LAW, TECH), "no_trial", "This text was not tried")


@pytest.mark.parametrize(("days", "until"), [(89, 1), (90, 2), (365, 2), (1, 1)])
def test_a_trial_over_too_few_days_is_refused(live, days, until):
    finished(clock_now(), NEXT, live=live, days=days, until=until)
    refused_three_times(proposed(LAW, TECH), "trial_too_short", "A trial has to go over")


@pytest.mark.parametrize(("days", "until"), [(90, 1), (91, 0), (400, 0)])
def test_a_trial_over_just_the_days_or_more_is_enough(live, days, until):
    trial = finished(clock_now(), NEXT, live=live, days=days, until=until)
    edition = publish.publish(proposed(LAW, TECH).pk, by=WANG, now=clock_now())
    assert edition.trial == trial and list(audit.faults()) == []


def test_a_trial_in_which_sql_and_judge_disagreed_is_refused(live):
    finished(clock_now(), NEXT, live=live, disagreements=1)
    refused_three_times(proposed(LAW, TECH), "trial_outdated", "disagreed")


def test_a_trial_beside_another_edition_is_refused(live):
    finished(clock_now(), NEXT, live=None)
    refused_three_times(proposed(LAW, TECH), "trial_outdated", "Another edition is in force")


@pytest.mark.parametrize("by", [(), (LAW,), (TECH,)])
def test_a_tried_text_with_fewer_than_two_reviews_is_refused(live, by):
    proposal = proposed(*by)
    tried(proposal, clock_now())
    role = "technical" if LAW in by else "legal"
    refused_three_times(
        proposal, f"no_{role}_review", f"No {role} officer", in_sql="have not approved it"
    )


def test_a_trial_stands_for_as_many_days_as_the_city_says(db, now):
    live = published(SMALL, now)
    proposal = publish.propose(NEXT, by=LI, now=now)
    for one in (LAW, TECH):
        agree(proposal, one, now)
    finished(now, NEXT, live=live)
    late = now + 14 * DAY
    after = late + datetime.timedelta(microseconds=1)
    with pytest.raises(ActionRejected, match="14 days ago"):
        publish.publish(proposal.pk, by=WANG, now=after)
    sql = "SELECT services_trial_stands(t, %s) FROM services_trial t WHERE t.kind = 'past'"
    with connection.cursor() as cursor:
        for at in (after, late, now - DAY):
            cursor.execute(sql, [at])
            assert cursor.fetchone() == (at == late,)
    assert publish.publish(proposal.pk, by=WANG, now=late).number == 2


def test_another_trial_cannot_be_named_in_its_place(live):
    """A trial of another text, or one that was not finished, lets no text through."""
    proposal = proposed(LAW, TECH)
    other = finished(clock_now(), ONE_BYTE, live=live)
    named = EDITION.replace("WHERE t.hash = p.hash AND", f"WHERE t.id = '{other.pk}' AND")
    assert named != EDITION
    with (
        pytest.raises(DatabaseError, match="not tried"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(named, [clock_now(), proposal.pk])


def test_the_event_and_the_edition_say_what_was_tried_and_that_it_was_generated(db):
    edition = published(SMALL, clock_now())
    data = Event.objects.filter(subject="service:bus_pass", kind="published").get().data
    assert f'"trial":"{edition.trial.pk}"' in data and '"tried_on":"boundary"' in data
    said = trials.stated(edition.trial)
    assert "边界用例" in said.zh and "generated boundary cases" in said.en
    assert edition.trial.cases > 3


def test_a_roll_back_has_a_shorter_period_which_is_stated(db):
    first = published(SMALL, clock_now())
    text = changed(START, f"in_force_from: {city_date(clock_now())}")
    second = published(text, clock_now())
    again = publish.propose(
        SMALL, by=LI, now=clock_now(), rollback=publish.Rollback("规则有误，恢复旧版")
    )
    for by in (LAW, TECH):
        agree(again, by, clock_now())
    finished(clock_now(), SMALL, live=second, days=29)
    assert by_action(again) == "trial_too_short"
    trial = finished(clock_now(), SMALL, live=second, days=30)
    third = publish.publish(again.pk, by=WANG, now=clock_now())
    assert (third.rollback_of, third.trial) == (first, trial) and list(audit.faults()) == []
    event = Event.objects.filter(subject="service:bus_pass", kind="published").order_by("-seq")
    assert '"tried_days":"30"' in event.first().data and '"tried_on":"past"' in event.first().data
    said = trials.stated(trial)
    assert "缩短为至少 30 天" in said.zh and "shortened to 30 days" in said.en


def test_the_command_tries_what_is_proposed_and_publishes_it(live):
    proposed(LAW, TECH)
    out = io.StringIO()
    call_command("pack", "backtest", "--proposed", "--by", "li", stdout=out)
    assert "no past cases: generated boundary cases stand in" in out.getvalue()
    before = Trial.objects.count()
    call_command("pack", "backtest", "--proposed", "--by", "li", stdout=out)  # nothing lacks one
    assert Trial.objects.count() == before
    call_command("pack", "publish", "--all", "--by", "wang", stdout=out)
    assert "published bus_pass v2" in out.getvalue()
    assert "tried on" in out.getvalue() and "generated boundary cases" in out.getvalue()


def test_a_new_service_is_tried_before_it_is_proposed(db, tmp_path):
    with_officers()
    with_key_for_trials(clock_now())
    path, out = tmp_path / "bus_pass.yaml", io.StringIO()
    path.write_text(SMALL)
    tries = ["backtest", "bus_pass", "--against", str(path), "--store", "--by"]
    with pytest.raises(CommandError):
        call_command("pack", *tries, "han")  # no policy officer
    call_command("pack", *tries, "li", stdout=out)
    assert "boundary cases stand in" in out.getvalue() and f"{path} alone" in out.getvalue()
    proposal = publish.propose(SMALL, by=LI, now=clock_now())
    for by in (LAW, TECH):
        agree(proposal, by, clock_now())
    edition = publish.publish(proposal.pk, by=LI, now=clock_now())
    assert edition.is_first and edition.trial.live is None


@pytest.mark.usefixtures("committed")
def test_a_publication_that_races_a_changed_draft_publishes_what_was_tried():
    at = clock_now()
    published(SMALL, at)
    was_tried = approved(publish.propose(NEXT, by=LI, now=at), at)
    other = publish.propose(ONE_BYTE, by=LI, now=at)  # as changed at the last moment
    for one in (LAW, TECH):
        agree(other, one, at)

    def go(pk):
        try:
            return publish.publish(pk, by=WANG, now=clock_now()).hash
        except ActionRejected as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        results = set(pool.map(go, [other.pk, was_tried.pk] * 2))
    assert was_tried.hash in results and other.hash not in results
    latest = Edition.objects.get(service="bus_pass", number=2)
    assert latest.source == latest.trial.source == NEXT and list(audit.faults()) == []


def city_day(moment):
    """The day in a city eight hours ahead, by whole seconds: no calendar, no time zone."""
    return datetime.date.fromordinal(719_163 + (int(moment.timestamp()) + 8 * 3600) // 86_400)


near_midnight = st.builds(
    lambda day, second: (
        datetime.datetime(2026, 1, 1, 16, tzinfo=datetime.UTC)
        + datetime.timedelta(days=day, seconds=second)
    ),
    st.integers(0, 800),
    st.integers(-2, 2) | st.integers(-43_200, 43_199),
)


@given(near_midnight, st.integers(-2, 2), st.integers(-2, 2), st.booleans())
@hypothesis_settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_days_asked_for_end_before_the_city_s_day_of_the_order(
    one_trial, asked_at, first, last, is_earlier
):
    """Python and PostgreSQL agree with a reckoning of its own, at the city's midnight too."""
    live, trial = one_trial[is_earlier]
    day, days = city_day(asked_at), 30 if is_earlier else 90
    wanted = datetime.date.fromordinal(day.toordinal() - days), day - DAY
    assert trials.required("bus_pass", trial.hash, asked_at) == wanted
    row = {
        "asked_at": asked_at.isoformat(),
        "finished_at": asked_at.isoformat(),
        "first_day": str(wanted[0] + first * DAY),
        "last_day": str(wanted[1] + last * DAY),
        "live_id": live.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT services_trial_stands(jsonb_populate_record(t, %s), %s)"
            " FROM services_trial t WHERE t.id = %s",
            [json.dumps(row), asked_at, trial.pk],
        )
        assert cursor.fetchone() == (first <= 0 and last >= 0,)


@pytest.fixture
def one_trial(db):
    """A trial of a new text and one of an earlier one, and the edition in force since long ago."""
    at = datetime.datetime(2022, 1, 1, tzinfo=datetime.UTC)
    earlier = changed(START, "in_force_from: 2022-01-01")
    live = published(earlier, at)
    return {
        True: (live, finished(at, earlier, live=live)),
        False: (live, finished(at, NEXT, live=live)),
    }
