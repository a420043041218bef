"""What may exist once is granted once, however many ask at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from approvals import actions
from approvals.actions.submission import Key
from approvals.models import Application, GuardKey
from approvals.states import State
from approvals.workers.engine import Engine
from certificates.models import Certificate
from ledger.clock import now
from people.actors import Actor, officer
from people.errors import ActionRejected
from tests import officers
from tests.approvals.cases import (
    answer_checks,
    audited,
    citizen,
    decide,
    graduate_answers,
    person,
    places,
    submit,
)
from tests.approvals.cases import trader_answers as trader

pytestmark = pytest.mark.usefixtures("furnished_committed")


def at(place: int, name: str) -> dict:
    shops = places("commercial")
    codes = [next(shops).code for _ in range(place + 1)]
    return trader(premises=codes[place], trade_name=name)


@pytest.mark.parametrize("with_key", [False, True])
def test_of_two_hundred_at_once_one_is_taken_and_the_others_learn_its_number(
    with_key: bool,
) -> None:
    def post(place: int) -> str:
        try:
            key = Key(f"key-number-{place}", bytes(32)) if with_key else None
            return f"taken {submit(key=key).number}"
        except ActionRejected as error:
            return f"{error.status} {error.code} {error.en}"
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(post, range(200)))
    (first,) = [text for text in answers if text.startswith("taken")]
    number = first.removeprefix("taken ")
    others = {text for text in answers if text != first}
    assert len(others) == 1 and others.pop().startswith("409 duplicate")
    assert all(number in text for text in answers)
    assert Application.objects.count() == 1


def test_whose_certificate_is_valid_may_not_apply_again_until_it_ends() -> None:
    from certificates.actions import cancel

    case = submit()
    answer_checks(case)
    assert decide(case)[0].state == State.APPROVED
    with pytest.raises(ActionRejected) as caught:
        submit()
    assert case.number in caught.value.zh and caught.value.status == 409
    held = Certificate.objects.get()
    cancel(public_id=held.public_id, reason="本人申请", by=citizen(person("graduate")), now=now())
    assert submit().state == State.SUBMITTED


def test_what_was_withdrawn_holds_nothing() -> None:
    case = submit()
    Application.objects.filter(id=case.id)
    answer_checks(case, education="timeout")
    (case,) = decide(case)
    assert case.state == State.REVIEW
    actions.withdraw(number=case.number, by=citizen(person("graduate")), now=now())
    assert not GuardKey.objects.filter(held=True).exists()
    assert submit().state == State.SUBMITTED


def test_anothers_name_is_taken_without_telling_whose_case_it_is() -> None:
    first = submit("trader", "sole_trader", answers=at(0, "云帆嘉禾"))
    with pytest.raises(ActionRejected) as caught:
        submit("trader_ban_over", "sole_trader", answers=at(1, "云帆嘉禾"))
    assert caught.value.code == "duplicate" and first.number not in str(caught.value)


def test_within_one_batch_the_second_at_the_same_premises_reaches_an_officer() -> None:
    """Two cases of one trader cannot be open at once, so the first is decided before the second."""
    one = submit("trader", "sole_trader", answers=at(0, "云帆嘉禾"))
    Engine().drain()
    assert Application.objects.get(id=one.id).state == State.APPROVED
    two = submit("trader", "sole_trader", answers=at(0, "松泰明德"))
    Engine().drain()
    second = Application.objects.get(id=two.id)
    assert (second.state, second.handover) == (State.REVIEW, "duplicate")
    assert Certificate.objects.count() == 1


def test_postgresql_lets_nobody_hold_a_key_twice() -> None:
    from django.db import IntegrityError

    first = submit("trader", "sole_trader", answers=at(0, "云帆嘉禾"))
    other = submit("trader_ban_over", "sole_trader", answers=at(1, "松泰明德"))
    mine = GuardKey.objects.filter(application=first, held=True)[0]
    with pytest.raises(IntegrityError, match="guard_once"):
        GuardKey.objects.filter(application=other, held=True).update(key=mine.key)


def clerk() -> Actor:
    return officer(officers.enrol(username="clerk-a", name="李敏", role="clerk", office="hrss"))


def test_inside_an_outer_transaction_the_second_still_learns_why() -> None:
    """Two at once, each inside a transaction of its caller's; the first commits while one waits."""
    both_began = Barrier(2)

    def post(place: int) -> str:
        try:
            with transaction.atomic():
                both_began.wait(20)
                try:
                    made = submit(key=Key(f"outer-key-{place}", bytes(32)))
                except ActionRejected as error:
                    count = Application.objects.count()  # the transaction goes on
                    return f"{error.code} {error.en} {count}"
                return f"taken {made.number}"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        one, other = sorted(pool.map(post, range(2)))
    number = other.removeprefix("taken ")
    assert one.startswith("duplicate") and number in one and one.endswith(" 1")
    assert Application.objects.get().number == number


def test_a_corrected_address_moves_the_case_to_the_district_of_its_new_one() -> None:
    homes = {place.region: place for place in places("residential")}
    (first, home), (second, other) = list(homes.items())[:2]
    case = submit(answers=graduate_answers(district=first, address=home.code))
    assert case.region_id == first
    answer_checks(case, education="timeout")
    decide(case)
    by = clerk()
    actions.take(number=case.number, by=by, now=now())
    actions.return_(number=case.number, reason="请更正地址", by=by, now=now())
    answers = graduate_answers(district=second, address=other.code)
    actions.resubmit(number=case.number, answers=answers, by=citizen(person("graduate")), now=now())
    assert Application.objects.get().region_id == second
    assert audited() == []


def test_a_traders_case_belongs_to_the_district_of_its_premises() -> None:
    shop = next(places("commercial"))
    case = submit("trader", "sole_trader", answers=trader(premises=shop.code))
    assert case.region_id == shop.region
