"""What a person hears of a bundle as a whole: a step that follows or stops, and its end."""

from __future__ import annotations

import pytest
from django.test import Client

from affairs import words
from affairs.models import Message
from approvals import actions as approvals
from bundles import actions
from bundles.models import BundledCase
from ledger.clock import now
from tests.approvals.cases import citizen, person, settled
from tests.bundles.cases import answers, application, follow, hand_in, settle, states
from tests.counter.desk import enter

pytestmark = pytest.mark.usefixtures("trial")


def messages_of(case: BundledCase) -> list[str]:
    rows = Message.objects.filter(topic=f"bundle:{case.number}", subject=case.applicant)
    assert {row.case for row in rows} <= {case.number}
    return [row.kind for row in rows.order_by("at", "id")]


def test_two_steps_that_follow_at_once_are_one_message_and_the_last_decision_ends_it() -> None:
    case = hand_in()
    settle(application(case, "home"))
    assert messages_of(case) == []  # the step has a message of its own
    follow()
    assert messages_of(case) == ["bundle_followed"]
    settle(application(case, "insurance"), application(case, "shop"))
    assert messages_of(case) == ["bundle_followed", "bundle_done"]
    last = Message.objects.get(kind="bundle_done")
    assert last.at == application(case, "shop").settled_at
    assert words.page(last) == f"/together/{case.number}/"


def test_it_has_not_ended_while_one_step_is_to_be_corrected() -> None:
    case = hand_in(given=answers(trade_name="政府"))
    settle(application(case, "home"))
    follow()
    settle(application(case, "insurance"), application(case, "shop"))
    assert states(case)["shop"] == "returned"
    assert messages_of(case) == ["bundle_followed"]


def test_what_stops_is_told_once_and_what_one_gives_up_oneself_is_not() -> None:
    who = citizen(person("credit_hit"))
    case = hand_in(applicant=person("credit_hit"))
    home = application(case, "home")
    settle(home)
    follow()
    assert messages_of(case) == []  # an officer has it: its own message says so
    approvals.withdraw(number=home.number, by=who, now=now())
    follow()
    assert messages_of(case) == ["bundle_stopped"]  # two steps at once
    actions.give_up(number=case.number, by=who, now=now())
    assert messages_of(case) == ["bundle_stopped"]


def test_a_plain_application_brings_no_message_of_a_bundle() -> None:
    settled("graduate")
    assert not Message.objects.filter(topic__startswith="bundle:").exists()


def test_the_message_leads_to_the_page_of_the_whole() -> None:
    case = hand_in()
    settle(application(case, "home"))
    follow()
    client: Client = enter("graduate")
    page = client.get("/messages/").content.decode()
    assert "下一事项已为您提交" in page
    one = Message.objects.get(kind="bundle_followed")
    page = client.get(f"/messages/{one.pk}/").content.decode()
    assert case.number in page and f"/together/{case.number}/" in page
    assert enter("trader").get(f"/messages/{one.pk}/").status_code == 404
