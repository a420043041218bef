"""Back after an answer was changed, and a second tab: what was typed stays, with what to do."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from lxml import html

from approvals import actions
from approvals.models import Application
from approvals.progress import waiting
from ledger.clock import now
from people.models import User
from tests.approvals.cases import answer_checks, citizen, decide, person, settled, trader_answers
from tests.portal.test_edition_shown import Citizen

pytestmark = pytest.mark.usefixtures("furnished")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting.Waiter, "wait", lambda self, seconds: False)


def test_back_to_a_page_that_was_submitted_and_another_answer_there() -> None:
    visitor = Citizen().fill()
    page = visitor.page
    assert visitor.press("submit", **{"/consent": "true"}).status == 302
    case = Application.objects.get()
    visitor.page = page
    assert visitor.press("submit", by_person="1", **{"/consent": "true"}).status == 409
    (note,) = visitor.page.xpath("//*[@id='earlier']")
    assert case.number in note.text_content() and "幂等" not in visitor.page.text_content()
    (link,) = note.xpath(".//a/@href")
    assert link == f"/cases/{case.number}/"
    assert visitor.hidden["/address"]  # nothing is lost
    (chosen,) = visitor.page.xpath("//input[@name='by_person' and @checked]/@value")
    assert chosen == "1"
    assert Application.objects.count() == 1


def test_when_that_one_is_withdrawn_the_page_makes_another() -> None:
    visitor = Citizen().fill()
    page = visitor.page
    visitor.press("submit", by_person="1", **{"/consent": "true"})
    first = Application.objects.get()
    visitor.page = page
    assert visitor.press("submit", by_person="", **{"/consent": "true"}).status == 409
    answer_checks(first)
    decide(first)
    actions.withdraw(number=first.number, by=citizen(person("graduate")), now=now())
    assert visitor.press("submit", by_person="", **{"/consent": "true"}).status == 302
    assert Application.objects.get(by_person=False).number in visitor.place


class Tab:
    """A tab of the trader with the page of a correction open."""

    def __init__(self, case: Application) -> None:
        self.client, self.path = Client(), f"/cases/{case.number}/correct/"
        self.client.force_login(
            User.objects.get(username="trader"),
            backend="django.contrib.auth.backends.ModelBackend",
        )
        self.page = html.fromstring(self.client.get(self.path).content)

    def hand_in(self, **changes: str) -> Any:
        form = next(f for f in self.page.forms if f.get("id") == "answers")
        sent = [(k, v) for k, v in form.form_values() if k not in changes]
        data: dict[str, list[str]] = {}
        for name, value in [*sent, *changes.items()]:
            data.setdefault(name, []).append(value)
        return self.client.post(self.path, data)


def test_the_second_tab_of_a_correction_keeps_what_was_typed() -> None:
    case = settled("trader", "sole_trader", answers=trader_answers(trade_name="南山"))
    assert case.state == "returned"
    one, other = Tab(case), Tab(case)
    assert one.hand_in(**{"/trade_name": "栖迟"}).status_code == 302
    answer = other.hand_in(**{"/trade_name": "云清河"})
    assert answer.status_code == 409
    page = html.fromstring(answer.content)
    (typed,) = page.xpath("//*[@id='typed']")
    assert "云清河" in typed.text_content() and "地址" not in typed.text_content()
    assert page.xpath(f"//a[@href='/cases/{case.number}/']")
    assert Application.objects.get().answers["trade_name"] == "栖迟"


def test_the_same_in_both_tabs_is_nothing_to_do() -> None:
    case = settled("trader", "sole_trader", answers=trader_answers(trade_name="南山"))
    one, other = Tab(case), Tab(case)
    one.hand_in(**{"/trade_name": "栖迟"})
    answer = other.hand_in(**{"/trade_name": "栖迟"})
    assert answer.status_code == 409 and "typed" not in answer.content.decode()
    assert "无需再做什么" in answer.content.decode()
