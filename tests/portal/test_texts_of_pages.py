"""Every text that comes in on any page is refused, or kept as `people.text` keeps texts.

The pages are found by the URL resolver and the desk's models, the fields on the pages themselves.
What reaches a statement that writes is looked at, so that nothing is kept that no page shows.
"""

from __future__ import annotations

import copy
import itertools
import os
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from lxml import html

from approvals.progress import waiting
from exchange import registries
from people.models import User
from tests.approvals.cases import graduate_answers, person, settled, submit, trader_answers
from tests.approvals.test_signing import company
from tests.portal.test_every_page import addresses
from tests.texts import CLASSES, marked, undone

QUICKLY = ("clerk-hrss", "administrator")  # the others with --full
LANGUAGES = {"zh-CN": re.compile("[\u4e00-\u9fff]"), "en": re.compile("[A-Za-z]{3}")}


def encoded(pairs: list[tuple[str, str | bytes]]) -> bytes:
    return urlencode([(k, v if isinstance(v, bytes) else v.encode()) for k, v in pairs]).encode()


class Forms:
    """All forms that somebody meets: each text field filled in with kinds of text.

    With ``--full`` with each kind, else with the next one, so that all come up on the way.
    """

    def __init__(self, who: str, client: Client) -> None:
        self.who, self.client = who, client
        self.faults: list[str] = []
        self.fields: set[tuple[str, str]] = set()  # (address, field)
        self.turn = itertools.cycle(CLASSES)

    def page(self, response: Any, address: str) -> None:
        if response.status_code != 200 or "html" not in response.headers["Content-Type"]:
            return
        for form in html.fromstring(response.content).forms:
            action = (form.get("action") or address).partition("#")[0] or address
            if "logout" in action or not action.startswith("/"):
                action = address if not action.startswith("/") else ""
            if action:
                self.form(form, action)

    def form(self, form: Any, action: str) -> None:
        post = form.method == "POST"
        values = [(k, v) for k, v in form.form_values() if k != "csrfmiddlewaretoken"]
        values += [
            (b.get("name"), b.get("value", "on"))
            for b in form.xpath(".//input[@type='checkbox' and not(@checked) and @name]")
        ]
        texts = form.xpath(
            ".//textarea[@name] | .//input[@name and (not(@type) or @type='text' or @type='search'"
            " or @type='hidden' or @type='url' or @type='email' or @type='password')]"
        )
        pressed = form.xpath(".//button[@name] | .//input[@type='submit' and @name]")
        buttons = list({_kind_of_button(b): b for b in pressed}.values()) or [None]
        for field in {t.get("name"): t for t in texts}.values():
            name = field.get("name")
            if name == "csrfmiddlewaretoken" or (action, name) in self.fields:
                continue
            self.fields.add((action, name))
            for kind in self.kinds():
                for button in buttons:
                    sent = [(k, v) for k, v in values if k != name]
                    sent.append((name, marked(kind)))
                    if button is not None:
                        sent.append((button.get("name"), button.get("value") or ""))
                    self.send(post, action, sent, f"{name} {kind}")

    def kinds(self) -> list[str]:
        if os.environ.get("MIAOPI_FULL"):
            return list(CLASSES)
        return [next(self.turn)]

    def send(self, post: bool, action: str, sent: list[tuple[str, Any]], what: str) -> None:
        seen = f"{self.who}: {action}: {what}"
        cookies = copy.deepcopy(
            self.client.cookies
        )  # a form may log somebody in, or change a language
        with undone() as kept:
            if post:
                response = self.client.generic(
                    "POST", action, encoded(sent), content_type="application/x-www-form-urlencoded"
                )
            else:
                response = self.client.get(f"{action.partition('?')[0]}?{encoded(sent).decode()}")
        self.client.cookies = cookies
        self.faults += [f"{seen}: {fault}" for fault in kept.faults]
        if response.status_code >= 500:
            self.faults.append(f"{seen}: {response.status_code}")
        if response.status_code >= 400:
            page = response.content.decode()
            if not all(words.search(page) for words in LANGUAGES.values()):
                self.faults.append(f"{seen}: {response.status_code} without a sentence")


