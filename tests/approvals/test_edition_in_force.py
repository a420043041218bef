"""Which edition an application is taken by: the one in force, and only if it was shown."""

from typing import Any

import pytest
from django.conf import settings

from approvals import actions
from approvals.models import Application, Check
from approvals.states import State
from approvals.workers.engine import Engine
from ledger.clock import city_date, now
from people.actors import Actor, Kind
from services import catalogue, publish
from services.models import Edition
from tests.approvals.cases import answer_checks, graduate_answers
from tests.approvals.program import Program, Reply, another_body, assert_problem, body
from tests.services.editions import graduates_newer, published
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("furnished")
OFFICER = Actor(Kind.OFFICER, "policy")
CODE = "graduate_settlement"


def post(**changes: Any) -> Reply:
    return Program().post(another_body(**changes))


def taken_by(reply: Reply) -> Edition:
    assert reply.status == 202, reply.json
    return Application.objects.get(number=reply.json["number"]).edition


def publish_with(old: str, new: str) -> Edition:
    source = (settings.CITY.folder / "services" / f"{CODE}.yaml").read_text()
    assert old in source
    today = city_date(now())
    source = source.replace("in_force_from: 2026-01-01", f"in_force_from: {today}")
    return published(source.replace(old, new), now(), file=f"{CODE}.yaml")


def switch(*, on: bool) -> None:
    publish.switch(service=CODE, enabled=on, reason="test", by=OFFICER, now=now())


@pytest.fixture
def remembers() -> Edition:
    """This process has taken one application, and takes the next without asking."""
    first = taken_by(post())
    with counted(1):  # the application itself
        again = post()
    assert taken_by(again) == first
    return first


def test_the_next_edition_is_used_at_once(remembers: Edition) -> None:
    newer = publish_with("手机号码（选填）", "手机号（选填）")
    assert newer != remembers
    assert taken_by(post(edition=2)) == newer
    assert taken_by(post(edition=2)) == newer


def test_nothing_is_taken_by_an_edition_that_was_not_shown(remembers: Edition) -> None:
    """Whether this process knows of the newer edition or not."""
    newer = publish_with("手机号码（选填）", "手机号（选填）")
    for _ in range(2):
        told = assert_problem(post(), 409, "edition_not_in_force", "/edition")
        assert (told["edition"], told["edition_hash"]) == (2, newer.hash)
    assert taken_by(post(edition=2)) == newer
    assert_problem(post(), 409, "edition_not_in_force")
    assert_problem(post(edition=3), 409, "edition_not_in_force")
    assert Application.objects.count() == 3
    assert set(Check.objects.values_list("application", flat=True)) == set(
        Application.objects.values_list("pk", flat=True)
    )


def test_the_difference_names_what_is_asked_and_demanded_otherwise(remembers: Edition) -> None:
    newer = graduates_newer(now())
    told = assert_problem(post(), 409, "edition_not_in_force")
    assert told["edition"] == newer.number
    assert told["differences"] == [
        {
            "part": "registry",
            "kind": "added",
            "id": "social",
            "zh": "新增查询：社会保险库",
            "en": "Also asked: Social insurance registry",
        },
        {
            "part": "question",
            "kind": "changed",
            "id": "/phone",
            "zh": "填写要求有变化：手机号（选填）",
            "en": "Changed question: Mobile number (optional)",
        },
        {
            "part": "condition",
            "kind": "added",
            "id": "insured",
            "zh": "新增条件：参保情况已核实",
            "en": "New condition: Insurance was verified",
        },
    ]


def test_a_correction_asks_again_who_was_shown_and_nobody_else(remembers: Edition) -> None:
    """An application keeps its edition, whichever is in force by then."""
    shown = taken_by(post(answers=graduate_answers(address="440305-0000000")))
    case = Application.objects.latest("created_at")
    graduates_newer(now())
    answer_checks(case)
    Engine().drain()
    case = Application.objects.get(pk=case.pk)
    assert case.state == State.RETURNED
    asked = set(Check.objects.filter(application=case).values_list("registry", flat=True))
    actions.resubmit(
        number=case.number,
        answers=graduate_answers(),
        by=Actor(Kind.CITIZEN, case.applicant),
        now=now(),
    )
    case = Application.objects.get(pk=case.pk)
    assert case.edition == shown
    again = Check.objects.filter(application=case, round=case.round)
    assert set(again.values_list("registry", flat=True)) == asked
    assert "social" not in asked


def test_the_edition_is_required_and_is_a_number(remembers: Edition) -> None:
    for wrong in (None, "1", 1.0, True, 0, -1, 2**31, [1], "edition"):
        assert_problem(post(edition=wrong), 422, "invalid_body", "/edition")
    whole = another_body()
    del whole["edition"]
    assert_problem(Program().post(whole), 422, "invalid_body", "/edition")


def test_a_service_switched_off_takes_nothing_more(remembers: Edition) -> None:
    switch(on=False)
    assert_problem(post(), 404, "unknown_service", "/service")
    assert Application.objects.count() == 2
    switch(on=True)
    assert taken_by(post()) == remembers


def test_what_only_the_older_form_refused_is_taken(remembers: Edition) -> None:
    answers = body()["answers"] | {"note": "请尽快"}
    assert post(answers=answers).status == 422
    note = "    note: {type: string, maxLength: 20, x-zh: 备注, x-en: Note}\n"
    publish_with("    phone:\n", f"{note}    phone:\n")
    assert taken_by(post(answers=answers, edition=2)) != remembers


def test_a_key_that_was_used_leads_to_its_application_whatever_is_in_force_now(
    remembers: Edition,
) -> None:
    window, what = Program(), body()
    first = window.post(what, Idempotency_Key="the-same-key")
    publish_with("手机号码（选填）", "手机号（选填）")
    again = window.post(what, Idempotency_Key="the-same-key")
    assert again.json["number"] == first.json["number"]
    assert catalogue.remembered(CODE, Application.objects.latest("created_at").received_on)
