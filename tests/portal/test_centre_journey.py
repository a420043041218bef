"""The operations centre on a wall and on a phone: it moves within seconds, and says what is old."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from approvals.models import Application
from ledger.clock import now
from people import actors
from people.models import User
from services import switches
from tests.approvals.cases import submit
from tests.approvals.test_suspension import another
from tests.portal.desk_browser import PHONE, AtDesk, graves
from tests.waiting import eventually

pytestmark = pytest.mark.browser

Enter = Callable[..., AtDesk]
PAGE = "/desk/operations/centre/"
WALL = (1920, 1080)
PICTURES = Path(os.environ.get("PICTURES", ""))  # where a person wants to look at them


def waits(page: Any, script: str, seconds: float) -> float:
    """Wait until something is so on the page; returns after how many seconds it was."""
    began = time.monotonic()
    assert eventually(lambda: page.evaluate(script), seconds), page.inner_text("main")[:400]
    return time.monotonic() - began


def shows(key: str, text: str) -> str:
    return f"document.querySelector('#n-{key} b').textContent === '{text}'"


def take(page: Any, name: str) -> None:
    if str(PICTURES) != ".":
        waits(page, "!document.body.classList.contains('is-stale')", 20)
        page.screenshot(path=PICTURES / f"centre-{name}.png", full_page=True)


def test_the_page_moves_with_the_city(stack: Any, desk: Enter) -> None:
    operator = desk("operator", WALL)
    errors: list[str] = []
    operator.page.on("console", lambda one: errors.append(one.text) if one.type == "error" else 0)
    page = operator.open(PAGE).page
    received = Application.objects.count()
    waits(page, shows("received", f"{received:,}"), 10)
    submit(applicant=another(0))
    assert waits(page, shows("received", f"{received + 1:,}"), 10) <= 2
    waits(page, shows("automatic", "100.0%"), 30)
    assert page.locator("[data-chart=line] svg path").count() > 3, "the chart is drawn"

    # the registry of education stands still: the page says so within five seconds of its answer
    by = actors.officer(User.objects.get(username="operator"))
    switches.suspend(
        scope="service", code="graduate_settlement", reason="规则可能有误", by=by, now=now()
    )
    held = "document.querySelector('.suspended')?.textContent.includes('规则可能有误')"
    assert waits(page, held, 10) <= 5
    for place in range(1, 4):
        submit(applicant=another(place))
    waits(page, shows("review", "3"), 30)
    reasons = page.locator("[data-part=reasons] th").all_inner_texts()
    assert any("自动" in text for text in reasons), reasons
    assert errors == []
    assert list(graves(page)) == []
    take(page, "wall")

    phone = desk("operator", PHONE).open(PAGE).page
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert list(graves(phone)) == []
    take(phone, "phone")


def test_what_stops_is_said(stack: Any, desk: Enter) -> None:
    page = desk("head-hrss", WALL).open(PAGE).page
    stack.stop("registry")
    try:
        submit(applicant=another(0))
        asked = "document.querySelector('#r-education')?.className === 'bad'"
        asked += " || document.querySelector('#r-education').textContent.includes('不应答')"
        waits(page, asked, 20)
        take(page, "registry")
    finally:
        stack.start("registry")
    page.route("**/live/*", lambda route: route.abort())
    waits(page, "document.body.classList.contains('is-stale')", 10)
    assert page.is_visible(".stale") and not page.is_visible(".fresh")
    page.unroute("**/live/*")
    waits(page, "!document.body.classList.contains('is-stale')", 10)
