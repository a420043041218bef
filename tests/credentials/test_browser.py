"""In Chromium on a phone: the code for a wallet, and an officer's page that is shown something."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from people.models import User
from tests.credentials.conftest import issued
from tests.credentials.test_independent import Programs
from tests.portal.desk_browser import PHONE, cookies_of, graves

pytestmark = pytest.mark.browser


def shoot(page: Any, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"wallet-{name}.png", full_page=True)


def phone(browser: Any, site: str, username: str, language: str) -> Any:
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]})
    context.add_cookies(cookies_of(username, site, language))
    context.set_default_timeout(30_000)
    return context.new_page()


def fits(page: Any) -> bool:
    wide = page.evaluate("document.documentElement.scrollWidth")
    return bool(wide <= PHONE[0]) and list(graves(page)) == []


@pytest.mark.parametrize("language", ["zh-hans", pytest.param("en", marks=pytest.mark.full)])
def test_a_wallet_receives_by_the_code_and_shows_by_the_code(live, browser, node, language):
    programs = Programs(node, live.url)
    certificate = issued()
    holder = phone(browser, live.url, "graduate", language)
    holder.goto(f"{live.url}/certificates/{certificate.public_id}/")
    holder.click(f"a[href$='/{certificate.public_id}/wallet/']")
    assert fits(holder)
    shoot(holder, f"before-{language}")
    holder.click("main form .button, #main form .button")
    holder.wait_for_selector(".pin")
    assert fits(holder)
    shoot(holder, f"offer-{language}")
    picture = io.BytesIO(holder.locator(".code").screenshot())
    (read,) = zxingcpp.read_barcodes(Image.open(picture))
    assert read.text == holder.get_attribute("a[href^='openid-credential-offer:']", "href")
    pin = holder.inner_text(".pin")
    got = programs("receive", offer=read.text, pin=pin)
    assert got.get("known") == "dc+sd-jwt", got
    holder.wait_for_selector("#state .ok")  # the page has heard of it by itself
    shoot(holder, f"received-{language}")
    holder.goto(f"{live.url}/certificates/{certificate.public_id}/wallet/")
    assert fits(holder)
    shoot(holder, f"wallets-{language}")

    clerk = User.objects.filter(role="clerk", office="market").first()
    officer = phone(browser, live.url, clerk.username, language)
    officer.goto(f"{live.url}/credentials/ask/graduate_settlement/")
    assert fits(officer)
    officer.check("input[value='fields/level']")
    officer.fill("#purpose", "核对学历")
    shoot(officer, f"ask-{language}")
    officer.click("main form .button, #main form .button")
    officer.wait_for_selector(".code svg")
    assert fits(officer)
    shoot(officer, f"asked-{language}")
    link = officer.get_attribute("a[href^='openid4vp:']", "href")
    shown = programs(
        "present",
        request=link,
        frame={"fields": {"level": True}},
        credential=got["credential"],
        key=got["key"],
    )
    assert shown.get("status") == 200, shown
    officer.wait_for_selector("dl.rows")
    assert fits(officer)
    shoot(officer, f"shown-{language}")
