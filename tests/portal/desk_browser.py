"""An officer at the desk in Chromium: opens cases, chooses moves, and notes what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from django.urls import reverse

from approvals.models import Application
from people.models import User

LIST = "/desk/approvals/application/"
WIDE, PHONE = (1280, 900), (390, 844)


def cookies_of(username: str, site: str, language: str = "") -> list[dict[str, str]]:
    """Return the cookies of somebody who is logged in; of nobody for an empty name."""
    found = {settings.LANGUAGE_COOKIE_NAME: language} if language else {}
    if username:
        client = Client()
        user = User.objects.get(username=username)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        found[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return [{"name": name, "value": value, "url": site} for name, value in found.items()]


GRAVE = ("serious", "critical")


def graves(page: Any) -> Iterator[str]:
    """What keeps somebody out of a page, by axe: faults that are serious or critical."""
    for fault in Axe().run(page).response["violations"]:
        if fault["impact"] in GRAVE:
            for node in fault["nodes"]:
                yield f"{fault['id']}: {node['html'][:200]}"


class AtDesk:
    """One officer with one page. ``faults``: errors of scripts and answers of 500 or more."""

    def __init__(self, browser: Any, site: str, username: str, size: tuple[int, int]) -> None:
        self.site, self.username, self.faults = site, username, list[str]()
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
        self.context.add_cookies(cookies_of(username, site))
        self.context.set_default_timeout(30_000)  # a busy machine
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("response", self._answered)

    def _answered(self, response: Any) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status}: {response.url}")

    def open(self, path: str) -> AtDesk:
        self.page.goto(self.site + path)
        return self

    def case(self, number: str) -> AtDesk:
        """Open the page of a case."""
        case = Application.objects.get(number=number)
        return self.open(reverse("admin:approvals_application_change", args=[case.pk]))

    def queue(self, query: str = "") -> list[str]:
        """Open the list; returns the numbers of the cases on it."""
        self.open(f"{LIST}?{query}")
        return [cell.inner_text() for cell in self.page.locator("[data-case]").all()]

    def offered(self) -> set[str]:
        """Return the moves that the panel of the open page leads to or has as a button."""
        links = self.page.locator("#panel a[href*='move=']").all()
        buttons = self.page.locator("#panel button[name=action]").all()
        moves = {str(link.get_attribute("href")).partition("move=")[2] for link in links}
        found = {move.partition("#")[0] for move in moves}
        return found | {str(button.get_attribute("value")) for button in buttons}

    def press(self, action: str) -> AtDesk:
        """Press a button of the panel that needs nothing else."""
        with self.page.expect_navigation():
            self.page.click(f"button[name=action][value={action}]")
        return self

    def decide(self, move: str, *, opened: tuple[str, ...] | None = None, **fields: str) -> AtDesk:
        """Choose a move, fill in its form, and confirm it where the desk asks once more."""
        page = self.page
        page.click(f"#panel a[href*='move={move}#']")
        for name, value in fields.items():
            page.fill(f"#panel [name={name}]", value)
        if opened is not None:
            for box in page.locator("#opened input").all():
                box.set_checked(box.get_attribute("value") in opened)
        if page.locator(f"#panel button[name=preview][value={move}]").count():
            page.click(f"#panel button[name=preview][value={move}]")
            page.wait_for_selector("#confirm")
        return self.press(move)

    def state(self) -> str:
        return str(self.page.inner_text(".state"))

    def close(self) -> None:
        self.context.close()
        assert not self.faults, (self.username, self.faults)