def _kind_of_button(button: Any) -> tuple[str, str]:
    """One button of those that do the same to another part of a form, or another line of a list."""
    name = button.get("name")
    alike = name in ("go", "more", "drop", "search")
    return name, "" if alike else button.get("value") or ""


@pytest.fixture
def cases(furnished: None, monkeypatch: pytest.MonkeyPatch, settings: Any) -> dict[str, str]:
    """A case of each kind that a citizen or an officer can say something about."""
    settings.RATES = False
    # a registry is asked outside transactions only, and here each form is in one
    monkeypatch.setattr(registries, "_refuse_locks", lambda *arguments: None)
    monkeypatch.setattr(waiting.Waiter, "wait", lambda self, seconds: False)
    founders = person("trader"), person("trader_ban_over")
    waits = submit("trader", "limited_company", answers=company(founders))
    made = {
        "approved": settled("graduate"),
        "review": settled("degree_missing"),
        "returned": settled(
            "trader_unknown_address",
            "sole_trader",
            answers=trader_answers(premises="440305-0000000"),
        ),
        "submitted": submit(
            "trader_ban_over", "sole_trader", answers=trader_answers(trade_name="安和顺")
        ),
        "cosign": waits,
    }
    return {name: case.number for name, case in made.items()}


def client_of(username: str) -> Client:
    client = Client(raise_request_exception=False)
    if username:
        user = User.objects.get(username=username)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def citizens_forms(username: str) -> Forms:
    forms = Forms(username, client_of(username))
    for name, paths in addresses().items():
        if not name.startswith(("portal:", "certificates:", "credentials:")):
            continue
        for path in sorted(paths):
            with undone():
                response = forms.client.get(path)
            forms.page(response, path)
            if name in ("portal:apply", "portal:bundle-apply") and response.status_code == 200:
                page = html.fromstring(response.content)
                form = next(f for f in page.forms if f.get("id") == "answers")
                sent = dict(form.form_values()) | {"step": "check"}
                is_trader = "trader" in path or "company" in path
                answers = trader_answers() if is_trader else graduate_answers()
                sent |= {f"/{k}": v for k, v in answers.items() if v is not True}
                forms.page(forms.client.post(path, sent), path)
    return forms


def test_pages_of_citizens(cases: dict[str, str]) -> None:
    walked: set[str] = set()
    faults: list[str] = []
    for username in ("", "graduate", "trader_unknown_address", "trader_ban_over"):
        forms = citizens_forms(username)
        walked |= {action for action, _field in forms.fields}
        faults += forms.faults
    assert not faults, "\n".join(faults[:40])
    for wanted in ("/login/", "/verify/", "/", "/services/graduate_settlement/apply/"):
        assert wanted in walked
    for name in ("correct", "contest", "withdraw", "deliver"):
        assert any(action.endswith(f"/{name}/") for action in walked), name
    for space in ("/cases/", "/services/"):
        assert any(a.startswith(space) and "/wrong/" in a for a in walked), space


@pytest.mark.parametrize(
    "username",
    [
        "clerk-hrss",
        "policy",
        "administrator",
        "operator",
        "head-hrss",
        "technical",
        "auditor",
    ],
)
def test_pages_of_the_desk(
    username: str, request: pytest.FixtureRequest, pytestconfig: pytest.Config
) -> None:
    if username not in QUICKLY and not pytestconfig.getoption("--full"):
        pytest.skip("--full")
    request.getfixturevalue("cases")
    forms = Forms(username, client_of(username))
    for name, paths in addresses().items():
        if name.startswith("admin:"):
            for path in sorted(paths):
                forms.page(forms.client.get(path), path)
    assert not forms.faults, "\n".join(forms.faults[:40])
    assert len(forms.fields) > 5
    if username == "clerk-hrss":
        assert any(field == "reason" for _action, field in forms.fields)
