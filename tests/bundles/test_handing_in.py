"""A bundle handed in: its first steps at once, the others when what they wait for is granted."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

import orjson
import pytest
from django.db import IntegrityError, connection, transaction

from approvals import actions as approvals
from approvals.actions.submission import Key
from approvals.models import Application, Submission
from bundles import actions, following, offers
from bundles.models import BundledCase, BundleStep
from bundles.states import StepState
from certificates.models import Certificate
from city.errors import SourceError
from ledger.clock import now
from ledger.models import Event
from people.errors import ActionRejected
from services import publish
from tests.approvals.cases import audited, citizen, graduate_answers, person, submit
from tests.bundles.cases import answers, application, follow, hand_in, settle, states, steps
from tests.services.packs import LI, text
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("trial")


def test_the_first_step_is_an_application_and_the_others_wait() -> None:
    case = hand_in()
    assert states(case) == {"home": "submitted", "insurance": "waiting", "shop": "waiting"}
    home = application(case, "home")
    assert home.service_id == "graduate_settlement" and home.applicant == case.applicant
    event = Event.objects.get(subject=home.subject, seq=1)
    assert orjson.loads(event.data)["bundle"] == {"case": case.number, "step": "home"}


def test_what_waits_follows_when_it_is_granted_and_each_has_its_own_receipt() -> None:
    case = hand_in()
    settle(application(case, "home"))
    assert states(case)["insurance"] == "waiting"
    follow()
    assert states(case) == {"home": "approved", "insurance": "submitted", "shop": "submitted"}
    settle(application(case, "insurance"), application(case, "shop"))
    assert set(states(case).values()) == {"approved"}
    issued = Certificate.objects.filter(holder=case.applicant).values_list("kind", flat=True)
    assert sorted(issued) == ["business_licence", "settlement_approval", "transfer_letter"]
    decisions = [step.application.decisions.get() for step in steps(case).values()]
    assert len({bytes(one.receipt) for one in decisions}) == 3
    assert audited() == []


def test_nothing_that_was_not_chosen_is_applied_for() -> None:
    case = hand_in(chosen=())
    assert list(steps(case)) == ["home", "insurance"]


def test_one_step_that_goes_to_an_officer_leaves_the_others_whole() -> None:
    case = hand_in(given=answers(trade_name="政府"))
    settle(application(case, "home"))
    follow()
    settle(application(case, "insurance"), application(case, "shop"))
    assert states(case)["insurance"] == "approved"
    assert states(case)["shop"] == "returned"


def test_what_waits_for_a_refused_step_stops_and_says_why() -> None:
    case = hand_in(applicant=person("credit_hit"))
    settle(application(case, "home"))
    home = application(case, "home")
    follow()
    assert states(case) == {"home": "review", "insurance": "waiting", "shop": "waiting"}
    approvals.withdraw(number=home.number, by=citizen(person("credit_hit")), now=now())
    follow()
    assert states(case) == {"home": "withdrawn", "insurance": "stopped", "shop": "stopped"}
    why = steps(case)["shop"].why
    assert why["code"] == "waits_in_vain" and home.number in why["zh"] and why["step"] == "home"
    assert Application.objects.filter(service="sole_trader").count() == 0
    assert audited() == []


def test_a_step_that_cannot_be_handed_in_stops_with_the_reason_of_its_own_service() -> None:
    """The applicant has opened the same shop by itself in the meantime."""
    case = hand_in()
    submit("graduate", "sole_trader", by=citizen(person("graduate")))
    settle(application(case, "home"))
    follow()
    assert states(case)["shop"] == "stopped" and states(case)["insurance"] == "submitted"
    assert steps(case)["shop"].why["code"] == "duplicate"


def test_a_second_tap_makes_nothing_and_shows_the_first() -> None:
    first = hand_in()
    assert hand_in().pk == first.pk
    assert (BundledCase.objects.count(), Application.objects.count()) == (1, 1)
    with pytest.raises(ActionRejected, match="Key"):
        hand_in(given=answers(paid_in="440000"))


def test_two_taps_at_the_same_moment_make_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second looked before the first had written: PostgreSQL keeps the key once."""
    monkeypatch.setattr(actions, "_before", lambda key, by: None)
    first = hand_in()
    assert hand_in().pk == first.pk
    assert (BundledCase.objects.count(), BundleStep.objects.count()) == (1, 3)


def test_what_is_wrong_is_named_in_the_joint_form_and_nothing_is_written() -> None:
    with pytest.raises(ActionRejected) as raised:
        hand_in(given={**answers(address="x", employees=0), "paid_in": "999999"})
    assert {f["pointer"] for f in raised.value.faults} == {
        "/answers/address", "/answers/employees", "/answers/paid_in",
    }  # fmt: skip
    assert not BundledCase.objects.exists() and not Application.objects.exists()


def test_what_exists_already_is_said_and_nothing_is_written() -> None:
    other = submit("graduate")
    with pytest.raises(ActionRejected, match=other.number) as raised:
        hand_in()
    assert raised.value.code == "duplicate"
    assert not BundledCase.objects.exists() and Submission.objects.count() == 0


def test_an_edition_that_is_not_in_force_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = offers.joint

    def stale(*args: Any) -> Any:
        found = shown(*args)
        assert found is not None
        books = {code: replace(book, number=book.number + 1) for code, book in found.books.items()}
        return replace(found, books=books)

    monkeypatch.setattr(offers, "joint", stale)
    with pytest.raises(ActionRejected) as raised:
        hand_in()
    assert raised.value.code == "edition_not_in_force"
    assert not BundledCase.objects.exists()


