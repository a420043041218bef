"""A policy officer tries a draft in Chromium, with all processes, and opens its cases."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.clock import city_date, now
from people.models import User
from services.models import Trial
from tests import officers
from tests.approvals import planted
from tests.approvals.test_trials import draft_of, in_force
from tests.portal.desk_browser import PHONE, WIDE, AtDesk, graves

pytestmark = [pytest.mark.browser, pytest.mark.full]
SHOTS = os.environ.get("TRIAL_SHOTS")  # a folder: pictures of each page


def shoot(page: Any, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_draft_is_tried_and_three_of_its_cases_are_opened(
    stack: Any, desk: Callable[..., AtDesk], size: tuple[int, int]
) -> None:
    officers.make("pan-tries", User.Role.POLICY)
    planted.store(in_force(), list(planted.cases(3_000)), now())
    officer = desk("pan-tries", size)
    page = officer.open("/desk/services/trial/").page
    page.click("text=用以往办件试算草稿")
    page.fill("#text", draft_of(*planted.CHANGES))
    page.fill("#first_day", "2020-01-01")
    page.fill("#last_day", "2020-02-01")
    page.click("button[name=order]")
    assert "没有收到并已办结的办件" in page.inner_text("[role=alert]")
    assert "P40Y" in page.input_value("#text")
    shoot(page, f"refused-{size[0]}")
    page.fill("#first_day", str(planted.FIRST))
    page.fill("#last_day", str(city_date(now())))
    page.click("button[name=order]")
    page.wait_for_selector("#progress")
    shoot(page, f"progress-{size[0]}")
    page.wait_for_selector(".sum", timeout=120_000)  # the page asks again by itself
    trial = Trial.objects.order_by("-asked_at").first()
    assert trial is not None and trial.state == "finished"
    assert f"共 {trial.cases} 件，其中 {trial.flips} 件结果不同" in page.inner_text(".sum")
    assert page.locator("svg.bars").count() == 3
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    shoot(page, f"result-{size[0]}")
    assert list(graves(page)) == []
    for place in (1, 2, 3):
        page.click(f".cases a >> text=第 {place} 件")
        text = page.inner_text("main.trial")
        assert "现行版本" in text and "某某" not in text and "440305-0001234" not in text
        assert page.locator(".condition.changed").count() >= 1
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        shoot(page, f"case-{place}-{size[0]}")
        page.go_back()
    assert officer.faults == []
