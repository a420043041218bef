"""An overturned approval at the desk in Chromium: accepted, and named where a draft repeats it."""

from typing import Any

import pytest

from people.actors import officer
from people.models import User
from tests import officers
from tests.approvals.regressions import LAW, REASON, overturned, repeating
from tests.portal.desk_browser import PHONE, WIDE, AtDesk, graves

pytestmark = [pytest.mark.browser, pytest.mark.full]


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_a_legal_officer_accepts_and_the_playground_names_the_case(
    stack: Any, browser: Any, size: tuple[int, int], tmp_path: Any
) -> None:
    for name in ("engine", "worker"):  # the case is decided by this process
        stack.stop(name)
    overturned(officer(User.objects.get(username="clerk-hrss")))
    for role in ("legal", "policy"):
        officers.make(f"r-{role}", role, office_id="hrss")
    legal = AtDesk(browser, stack.url, "r-legal", size)
    legal.page.goto(f"{stack.url}/desk/services/regression/")
    legal.page.screenshot(path=tmp_path / "list.png", full_page=True)
    legal.page.click("#result_list tbody th a")
    legal.page.wait_for_selector("button[value=accept]")
    assert list(graves(legal.page)) == []
    legal.page.screenshot(path=tmp_path / "case.png", full_page=True)
    width = legal.page.evaluate("document.documentElement.scrollWidth")
    assert width <= size[0]
    legal.page.fill("#law", LAW)
    legal.page.fill("#reason", REASON)
    legal.page.click("button[value=accept]")
    legal.page.wait_for_selector("button[value=ask]")
    legal.page.screenshot(path=tmp_path / "accepted.png", full_page=True)
    policy = AtDesk(browser, stack.url, "r-policy", size)
    policy.page.goto(f"{stack.url}/desk/services/edition/playground/")
    policy.page.evaluate("document.querySelector('details').open = true")
    policy.page.fill("#text", repeating())
    policy.page.click("details button.main")
    policy.page.wait_for_selector(".faults")
    assert "graduate_settlement-1" in policy.page.inner_text(".faults")
    assert REASON in policy.page.inner_text(".faults")
    policy.page.locator(".faults").screenshot(path=tmp_path / "playground.png")
    assert legal.faults == policy.faults == []
