"""An old resident applies in Chromium at 390 pixels and sees what is paid, since when."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.portal.test_browser import become, fits, submit

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_one_tick_leads_to_what_is_paid_each_month(stack: Any, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844}, locale="zh-CN")
    try:
        become(page, stack.url, "very_old")
        page.goto(f"{stack.url}/services/old_age_allowance/apply/")
        fits(page)
        page.click(".buttons button[value=check]")
        submit(page)
        page.wait_for_selector("a[href^='/entitlements/']", timeout=20_000)
        fits(page)
        page.click("a[href^='/entitlements/']")
        page.wait_for_selector("h1:has-text('高龄老人津贴')")
        fits(page)
        assert "200.00 元／月" in page.inner_text("main")
        assert Axe().run(page).response["violations"] == []
    finally:
        page.close()
