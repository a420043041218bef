"""Every outcome of every service that ships, in Chromium, in each way that people come.

In Chinese and in English, in 长辈版, by keyboard alone, without JavaScript, and logged in at the
provider; at 390, 320 and 1280 pixels. An ordinary run walks one of each way, ``--full`` all.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from lxml import html

from approvals import actions
from approvals.models import Application
from demo.hints import demo_places
from ledger.clock import now
from people.actors import officer
from people.models import User
from tests.approvals.cases import citizen, person
from tests.portal.test_browser import fits
from tests.portal.test_language_of_pages import HAN, WORD, words_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NOWHERE = "440305-0000000"  # an address that does not exist


@dataclass(frozen=True)
class Way:
    """How somebody comes. ``width`` in pixels."""

    width: int
    locale: str = "zh-CN"
    elder: bool = False
    keyboard: bool = False
    script: bool = True
    provider: bool = False


WAYS = {
    "chinese": Way(390),
    "english": Way(1280, locale="en-GB"),
    "elder": Way(320, elder=True),
    "keyboard": Way(390, keyboard=True),
    "no_script": Way(320, script=False),
    "provider": Way(1280, provider=True),
}


@dataclass(frozen=True)
class Outcome:
    """``then``: what others do before it is so. ``said``: by the page, in Chinese and English."""

    service: str
    who: str
    state: str
    said: tuple[str, str]
    change: dict[str, Any] = field(default_factory=dict)
    then: str = ""
    by_person: bool = False


APPROVED, RETURNED = ("已批准", "Approved"), ("请补正", "Please correct")
REVIEW, REFUSED = ("工作人员办理中", "With an officer"), ("不予批准", "Refused")
WAITING = ("等待答复", "Waiting for others")
OUTCOMES = {
    "settled": Outcome("graduate_settlement", "graduate", "approved", APPROVED),
    "settlement_returned": Outcome(
        "graduate_settlement", "graduate", "returned", RETURNED, {"/address": NOWHERE}
    ),
    "settlement_with_officer": Outcome("graduate_settlement", "degree_missing", "review", REVIEW),
    "settlement_wished_by_person": Outcome(
        "graduate_settlement", "graduate", "review", REVIEW, by_person=True
    ),
    "settlement_refused": Outcome(
        "graduate_settlement", "criminal", "refused", REFUSED, then="refuse"
    ),
    "trader": Outcome("sole_trader", "trader", "approved", APPROVED),
    "trader_returned": Outcome(
        "sole_trader", "trader_unknown_address", "returned", RETURNED, {"/premises": NOWHERE}
    ),
    "trader_with_officer": Outcome("sole_trader", "trader_banned", "review", REVIEW),
    "trader_waits_for_agency": Outcome(
        "sole_trader", "trader_food", "waiting", WAITING, {"/scope": ["H6210", "F5232"]}
    ),
    "trader_refused": Outcome("sole_trader", "trader_banned", "refused", REFUSED, then="refuse"),
    "company": Outcome("limited_company", "trader", "approved", APPROVED),
    "company_waits_for_signer": Outcome(
        "limited_company", "trader", "waiting", WAITING, {"second": "trader_ban_over"}
    ),
    "company_signer_declined": Outcome(
        "limited_company", "trader", "review", REVIEW, {"second": "trader_ban_over"}, "decline"
    ),
    "company_refused": Outcome(
        "limited_company",
        "trader",
        "refused",
        REFUSED,
        {"second": "trader_ban_over"},
        "decline refuse",
    ),
}
ORDINARY = {
    ("settlement_refused", "english"),
    ("trader_waits_for_agency", "elder"),
    ("settled", "provider"),
}
WALKS = [
    pytest.param(
        outcome,
        way,
        id=f"{outcome}-{way}",
        marks=() if (outcome, way) in ORDINARY else pytest.mark.full,
    )
    for outcome in OUTCOMES
    for way in WAYS
]


def answers(outcome: Outcome) -> dict[str, Any]:
    """What is typed, by the field's name; of a list of boxes, the values."""
    home, shop = (str(place["code"]) for place in demo_places()[:2])
    if outcome.service == "graduate_settlement":
        return {"/district": "440305", "/address": home, **outcome.change}
    if outcome.service == "sole_trader":
        typed = {"/trade_name": "恒瑞祥", "/scope": ["F5232"], "/premises": shop, "/employees": "2"}
        return {**typed, **outcome.change}
    founders = [person(outcome.who)]
    if second := outcome.change.get("second"):
        founders.append(person(second))
    typed = {"/kind": "company", "/trade_name": "栖云澄", "/scope": ["I6513"]}
    typed |= {"/capital": str(1_000_000 * len(founders)), "/paid_by": "2029-07-01"}
    for place, one in enumerate(founders):
        typed |= {
            f"/investors/{place}/name": one.name,
            f"/investors/{place}/number": one.number,
            f"/investors/{place}/capital": "1000000",
        }
    typed |= {"/directors/0/name": founders[0].name, "/directors/0/number": founders[0].number}
    return {**typed, "/premises": shop, "/employees": "2"}


