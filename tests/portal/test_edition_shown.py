"""Nobody applies by an edition that they were not shown: the page comes again with what differs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.signing import Signer
from django.test import Client
from lxml import html

from approvals.models import Application, Check
from approvals.progress import waiting
from demo.hints import demo_places
from ledger.clock import now
from people.models import User
from portal.views import apply
from services import catalogue
from services.models import Edition
from tests.services.editions import graduates_newer
from tests.statements import counted

PAGE = "/services/graduate_settlement/apply/"


class Citizen:
    """A citizen at the form; ``page`` is what the last answer showed."""

    def __init__(self) -> None:
        self.client = Client()
        user = User.objects.get(username="graduate")
        backend = "django.contrib.auth.backends.ModelBackend"
        self.client.force_login(user, backend=backend)
        self.read(self.client.get(PAGE))

    def read(self, response: Any) -> Citizen:
        self.status, self.place = response.status_code, response.headers.get("Location", "")
        self.page = html.fromstring(response.content) if response.content else None
        return self

    def press(self, step: str, **changes: Any) -> Citizen:
        form = next(f for f in self.page.forms if f.xpath(".//button[@name='step']"))
        sent = {**dict(form.form_values()), **changes, "step": step}
        return self.read(self.client.post(PAGE, {k: v for k, v in sent.items() if v is not None}))

    def fill(self) -> Citizen:
        home = demo_places()[0]["code"]
        return self.press("check", **{"/district": "440305", "/address": home})

    @property
    def differences(self) -> list[str]:
        return [one.text for one in self.page.xpath("//*[@id='differences']//li")]

    @property
    def hidden(self) -> dict[str, str]:
        return {
            one.get("name"): one.get("value") for one in self.page.xpath("//input[@type='hidden']")
        }


@pytest.fixture
def citizen(furnished: None, monkeypatch: pytest.MonkeyPatch) -> Citizen:
    """Who waits for no decision: that would give the test's transaction back to the pool."""
    monkeypatch.setattr(waiting.Waiter, "wait", lambda self, seconds: False)
    return Citizen()


def in_force() -> Edition:
    return Edition.objects.filter(service="graduate_settlement").latest("number")


def test_what_is_submitted_by_the_page_shown_is_taken(citizen: Citizen) -> None:
    assert citizen.fill().status == 200
    assert citizen.press("submit", **{"/consent": "true"}).status == 302
    assert Application.objects.get().edition == in_force()


def test_the_check_page_comes_again_with_what_differs(citizen: Citizen) -> None:
    citizen.fill()
    before = citizen.hidden
    newer = graduates_newer(now())
    citizen.press("submit", **{"/consent": "true"})
    assert citizen.status == 409
    assert not Application.objects.exists() and not Check.objects.exists()
    assert citizen.differences == [
        "新增查询：社会保险库",
        "填写要求有变化：手机号（选填）",
        "新增条件：参保情况已核实",
    ]
    assert citizen.hidden["/address"] == before["/address"]  # nothing is lost
    assert citizen.hidden["edition"] != before["edition"]
    (tick,) = citizen.page.xpath("//input[@name='/consent']")
    assert tick.get("checked") is None  # it stood for the edition that was shown
    assert "社会保险库" in [one.text for one in citizen.page.xpath("//main//dl/div/dt")]
    assert citizen.press("submit", **{"/consent": None}).status == 422
    assert citizen.press("submit", **{"/consent": "true"}).status == 302
    assert Application.objects.get().edition == newer


def test_the_form_comes_again_with_what_differs(citizen: Citizen) -> None:
    graduates_newer(now())
    assert citizen.fill().status == 409
    assert "新增查询：社会保险库" in citizen.differences
    (address,) = citizen.page.xpath("//input[@name='/address']")
    assert address.get("value") == demo_places()[0]["code"]
    assert citizen.press("check").status == 200
    assert citizen.press("submit", **{"/consent": "true"}).status == 302


def test_in_english_too(citizen: Citizen) -> None:
    citizen.client.cookies["django_language"] = "en"
    citizen.fill()
    graduates_newer(now())
    citizen.press("submit", **{"/consent": "true"})
    assert "Also asked: Social insurance registry" in citizen.differences
    assert not re.search("[\u4e00-\u9fff]", citizen.page.xpath("string(//*[@id='differences'])"))


def test_an_edition_that_comes_while_the_request_is_under_way(
    citizen: Citizen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The view has seen the old one in force; the action does not write by it."""
    citizen.fill()
    old, answers = in_force(), []
    graduates_newer(now())

    def current(code: str, on: Any) -> Edition | None:
        answers.append(old if not answers else catalogue.current(code, on))
        return answers[-1]

    class Stub:
        def __getattr__(self, name: str) -> Any:
            return current if name == "current" else getattr(catalogue, name)

    monkeypatch.setattr(apply, "catalogue", Stub())
    citizen.press("submit", **{"/consent": "true"})
    assert citizen.status == 409 and "新增查询：社会保险库" in citizen.differences
    assert not Application.objects.exists()


def test_a_second_tap_leads_to_the_case_of_the_first(citizen: Citizen) -> None:
    citizen.fill()
    page = citizen.page
    assert citizen.press("submit", **{"/consent": "true"}).status == 302
    place = citizen.place
    graduates_newer(now())
    citizen.page = page
    assert citizen.press("submit", **{"/consent": "true"}).status == 302
    assert citizen.place == place
    assert Application.objects.count() == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "graduate_settlement:1:x",
        Signer(salt="portal.shown").sign("sole_trader:1:x"),
        Signer(salt="portal.shown").sign("graduate_settlement:7:x"),
        Signer().sign("graduate_settlement:1:x"),
        "é",
    ],
)
def test_a_page_that_does_not_say_its_edition_is_shown_again(citizen: Citizen, text: str) -> None:
    citizen.fill()
    assert citizen.press("submit", edition=text, **{"/consent": "true"}).status == 422
    assert not Application.objects.exists()
    (address,) = citizen.page.xpath("//input[@name='/address']")
    assert address.get("value") == demo_places()[0]["code"]


def test_the_edition_shown_costs_no_statement(citizen: Citizen) -> None:
    citizen.fill()
    # time, session, user, edition in force, what the draft calls wrong; the application
    with counted(6):
        citizen.press("submit", **{"/consent": "true"})
    assert citizen.status == 302
