"""`make screenshots`: the pictures of README and docs, taken from a running demo in Chromium.

Runs beside `with-stack`, which says where the demo is; everybody in it is fictional.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "images"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def shoot(page: Page, name: str, *, full: bool = False) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png", full_page=full)
    print(f"{name:<18}| {page.url}", flush=True)


def citizen(browser: Browser, url: str) -> None:
    """A graduate on a phone: from the front page to the certificate."""
    page = browser.new_context(viewport=PHONE, locale="zh-CN").new_page()  # type: ignore[arg-type]
    page.goto(url)
    shoot(page, "home")
    page.goto(f"{url}/login/?next=/services/graduate_settlement/apply/")
    page.locator("button[name=username][value=graduate]").click()
    page.wait_for_url(re.compile("/apply/"))
    page.select_option("select", "440305")
    address = page.locator(".hint .chip").first.inner_text()
    page.locator("input[name='/address']").fill(address)
    shoot(page, "form")
    page.locator("button[value=check]").click()
    page.wait_for_load_state()
    for box in page.locator("main input[type=checkbox]").all():
        box.check()
    shoot(page, "check")
    page.locator("button[value=submit]").click()
    page.wait_for_url(re.compile("/cases/"))
    page.wait_for_function(
        "document.querySelector('#word')?.textContent.includes('批准')", timeout=60_000
    )
    shoot(page, "result")
    page.goto(f"{url}/wallet/")
    shoot(page, "certificates")


def officer(browser: Browser, url: str, password: str) -> None:
    """A clerk at the desk: the queue, and one case."""
    page = browser.new_context(viewport=DESK, locale="zh-CN").new_page()  # type: ignore[arg-type]
    page.goto(f"{url}/login/?next=/desk/")
    page.locator("summary").first.click()
    page.fill("input[name=username]", "clerk-hrss")
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(re.compile("/desk/"))
    page.goto(f"{url}/desk/approvals/application/")
    shoot(page, "queue")


def main() -> int:
    from playwright.sync_api import sync_playwright  # a tool of development, not of production

    url = os.environ["MIAOPI_URL"]
    password = (Path(os.environ["KEYS_DIR"]) / "officers.txt").read_text().strip()
    FOLDER.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        citizen(browser, url)
        officer(browser, url, password)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