class Visit:
    """Somebody at a browser: all that is done goes by pointer, or by keyboard alone."""

    def __init__(self, browser: Any, site: str, way: Way) -> None:
        self.site, self.way = site, way
        self.context = browser.new_context(
            viewport={"width": way.width, "height": 844 if way.width < 1000 else 800},
            locale=way.locale,
            timezone_id="Asia/Shanghai",
            java_script_enabled=way.script,
        )
        self.context.set_default_timeout(30_000)
        if way.elder:
            self.context.add_cookies([{"name": "elder", "value": "1", "url": site}])
        self.page = self.context.new_page()
        self.left: list[str] = []
        self.page.on("request", self._asked)

    def _asked(self, request: Any) -> None:
        known = (self.site, "http://127.0.0.1:", "data:")  # a provider is of the city, too
        if not request.url.startswith(known if self.way.provider else (self.site, "data:")):
            self.left.append(request.url)

    def open(self, selector: str) -> None:
        """Open a part of the page."""
        if self.way.keyboard:
            self._to(selector)
            self.page.keyboard.press("Enter")
        else:
            self.page.locator(selector).first.click()

    def press(self, selector: str) -> None:
        """Press a button that leads to another page."""
        with self.page.expect_navigation(wait_until="load"):
            self.open(selector)

    def _to(self, selector: str) -> None:
        """Go on with Tab until what is focused fits."""
        for _ in range(150):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("s => !!document.activeElement?.matches(s)", selector):
                return
        raise AssertionError(f"Tab does not reach {selector} on {self.page.url}")

    def fill(self, name: str, value: str) -> None:
        selector = f"[name='{name}']"
        kind = self.page.locator(selector).first
        tag = str(kind.evaluate("e => e.tagName + ' ' + e.type") if self.way.script else "")
        if not self.way.keyboard:
            if kind.get_attribute("type") in ("radio", "checkbox"):
                self.page.locator(f"{selector}[value='{value}']").check()
            elif kind.get_attribute("type") is None and name in ("/district",):
                kind.select_option(value)
            else:
                kind.fill(value)
            return
        if "radio" in tag:
            self._to(selector)
            self.page.keyboard.press("Space")
            for _ in range(10):
                if self.page.locator(f"{selector}[value='{value}']").is_checked():
                    return
                self.page.keyboard.press("ArrowDown")
            raise AssertionError(f"the arrows do not reach {value}")
        self._to(selector)
        if "SELECT" in tag:
            for _ in range(20):
                if kind.input_value() == value:
                    return
                self.page.keyboard.press("ArrowDown")
            raise AssertionError(f"the arrows do not reach {value}")
        if "date" in tag:  # in the order of this Chromium's own language, whatever the page's
            year, month, day = value.split("-")
            self.page.keyboard.type(month + day + year)
            assert kind.input_value() == value
            return
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(value)

    def tick(self, selector: str) -> None:
        if self.way.keyboard:
            self._to(selector)
            self.page.keyboard.press("Space")
        else:
            self.page.locator(selector).first.check()

    def log_in(self, who: str) -> None:
        self.page.goto(f"{self.site}/login/")
        if self.way.provider:
            self.press("form[action$='/login/start/'] button")
            self.press(f"button[name=username][value={who}]")
            self.press("button[name=allow]")
        else:
            self.press(f"button[name=username][value={who}]")
        self.page.wait_for_url(f"{self.site}/")

    def apply(self, outcome: Outcome) -> None:
        """Fill in page after page, as they come, as far as the page that shows all of it."""
        self.page.goto(f"{self.site}/services/{outcome.service}/apply/")
        typed = answers(outcome)
        for _ in range(20):
            if self.page.locator("button[value=submit]").count():
                return
            for name in list(typed):
                self._answer(name, typed)
            self.press(".buttons button[value=next], .buttons button[value=check]")
        raise AssertionError(f"no check page: {self.page.inner_text('main')[:600]}")

    def _answer(self, name: str, typed: dict[str, Any]) -> None:
        """Answer a question where it is on this page, once."""
        block = name.rsplit("/", 2)[0]
        first, own = (self.page.locator(f"[name='{n}']") for n in (f"{block}/0/name", name))
        if "/1/" in name and first.count() and first.is_visible() and not own.count():
            self.press(f"button[name=more][value='{block}']")
        here = self.page.locator(f"[name='{name}']:not([type=hidden])")
        if not here.count():
            return
        value = typed.pop(name)
        if isinstance(value, list):
            self.open("fieldset.picker details > summary")
            for one in value:
                self.tick(f"fieldset.picker input[name='{name}'][value='{one}']")
        else:
            self.fill(name, value)

    def submit(self, by_person: bool) -> str:
        """Declare, and hand in; returns the number."""
        for box in self.page.locator("main input[type=checkbox]:not([name='/scope'])").all():
            self.tick(f"main input[type=checkbox][name='{box.get_attribute('name')}']")
        if by_person:
            if self.way.elder:
                self.open("details:has(input[name=by_person]) > summary")
            self.page.locator("input[name=by_person][value='1']").check()
        self.press("button[value=submit]")
        self.page.wait_for_url(re.compile("/cases/MP"), wait_until="load")
        number = str(self.page.url.rstrip("/").rsplit("/", 1)[1])
        ends = time.monotonic() + 60
        while Application.objects.get(number=number).state == "submitted":
            assert time.monotonic() < ends, number
            time.sleep(0.2)
        return number

    def accessible(self) -> None:
        if self.way.script:
            found = Axe().run(self.page).response["violations"]
            assert [(v["id"], v["nodes"][0]["html"]) for v in found] == [], self.page.url

    def close(self) -> None:
        self.context.close()
        assert self.left == []


