"""What a finished trial has to be before its draft is published, and that it never changes."""

import datetime
import os

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from psycopg.conninfo import conninfo_to_dict

from ledger import rotation
from ledger.clock import city_date
from ledger.clock import now as clock_now
from people.actors import CLOCK
from people.errors import ActionRejected
from services import audit, trials
from services.edition import draft
from services.models import TrialKind
from tests.services.editions import published
from tests.services.packs import LI, SMALL, changed
from tests.services.past_trials import finished

NEXT = changed("in_force_from: 2026-01-01", "in_force_from: 2026-07-01")
DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def no_other_keys(settings):
    """Those that sign PDFs take long to make."""
    settings.KEY_MAKERS = ()


@pytest.fixture
def live(db, now):
    """The edition in force, beside which drafts are tried; trials can be signed."""
    rotation.make(now)
    return published(SMALL, now)


def tried(now, text=NEXT, **named):
    return finished(now, text, **named)


def code(now, text=NEXT):
    """What a draft still lacks before it is published; empty: nothing."""
    read = draft(text, city=settings.CITY)
    try:
        trials.standing(read.pack.service, read.digest(), now)
    except ActionRejected as rejected:
        return rejected.code
    return ""


def test_a_trial_stands_for_the_very_text_that_was_tried(now, live):
    assert code(now) == "no_trial"
    trial = tried(now, live=live)
    read = draft(NEXT, city=settings.CITY)
    assert trials.standing("bus_pass", read.digest(), now) == trial
    assert code(now, NEXT + "\n") == "no_trial"


def test_a_trial_stands_for_so_many_days_of_receipt_as_the_city_says(now, live):
    tried(now, live=live, days=89)
    assert code(now) == "trial_too_short"
    tried(now, live=live, days=90, until=2)  # and up to the day before it was ordered
    assert code(now + datetime.timedelta(seconds=1)) == "trial_too_short"


def test_an_earlier_text_goes_over_fewer_days(now, live):
    second = published(
        changed("in_force_from: 2026-01-01", f"in_force_from: {city_date(now)}"), now
    )
    tried(now, SMALL, live=second, days=29)
    assert code(now, SMALL) == "trial_too_short"
    tried(now + DAY / 24, SMALL, live=second, days=31)
    assert code(now + DAY / 24, SMALL) == ""


def test_a_trial_is_outdated_by_its_age_and_by_another_edition(now, live):
    tried(now, live=live)
    assert code(now + 14 * DAY) == ""
    assert code(now + 14 * DAY + datetime.timedelta(microseconds=1)) == "trial_outdated"
    published(changed("in_force_from: 2026-01-01", f"in_force_from: {city_date(now)}"), now)
    assert code(now) == "trial_outdated"


def test_a_trial_in_which_sql_and_judge_disagree_does_not_stand(now, live):
    tried(now, live=live, disagreements=1)
    assert code(now) == "trial_outdated"


def test_a_trial_that_has_not_finished_does_not_stand(now, live):
    today = city_date(now)
    read = draft(NEXT, city=settings.CITY)
    order = trials.Order(read, live, TrialKind.PAST, today - 90 * DAY, today)
    trial = trials.ordered(order, by=LI, now=now)
    assert code(now) == "no_trial"
    trials.begin(trial, by=CLOCK, now=now)
    trials.fail(trial, "no key", by=CLOCK, now=now)
    assert code(now) == "no_trial"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE services_trial SET disagreements = 0",
        "UPDATE services_trial SET state = 'running', finished_at = NULL",
        "DELETE FROM services_trial",
        "TRUNCATE services_trial CASCADE",
        "UPDATE services_trialflip SET draft = 'return'",
        "DELETE FROM services_trialflip WHERE place = 2",
        "INSERT INTO services_trialflip (id, trial_id, place, application, live, draft, changes,"
        " facts, region, age, legal_kind) SELECT gen_random_uuid(), id, 3, '', 'refer', 'approve',"
        " '{}', '{}', '', '', '' FROM services_trial",
    ],
)
def test_a_finished_trial_and_its_cases_never_change(now, live, statement):
    tried(now, live=live)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def insider(committed, now):
    """Runs a statement as whoever has the owner's account, and switches every trigger off."""
    rotation.make(now)
    url = os.environ.get("DATABASE_ADMIN_URL")
    if not url:
        pytest.skip("no superuser on this server")
    settings, before = connection.settings_dict, connection.settings_dict["USER"]

    def run(statement):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(statement)
            assert cursor.rowcount > 0

    settings["USER"] = conninfo_to_dict(url)["user"]
    connection.close()
    yield run
    settings["USER"] = before
    connection.close()


EDITS = {
    "UPDATE services_trial SET document = overlay(document placing 'x' from 100)": "signature",
    "UPDATE services_trial SET signature = overlay(signature placing 'x' from 9)": "signature",
    "UPDATE services_trial SET disagreements = disagreements + 1": "row",
    "UPDATE services_trial SET first_day = first_day - 1": "row",
    "UPDATE services_trial SET moves = '[{}]'": "row",
    "UPDATE services_trial SET source = source || ' '": "text",
    "DELETE FROM services_trialflip WHERE place = 2": "cases",
    "DELETE FROM services_trialflip": "cases",
    "UPDATE services_trialflip SET draft = 'return' WHERE place = 1": "cases",
    "UPDATE services_trialflip SET facts = '{}' WHERE place = 1": "cases",
    "DELETE FROM ledger_event WHERE kind = 'finished'": "event",
}


def test_what_an_insider_changes_of_a_trial_is_found(now, insider):
    trial = tried(now, live=published(SMALL, now))
    assert list(audit.faults()) == []
    for edit, part in EDITS.items():
        with transaction.atomic():
            insider(edit)
            found = list(audit.faults())
            assert any(part in sentence for sentence in found), (edit, found)
            transaction.set_rollback(True)
    with transaction.atomic():
        gone = f"(SELECT id FROM services_trial WHERE hash = '{trial.hash}')"
        insider(f"DELETE FROM services_trialflip WHERE trial_id IN {gone}")
        insider(f"DELETE FROM services_trial WHERE id IN {gone}")
        (found,) = audit.faults()
        assert found.endswith("the trial is gone")
        transaction.set_rollback(True)


OF_EDITIONS = {
    "UPDATE services_edition SET trial_id = NULL": "was published without a trial",
    "UPDATE services_edition SET trial_id = (SELECT id FROM services_trial WHERE kind = 'past')":
        "its trial is of another text",
    "UPDATE ledger_event SET data = replace(data, '\"tried_from\":\"\"', '\"tried_from\":\"x\"')"
    " WHERE kind = 'published'": "not that of its publication",
}  # fmt: skip


def test_an_edition_without_its_trial_is_found(insider):
    at = clock_now()
    tried(at, live=published(SMALL, at))
    assert list(audit.faults()) == []
    for edit, words in OF_EDITIONS.items():
        with transaction.atomic():
            insider(edit)
            found = list(audit.faults())
            assert any(words in sentence for sentence in found), (edit, found)
            transaction.set_rollback(True)
    with transaction.atomic():  # nor does an event that speaks of none make it one of before
        insider("UPDATE services_edition SET trial_id = NULL")
        insider(
            "UPDATE ledger_event SET data = replace(data, '\"trial\":', '\"other\":')"
            " WHERE kind = 'published' AND subject = 'service:bus_pass'"
        )
        assert any("without a trial" in sentence for sentence in audit.faults())
        transaction.set_rollback(True)
