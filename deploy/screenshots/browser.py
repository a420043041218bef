"""A browser for pictures: where they go, how one is taken, and who is in front of it."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django_otp.oath import totp

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images"
PHONE, DESK = (390, 844), (1280, 800)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass(frozen=True, slots=True)
class Camera:
    """``url``: of the demo; ``password``: of its officers."""

    browser: Browser
    url: str
    password: str

    def page(self, size: tuple[int, int]) -> Page:
        """Return a page of somebody new, in Chinese."""
        viewport = {"width": size[0], "height": size[1]}
        return self.browser.new_context(viewport=viewport, locale="zh-CN").new_page()  # type: ignore[arg-type]

    def shoot(self, page: Page, name: str) -> None:
        page.wait_for_load_state("networkidle")
        path = FOLDER / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path)
        print(f"{name:<22}| {page.url}", flush=True)

    def citizen(self, persona: str) -> Page:
        """Return a phone's page on which a persona has logged in."""
        page = self.page(PHONE)
        page.goto(f"{self.url}/login/")
        button = page.locator("button[name=username]").first
        button.evaluate("(it, persona) => { it.value = persona }", persona)  # not all are listed
        button.click()
        return page

    def officer(self, username: str, size: tuple[int, int] = DESK, picture: str = "") -> Page:
        """Return the desk's first page for an officer, after the second factor.

        It is enrolled on the way, so each officer comes once; ``picture``: of its page.
        """
        page = self.page(size)
        page.goto(f"{self.url}/desk/")
        page.fill("[name=username]", username)
        page.fill("[name=password]", self.password)
        page.click("button[type=submit]")
        page.wait_for_url(re.compile("/second-factor/"))
        if picture:
            self.shoot(page, picture)
        secret = page.inner_text("#secret").strip()
        page.fill("[name=code]", f"{totp(_bytes(secret)):06d}")
        page.click("#second-factor button")
        page.wait_for_selector("#codes")
        page.goto(f"{self.url}/desk/")
        return page


def _bytes(secret: str) -> bytes:
    """Return the key that an authenticator application is given as base32."""
    return base64.b32decode(secret + "=" * (-len(secret) % 8))