@pytest.fixture
def visit(stack: Any, browser: Any, request: pytest.FixtureRequest) -> Iterator[Visit]:
    way = WAYS[request.node.callspec.params["way"]]
    if way.provider:
        stack.provider.start()
        ends = time.monotonic() + 90
        while not _answers(f"{stack.provider_url}/.well-known/openid-configuration"):
            assert stack.provider.is_running and time.monotonic() < ends
            time.sleep(0.1)
    made = Visit(browser, stack.url, way)
    yield made
    made.close()
    if way.provider:
        stack.provider.kill()


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=5).ok
    except requests.RequestException:
        return False


def others(number: str, then: str) -> None:
    """What a co-founder or an officer does with the case."""
    if "decline" in then:
        other = citizen(person("trader_ban_over"))
        actions.cosign(number=number, granted=False, by=other, now=now(), reason="我没有同意出资")
    if "refuse" in then:
        case = Application.objects.get(number=number)
        clerks = User.objects.filter(role=User.Role.CLERK, office=case.office, region=None)
        clerk = officer(clerks.order_by("username")[0])
        actions.take(number=number, by=clerk, now=now())
        reason = "所报情况经核对不属实"
        if case.service_id != "limited_company":
            actions.refuse(number=number, reason=reason, by=clerk, now=now())
            return
        review = actions.propose_refusal(number=number, reason=reason, by=clerk, now=now())
        legal = officer(User.objects.get(role=User.Role.LEGAL, office=case.office))
        actions.agree_review(
            review=review.pk,
            reason="认缴出资未经股东本人确认，事实清楚，适用依据正确",
            by=legal,
            now=now(),
        )


@pytest.mark.parametrize(("outcome", "way"), WALKS)
def test_every_outcome_in_every_way(visit: Visit, outcome: str, way: str) -> None:
    wanted = OUTCOMES[outcome]
    visit.log_in(wanted.who)
    visit.apply(wanted)
    visit.accessible()
    fits(visit.page) if visit.way.script else None
    number = visit.submit(wanted.by_person)
    others(number, wanted.then)
    page = visit.page
    page.goto(f"{visit.site}/cases/{number}/")
    assert Application.objects.get(number=number).state == wanted.state
    is_english = visit.way.locale.startswith("en")
    assert wanted.said[is_english] in page.inner_text("#word")
    visit.accessible()
    if visit.way.script:
        fits(page)
    shown = html.fromstring(page.content())
    assert list(words_of(shown, HAN if is_english else WORD)) == []