def test_killed_before_the_step_is_marked_it_is_handed_in_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = hand_in(chosen=())
    settle(application(case, "home"))

    def killed(*args: Any, **more: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(following, "move", killed)
        follow()
    assert states(case)["insurance"] == "waiting"
    assert not Application.objects.filter(service="social_transfer").exists()
    follow()
    follow()
    assert Application.objects.filter(service="social_transfer").count() == 1


def test_one_step_that_fails_is_tried_again_and_keeps_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    case = hand_in()
    settle(application(case, "home"))
    real, at = following._submit, now()

    def faulty(step: BundleStep, moment: datetime.datetime) -> Application:
        if step.code == "insurance":
            raise RuntimeError("of the machine's own")
        return real(step, moment)

    with monkeypatch.context() as patched:
        patched.setattr(following, "_submit", faulty)
        follow(at)
    assert states(case) == {"home": "approved", "insurance": "waiting", "shop": "submitted"}
    assert "could not follow" in caplog.text
    follow(at + following.AGAIN)
    assert states(case)["insurance"] == "submitted"


def test_what_is_left_can_be_given_up_and_what_is_granted_stays() -> None:
    case, by = hand_in(given=answers(trade_name="政府")), citizen(person("graduate"))
    settle(application(case, "home"))
    follow()
    settle(application(case, "insurance"), application(case, "shop"))
    assert states(case)["shop"] == "returned"
    actions.give_up(number=case.number, by=by, now=now())
    assert states(case) == {"home": "approved", "insurance": "approved", "shop": "withdrawn"}
    with pytest.raises(ActionRejected, match="nothing left"):
        actions.give_up(number=case.number, by=by, now=now())
    assert audited() == []


def test_given_up_before_it_followed_it_never_follows() -> None:
    case, by = hand_in(applicant=person("credit_hit")), citizen(person("credit_hit"))
    settle(application(case, "home"))
    actions.give_up(number=case.number, by=by, now=now())
    assert states(case) == {"home": "withdrawn", "insurance": "dropped", "shop": "dropped"}
    follow()
    assert Application.objects.count() == 1


def test_a_stopped_step_goes_on_when_its_obstacle_is_gone() -> None:
    case, by = hand_in(chosen=()), citizen(person("graduate"))
    BundleStep.objects.filter(case=case, code="insurance").update(
        state=StepState.STOPPED, why={"code": "x", "zh": "x", "en": "x"}
    )
    with pytest.raises(ActionRejected, match="cannot go on"):
        actions.take_up(number=case.number, step="insurance", by=by, now=now())
    settle(application(case, "home"))
    actions.take_up(number=case.number, step="insurance", by=by, now=now())
    follow()
    assert states(case)["insurance"] == "submitted"


def test_nobody_else_gives_up_or_takes_up() -> None:
    case, other = hand_in(), citizen(person("trader"))
    for call in (
        lambda: actions.give_up(number=case.number, by=other, now=now()),
        lambda: actions.take_up(number=case.number, step="shop", by=other, now=now()),
    ):
        with pytest.raises(ActionRejected) as raised:
            call()
        assert raised.value.status == 404


REFUSED = {
    "before what it waits for": "UPDATE bundles_bundlestep SET state = 'submitted',"
    " application_id = (SELECT id FROM approvals_application LIMIT 1) WHERE code = 'shop'",
    "back again": "UPDATE bundles_bundlestep SET state = 'waiting', application_id = NULL"
    " WHERE code = 'home'",
    "other answers": "UPDATE bundles_bundlestep SET answers = '{}' WHERE code = 'shop'",
    "without its order": "UPDATE bundles_bundlestep SET after = '[]' WHERE code = 'shop'",
    "another applicant": "UPDATE bundles_bundledcase SET applicant = repeat('a', 32)",
    "deleted": "DELETE FROM bundles_bundlestep",
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_postgresql_refuses(statement: str) -> None:
    hand_in()
    with (
        pytest.raises(Exception) as raised,  # IntegrityError, or of history
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert (
        isinstance(raised.value, IntegrityError)
        or "refused" in str(raised.value)
        or ("permission denied" in str(raised.value))
    ), raised.value


def test_a_plain_application_asks_nothing_more() -> None:
    """It is written in one statement, as it was before there were bundles."""
    submit("trader", "sole_trader")  # whatever is looked up once a process
    submit("credit_hit")
    applicant = person("graduate")
    at = now()
    with counted(1):
        approvals.submit(
            new=approvals.NewApplication(
                service="graduate_settlement",
                applicant=applicant,
                answers=graduate_answers(),
                channel="portal",
                key=Key("k" * 32, b"0" * 32),
            ),
            by=citizen(applicant),
            now=at,
        )


def test_an_edition_that_takes_other_answers_is_not_published() -> None:
    """The live edition stays, and so does the bundle."""
    source = text("social_transfer").replace(
        "in_force_from: 2026-01-01", "in_force_from: 2026-01-02"
    )
    other = source.replace("format: phone", "format: date").replace(
        "format: date\n",
        "format: date\n      formatMinimum: '1900-01-01'\n      formatMaximum: '2100-12-31'\n",
    )
    with pytest.raises(SourceError, match=r"bundles\.yaml:") as raised:
        publish.propose(other, by=LI, now=now(), file="social_transfer.yaml")
    assert "phone of social_transfer and phone of graduate_settlement" in str(raised.value)
    assert hand_in().bundle == "trial"
