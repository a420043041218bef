"""A process remembers which edition was in force, and never takes an application by another."""

from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from approvals.models import Application
from ledger.clock import now
from people.actors import Actor, Kind
from services import catalogue, publish
from services.models import Edition
from tests.approvals.program import Program, Reply, another_body, assert_problem, body
from tests.services.editions import published

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
    today = timezone.localdate(now())
    source = source.replace("in_force_from: 2026-01-01", f"in_force_from: {today}")
    return published(source.replace(old, new), now(), file=f"{CODE}.yaml")


def switch(*, on: bool) -> None:
    publish.switch(service=CODE, enabled=on, reason="test", by=OFFICER, now=now())


@pytest.fixture
def remembers(django_assert_num_queries: Any) -> Edition:
    """This process has taken one application, and takes the next without asking."""
    first = taken_by(post())
    with django_assert_num_queries(1):  # the application itself
        again = post()
    assert taken_by(again) == first
    return first


def test_the_next_edition_is_used_at_once(remembers: Edition) -> None:
    newer = publish_with("手机号码（选填）", "手机号（选填）")
    assert newer != remembers
    assert taken_by(post()) == newer
    assert taken_by(post()) == newer


def test_a_service_switched_off_takes_nothing_more(remembers: Edition) -> None:
    switch(on=False)
    assert_problem(post(), 404, "unknown_service", "/service")
    assert Application.objects.count() == 2
    switch(on=True)
    assert taken_by(post()) == remembers


def test_what_only_the_older_form_refused_is_taken(remembers: Edition) -> None:
    answers = body()["answers"] | {"phone": "13800000000000"}
    assert post(answers=answers).status == 422
    publish_with(
        "      type: string\n      format: phone\n", "      type: string\n      maxLength: 20\n"
    )
    assert taken_by(post(answers=answers)) != remembers


def test_a_key_that_was_used_leads_to_its_application_whatever_is_in_force_now(
    remembers: Edition,
) -> None:
    window, what = Program(), body()
    first = window.post(what, Idempotency_Key="the-same-key")
    publish_with("手机号码（选填）", "手机号（选填）")
    again = window.post(what, Idempotency_Key="the-same-key")
    assert again.json["number"] == first.json["number"]
    assert catalogue.remembered(CODE, Application.objects.latest("created_at").received_on)
