"""A visitor without a browser: follows links and fills in forms as they stand on the page."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urljoin

import requests
from lxml import html


class Visitor:
    """One person with one session. ``page`` is the parsed page, ``status`` its HTTP status."""

    def __init__(self, site: str, language: str = "zh-CN") -> None:
        self.site = site
        self.session = requests.Session()
        self.session.headers["Accept-Language"] = language
        self.address = site
        self.status = 0
        self.page: Any = None

    def get(self, path: str) -> Visitor:
        return self._show(self.session.get(urljoin(self.address, path), timeout=15))

    def _show(self, response: requests.Response) -> Visitor:
        self.address, self.status, self.response = response.url, response.status_code, response
        kind = response.headers.get("Content-Type", "")
        self.page = html.fromstring(response.text) if "html" in kind else None
        return self

    @property
    def text(self) -> str:
        """What a person reads, with single spaces."""
        return " ".join(self.page.text_content().split())

    def all(self, xpath: str) -> list[Any]:
        return list(self.page.xpath(xpath))

    def one(self, xpath: str) -> Any:
        found = self.all(xpath)
        assert found, f"{xpath} is not on {self.address} ({self.status}): {self.text[:600]}"
        return found[0]

    def form(self, button: str = "", **fields: Any) -> tuple[str, list[tuple[str, str]]]:
        """Return (address, values) of the form that has the button, filled in.

        ``button`` is ``name=value``; without one it is the first on the page that has no name.
        A list ticks several boxes; None leaves a field out.
        """
        name, _, value = button.partition("=")
        wanted = f"@name='{name}' and @value='{value}'" if button else "not(@name)"
        pressed = self.one(f"//*[@id='main' or @id='content']//button[{wanted}]")
        form = next(a for a in pressed.iterancestors() if a.tag == "form")
        values = [(k, v) for k, v in form.form_values() if k not in fields]
        for key, given in fields.items():
            for item in given if isinstance(given, list) else [given]:
                if item is not None:
                    values.append((key, str(item)))
        if button:
            values.append((name, value))
        return urljoin(self.address, form.get("action") or self.address), values

    def press(self, button: str = "", **fields: Any) -> Visitor:
        """Fill in the form of a button, press it, and go where it leads."""
        address, values = self.form(button, **fields)
        return self._show(self.session.post(address, data=values, timeout=15))

    def choose(self, move: str) -> Visitor:
        """At the desk, on a case's page: open the form of a move."""
        return self.get(f"{self._case}?move={move}")

    def decide(self, move: str, **fields: Any) -> Visitor:
        """Choose a move on a case's page, fill in its form, and confirm it where that is asked."""
        self.choose(move)
        if not self.all(f"//button[@name='preview' and @value='{move}']"):
            return self.press(f"action={move}", **fields)
        self.press(f"preview={move}", **fields)
        return self.press(f"action={move}") if self.all("//*[@id='confirm']") else self

    @property
    def _case(self) -> str:
        """The page of the case whose page, or refused form, is shown."""
        return self.address.partition("?")[0].replace("/do/", "/change/")

    def as_persona(self, username: str) -> Visitor:
        self.get("/login/")
        return self.press(f"username={username}")

    def as_officer(self, username: str, password: str) -> Visitor:
        self.get("/desk/login/")
        form = self.one("//form[.//input[@name='password']]")
        values = [v for v in form.form_values() if v[0] not in ("username", "password")]
        values += [("username", username), ("password", password)]
        return self._show(self.session.post(self.address, data=values, timeout=15))


def graduate(visitor: Visitor, persona: str, address: str) -> Visitor:
    """Log in and go as far as the check page of the graduates' service."""
    visitor.as_persona(persona).get("/services/graduate_settlement/apply/")
    return visitor.press("step=check", **{"/district": "440305", "/address": address})


def trader(visitor: Visitor, persona: str, premises: str, scope: list[str]) -> Visitor:
    """Log in and go as far as the check page of the sole traders' service."""
    visitor.as_persona(persona).get("/services/sole_trader/apply/")
    answers = {"/trade_name": "恒瑞祥", "/premises": premises, "/employees": "2", "/scope": scope}
    return visitor.press("step=check", **answers)


def submit(visitor: Visitor, **more: Any) -> Visitor:
    """Tick what must be declared and submit once."""
    ticks = {
        box.get("name"): box.get("value") for box in visitor.all("//main//input[@type='checkbox']")
    }
    return settled(visitor.press("step=submit", **{**ticks, **more}))


def settled(visitor: Visitor, seconds: float = 20) -> Visitor:
    """Reload, as a page without JavaScript does, until the machine has done its part."""
    ends = time.monotonic() + seconds
    while visitor.all("//span[contains(@class,'pulse')]") and time.monotonic() < ends:
        time.sleep(0.3)
        visitor.get(visitor.address)
    return visitor
