"""Another city asks for our approval by signed webhook, and is answered when the case is settled.

The message is built as the asking city's system builds it: signed, and the person's number
encrypted, with the secret of that direction.
"""

import json
from typing import Any

import pytest
from django.db import transaction

from approvals import actions
from approvals.actions import answered
from approvals.models import Application, Decision
from demo.city.people import Person
from exchange import named_persons, webhook_client
from exchange.models import Message, Notice, Partner
from exchange.outbox import notice
from exchange.webhook_secrets import IN, OUT, active
from ledger.clock import now
from people.actors import Actor, officer
from people.models import User
from tests.approvals.cases import CITY, citizen, decide
from tests.approvals.program import Reply, assert_problem, rows, secret
from tests.approvals.test_webhooks import send

pytestmark = pytest.mark.usefixtures("furnished")
PATH = "/webhooks/adjacent/"
THEIRS = "MP20261129AAAAAAAAAA"


@pytest.fixture
def adjacent(furnished: None) -> Partner:
    return Partner.objects.get(code="adjacent")


@pytest.fixture
def police(furnished: None) -> Actor:
    return officer(User.objects.get(username="clerk-police"))


def resident(*, local: bool = True) -> Person:
    """An adult without a planted fault whose household is registered here, or elsewhere."""
    everyone = (CITY.person(i) for i in range(60, CITY.persons))
    return next(
        p
        for p in everyone
        if p.group == "worker" and not p.fault and (p.hukou_city == "4403") is local
    )


def encrypted(partner: Partner, number: str) -> str:
    """As the other side does: with the secret of the messages that it sends to us."""
    return named_persons.jwe.encrypt_compact(
        {"alg": "dir", "enc": "A256GCM"},
        number,
        named_persons._key(active(partner, IN, now())[0]),
        algorithms=["dir", "A256GCM"],
    )


def request(partner: Partner, about: Person, /, **changes: Any) -> bytes:
    data = {
        "application": THEIRS,
        "service": "talent_settlement",
        "item": "move_out",
        "applicant": about.name,
        "answers": {"address": "441302-0000017"},
        "person": encrypted(partner, about.number),
        **changes,
    }
    data = {name: value for name, value in data.items() if value is not None}
    return json.dumps({"type": "approval.requested", "data": data}).encode()


def ask(raw: bytes, message_id: str = "r-1") -> Reply:
    headers = webhook_client.sign(secret("adjacent"), message_id, raw, at=now())
    return send(raw, headers, PATH)


def answers() -> list[dict[str, Any]]:
    found = Notice.objects.filter(kind="approval.answered").order_by("id")
    return [json.loads(one.body)["data"] for one in found]


def opened() -> Application:
    return Application.objects.get(service_id="move_out")


def test_a_resident_is_let_go_by_the_machine_and_the_other_city_is_told(adjacent: Partner) -> None:
    person = resident()
    assert ask(request(adjacent, person)).status == 204
    case = opened()
    assert case.state == "submitted" and case.client_id == "adjacent" and answers() == []
    assert case.answers == {"reference": THEIRS, "destination": "441302-0000017"}
    (case,) = decide(case)
    assert case.state == "approved"
    assert answers() == [{"application": THEIRS, "item": "move_out", "granted": True, "reason": ""}]
    kinds = set(Notice.objects.filter(partner=adjacent).values_list("kind", flat=True))
    assert kinds == {"approval.answered"}, "it is told nothing that it could not take"
    assert Decision.objects.get(application=case).receipt, "each city keeps its own receipt"


def test_the_number_is_in_no_message_in_plain(adjacent: Partner) -> None:
    person = resident()
    ask(request(adjacent, person))
    decide(opened())
    stored = [*Message.objects.values_list("body", flat=True)]
    stored += Notice.objects.values_list("body", flat=True)
    assert stored and not any(person.number in body for body in stored)


def test_who_is_not_registered_here_goes_to_an_officer_whose_refusal_is_answered(
    adjacent: Partner, police: Actor
) -> None:
    ask(request(adjacent, resident(local=False)))
    (case,) = decide(opened())
    assert case.state == "review" and answers() == []
    actions.take(number=case.number, by=police, now=now())
    actions.refuse(
        number=case.number, reason="户籍不在本市，依据户口登记条例第十条。", by=police, now=now()
    )
    (answer,) = answers()
    assert answer["granted"] is False and answer["reason"]


