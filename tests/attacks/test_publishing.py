"""A8 and A9: bounds that a pack must have, and editions that one person or a past date makes."""

import datetime as dt
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from city.errors import SourceError
from ledger.clock import city_date, now
from people import identity
from people.actors import Actor, Kind, officer
from people.errors import ActionRejected
from people.models import User
from services import catalogue, publish, reviews
from services.models import Edition
from tests.approvals import cases
from tests.approvals.program import Program
from tests.attacks import outside
from tests.services.editions import tried

PACKS = sorted(Path("cities/sample/services").glob("*.yaml"))
BOUND = re.compile(r",? *(?:min|max|minimum|maximum|minItems|maxItems|formatMinimum|formatMaximum):"
                   r" *'?[-0-9.]+'?(?=[,}\n])")  # fmt: skip


def without_each_bound():
    """Each pack with one bound less, that is not a text's length."""
    for path in PACKS:
        text = path.read_text()
        for found in BOUND.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            cut = text[: found.start()] + text[found.end() :].removeprefix(",")
            yield pytest.param(path, cut, id=f"{path.stem}:{line}:{found[0].strip(' ,')}")


ALL = list(without_each_bound())


def test_there_are_bounds_to_take_away():
    assert len(ALL) > 60


@pytest.mark.parametrize(("path", "text"), ALL[:: max(1, len(ALL) // 5)])
def test_a_pack_without_one_of_its_bounds_is_not_published(path, text):
    with pytest.raises(SourceError):
        publish.check(text, str(path))


ODD_ANSWERS = [
    {"employees": 0}, {"employees": -1}, {"employees": 10**30}, {"employees": 1.5},
    {"employees": "1"}, {"employees": True}, {"employees": None}, {"scope": []},
    {"scope": ["F5299"] * 2}, {"scope": "F5299"}, {"scope": ["F5299", "F5299 "]},
    {"employees": 1e308}, {"employees": 10000}, {"trade_name": ["云清"]}, {"trade_name": {}},
]  # fmt: skip


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize("odd", ODD_ANSWERS, ids=str)
def test_an_amount_out_of_all_bounds_is_no_answer(odd):
    who, answers = cases.worker(0)
    reply = Program().post(outside.body("sole_trader", who.number, who.name, {**answers, **odd}))
    assert reply.status in (400, 422), reply.raw


BORN = [
    "0001-01-01",
    "0000-01-01",
    "9999-12-31",
    "1899-12-31",
    "2101-01-01",
    "-0044-03-15",
    "",
    "x",
]


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize("born", [*BORN, "2000-02-30", "20000101", "2000-1-1", "٢٠٠٠-٠١-٠١"])
def test_a_registered_date_out_of_all_bounds_approves_nobody(born):
    who, answers = cases.worker(1)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE exchange_record SET data = jsonb_set(data, '{born}', to_jsonb(%s::text))"
            " WHERE subject = %s AND registry = 'population'",
            [born, identity.index(who.number)],
        )
    assert (
        outside.submit(outside.body("sole_trader", who.number, who.name, answers)).state == "review"
    )


TRADER = Path("cities/sample/services/sole_trader.yaml")


def dated(day, extra=""):
    return TRADER.read_text().replace("in_force_from: 2026-01-01", f"in_force_from: {day}") + extra


def policy(name="policy"):
    return officer(User.objects.get(username=name))


@pytest.fixture
def tomorrow(furnished):
    return city_date(now() + dt.timedelta(days=2))


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize("day", ["2026-01-01", "2020-01-01", "1900-01-01", "0001-01-01"])
def test_no_later_edition_begins_in_the_past(day):
    with pytest.raises((ActionRejected, SourceError)):
        publish.propose(dated(day, "# another\n"), by=policy(), now=now())
    assert Edition.objects.filter(service_id="sole_trader").count() == 1


def approve(proposal, *names):
    """Try a proposal, and approve it as each of these officers."""
    tried(proposal, now())
    for name in names or ("legal-market", "technical"):
        opinion = reviews.Opinion(True, "已核对，同意", proposal.hash)
        reviews.review(proposal.pk, opinion, by=policy(name), now=now())


def test_one_person_publishes_nothing(tomorrow):
    made = publish.propose(dated(tomorrow), by=policy(), now=now())
    for by in (policy(), Actor(Kind.MACHINE, "engine"), Actor(Kind.CITIZEN, "x")):
        with pytest.raises(ActionRejected):
            publish.publish(made.pk, by=by, now=now())
    for name in ("policy", "policy-law", "operator", "auditor", "clerk-hrss", "head-market"):
        with pytest.raises(ActionRejected):
            approve(made, name)
    for name in ("policy", "operator", "auditor", "clerk-hrss", "graduate", "nobody"):
        with pytest.raises((ActionRejected, CommandError, SystemExit)):
            call_command("pack", "publish", str(made.pk), by=name)
    approve(made, "technical")
    with pytest.raises(ActionRejected):  # one of two
        publish.publish(made.pk, by=policy(), now=now())
    for name in ("technical", "policy"):
        with pytest.raises(ActionRejected):  # nobody twice
            approve(made, name)
    assert Edition.objects.filter(service_id="sole_trader").count() == 1
    approve(made, "legal-hrss")
    publish.publish(made.pk, by=policy("policy-law"), now=now())
    assert Edition.objects.filter(service_id="sole_trader").count() == 2
    with pytest.raises(ActionRejected):  # once is enough
        publish.publish(made.pk, by=policy("policy-law"), now=now())


def test_an_older_text_again_is_a_roll_back_or_nothing(tomorrow):
    made = publish.propose(dated(tomorrow), by=policy(), now=now())
    approve(made)
    publish.publish(made.pk, by=policy("policy-law"), now=now())
    old = TRADER.read_text()
    for text in (old, dated(tomorrow)):
        with pytest.raises(ActionRejected):
            publish.propose(text, by=policy(), now=now())
    assert Edition.objects.filter(service_id="sole_trader").count() == 2
    with pytest.raises(ActionRejected):
        publish.propose(old, by=policy(), now=now(), rollback=publish.Rollback(" "))
    past = publish.Rollback("规则有误", dt.date(2026, 1, 1))
    with pytest.raises(ActionRejected):
        publish.propose(old, by=policy(), now=now(), rollback=past)
    again = publish.propose(old, by=policy(), now=now(), rollback=publish.Rollback("规则有误"))
    approve(again)
    publish.publish(again.pk, by=policy("policy-law"), now=now())
    latest = catalogue.current("sole_trader", tomorrow)
    assert (latest.number, latest.source) == (3, old)


def test_a_proposal_is_not_edited_after_it_was_made(tomorrow):
    made = publish.propose(dated(tomorrow), by=policy(), now=now())
    approve(made)
    with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute("UPDATE services_proposal SET source = source || '# looser'")
    assert publish.publish(made.pk, by=policy(), now=now()).source == dated(tomorrow)
