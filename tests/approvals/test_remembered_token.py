"""Whose token it is, is remembered for moments and proved anew by the statement that writes."""

import datetime as dt
import time

import pytest

from approvals.api import authentication
from approvals.models import Application
from exchange.models import Partner
from ledger import clock
from tests.approvals.program import Program, another_body, assert_problem, body
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("furnished")


@pytest.fixture
def remembered() -> str:
    """This process knows the token, and takes the next application in one statement."""
    assert Program().post(another_body()).status == 202
    with counted(1):
        reply = Program().post(body(), Idempotency_Key="the-second-one")
    assert reply.status == 202
    return str(reply.json["number"])


def count() -> int:
    return Application.objects.count()


def test_a_partner_switched_off_is_nobody_at_once(remembered: str) -> None:
    Partner.objects.filter(code="window").update(active=False)
    assert_problem(Program().post(body()), 401, "bad_token")
    assert count() == 2


def test_a_token_that_was_replaced_opens_nothing(remembered: str) -> None:
    Partner.objects.filter(code="window").update(token_hash=bytes(32))
    assert_problem(Program().post(body()), 401, "bad_token")
    assert_problem(Program().post(body(), Idempotency_Key="the-second-one"), 401, "bad_token")
    assert_problem(Program().post(body(service="nothing")), 401, "bad_token")
    assert_problem(Program().post(body(answers={})), 401, "bad_token")
    assert count() == 2


def test_a_service_taken_away_is_refused_at_once(remembered: str) -> None:
    Partner.objects.filter(code="window").update(services=["sole_trader"])
    assert_problem(Program().post(body()), 403, "not_your_service")
    assert count() == 2


def test_the_same_key_finds_the_same_application(remembered: str) -> None:
    again = Program().post(body(), Idempotency_Key="the-second-one")
    assert again.status == 202 and again.json["number"] == remembered
    assert count() == 2


def test_what_is_long_ago_is_asked_again(remembered: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "_known", {})
    with counted(2):
        assert Program().post(another_body()).status == 202
    for digest, (_, grant) in list(authentication._known.items()):
        authentication._known[digest] = (time.monotonic() - 0.1, grant)
    with counted(2):
        assert Program().post(another_body()).status == 202


@pytest.mark.parametrize("wrong", [-60, 60])
def test_a_clock_that_has_gone_astray_is_set_right(remembered: str, wrong: int) -> None:
    """The submission's moment is PostgreSQL's, whatever this process believes."""
    clock.remember(clock.now() + dt.timedelta(seconds=wrong))
    reply = Program().post(another_body())
    assert reply.status == 202
    submitted = Application.objects.get(number=reply.json["number"]).submitted_at
    assert submitted is not None and abs((clock.now() - submitted).total_seconds()) < 5