def test_the_same_request_again_is_one_case(adjacent: Partner) -> None:
    raw = request(adjacent, resident())
    assert ask(raw).status == ask(raw).status == 204  # the same message
    assert ask(raw, "r-2").status == 204  # asked again in another
    assert Application.objects.filter(service_id="move_out").count() == 1 and answers() == []


def test_the_same_reference_for_another_request_is_refused_and_no_answer_to_the_first(
    adjacent: Partner,
) -> None:
    """An answer names the reference alone, so it would stand for the first case, too."""
    first, other = resident(), resident(local=False)
    ask(request(adjacent, first))
    case = opened()
    for place, raw in enumerate(
        (
            request(adjacent, other),
            request(adjacent, first, answers={"address": "441302-0000099"}),
            request(adjacent, first, person=encrypted(adjacent, "110101190001010000")),
        )
    ):
        reply = ask(raw, f"other-{place}")
        assert_problem(reply, 409, "reference_reused")
        for hidden in (case.number, first.name, first.number, "在办"):
            assert hidden not in json.dumps(reply.json, ensure_ascii=False)
    assert opened() == case and answers() == []
    decide(case)
    (answer,) = answers()
    assert answer["granted"] is True
    assert_problem(ask(request(adjacent, other), "late"), 409, "reference_reused")
    assert len(answers()) == 1


def test_what_cannot_be_taken_is_answered_at_once_with_the_reason(adjacent: Partner) -> None:
    person = resident()
    ask(request(adjacent, person))
    other = "MP20261129BBBBBBBBBB"
    assert ask(request(adjacent, person, application=other), "r-2").status == 204
    assert Application.objects.filter(service_id="move_out").count() == 1
    (answer,) = answers()
    assert answer["application"] == other and answer["granted"] is False
    assert "在办" in answer["reason"]


def test_an_answer_to_one_item_of_their_case_is_none_to_another(adjacent: Partner) -> None:
    other = answered.answer("adjacent", THEIRS, "another", granted=False, reason="x", now=now())
    with transaction.atomic():
        answered.send([other])
    ask(request(adjacent, resident()))
    decide(opened())
    assert [(one["item"], one["granted"]) for one in answers()] == [
        ("another", False),
        ("move_out", True),
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"item": "no_such"}, "unknown_item"),
        ({"item": None}, "unknown_item"),
        ({"person": None}, "no_person"),
        ({"person": 7}, "no_person"),
        ({"person": "a.b.c.d.e"}, "unreadable_person"),
        ({"person": "x" * 500}, "no_person"),
        ({"application": None}, "no_reference"),
        ({"application": " "}, "no_reference"),
        ({"application": 7}, "no_reference"),
        ({"application": "M" * 41}, "no_reference"),
    ],
)
def test_a_request_that_is_none_is_rejected_and_nothing_is_written(
    adjacent: Partner, changes: dict[str, Any], code: str
) -> None:
    before = rows()
    reply = ask(request(adjacent, resident(), **changes))
    assert_problem(reply, 422, code)
    assert rows() == before


def test_a_number_that_another_agency_encrypted_is_not_read(adjacent: Partner) -> None:
    food = Partner.objects.get(code="food")
    stolen = encrypted(food, resident().number)
    assert_problem(ask(request(adjacent, resident(), person=stolen)), 422, "unreadable_person")


def test_an_agency_that_is_no_city_may_not_ask(furnished: None) -> None:
    food = Partner.objects.get(code="food")
    raw = request(food, resident())
    headers = webhook_client.sign(secret("food"), "r-1", raw, at=now())
    assert_problem(send(raw, headers, "/webhooks/food/"), 422, "unknown_item")


def test_a_withdrawn_case_is_answered_as_not_granted(adjacent: Partner) -> None:
    person = resident(local=False)
    ask(request(adjacent, person))
    (case,) = decide(opened())
    by = citizen(actions.Applicant("person", person.number, person.name))
    actions.withdraw(number=case.number, by=by, now=now())
    (answer,) = answers()
    assert answer["granted"] is False and "撤回" in answer["reason"]


def test_what_we_ask_of_the_other_city_names_the_person_for_it_alone(adjacent: Partner) -> None:
    number = resident().number
    token = named_persons.encrypted(adjacent, number, now())
    with transaction.atomic():
        sent = notice("adjacent", "approval.requested", "application:1", {"person": token}, now())
    assert json.loads(sent.body)["data"]["person"] == token, "nothing in it may be masked"
    read = named_persons.jwe.decrypt_compact(
        token,
        named_persons._key(active(adjacent, OUT, now())[0]),
        algorithms=["dir", "A256GCM"],
    )
    assert read.plaintext == number.encode()
