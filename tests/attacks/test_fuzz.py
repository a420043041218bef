"""C19: 4,000 requests of browsers, made from the address resolver and the forms found on pages.

Each is by an anonymous visitor, a citizen or an officer; none is answered 500. ``--full`` sends all
of them, the ordinary run a tenth; the seed is in the message of a failure.
"""

import random
import re

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from lxml import html

from approvals.models import Application
from certificates.models import Certificate
from people.models import User
from tests.approvals import cases
from tests.attacks import outside

PEOPLE = (
    "",
    "graduate",
    "trader",
    "clerk-hrss",
    "clerk-market",
    "policy",
    "operator",
    "administrator",
    "head-hrss",
    "legal-hrss",
    "technical",
    "auditor",
)
ODD = [
    "",
    " ",
    "0",
    "-1",
    "1",
    "01",
    "1e9",
    "9" * 40,
    "NaN",
    "Infinity",
    "true",
    "None",
    "null",
    "x" * 300,
    "汪",
    "汪" * 400,
    "\x00",
    "a\x00",
    "\x1f",
    "\u202e",
    "\u200b",
    "\ud7ff",
    "\ufffe",
    "\U000e0001",
    "é",
    "e\u0301",
    "'",
    '"',
    "\\",
    "';--",
    "%",
    "%s",
    "%00",
    "{}",
    "{{7}}",
    "[]",
    "<b>",
    "../",
    "//evil.example/",
    "?",
    "#",
    "&",
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "24:00",
    "1,2",
    "1;2",
    "a=b",
    "-",
    "_",
    ".",
    "*",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "MP",
    "1.2.156",
    "440305-0000001",
    '{"a":',
    "[[[[",
    "٣",
    "Ⅷ",
    "①",
    "１２",
    "+1",
    "0x10",
    "1_000",
    "true,false",
    "/0",
    "~",
    "^",
    "$",
    "\r\nX: y",
]


def routes(resolver=None, prefix=""):
    """Every address of the site as a template, the desk's too."""
    for entry in (resolver or get_resolver()).url_patterns:
        text = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, text)
        elif isinstance(entry, URLPattern):
            yield re.sub(r"\\Z|\^|\$|\(\?P<final_slash>.*|\(\?[:P].*", "", text)


class Fuzzer:
    def __init__(self, seed, real):
        self.dice = random.Random(seed)
        self.real = real  # values that exist: numbers, ids, codes
        self.routes = sorted(set(routes()))
        self.people = {name: self.visitor(name) for name in PEOPLE}
        self.forms = []  # (address, fields) of forms that were on pages

    @staticmethod
    def visitor(name):
        client = Client(raise_request_exception=False)
        if name:
            user = User.objects.get(username=name)
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def value(self):
        return self.dice.choice(self.real if self.dice.random() < 0.6 else ODD)

    def address(self):
        route = self.dice.choice(self.routes)
        filled = re.sub(r"<[^>]+>", lambda _: self.value().replace("#", "%23"), route)
        return "/" + filled.replace("?", "%3F")

    def request(self):
        """One request: a form of a page with something odd in it, or an address with odd fields."""
        name = self.dice.choice(PEOPLE)
        client = self.people[name]
        if self.forms and self.dice.random() < 0.5:
            place, fields = self.dice.choice(self.forms)
            sent = dict(fields)
            for _ in range(self.dice.randrange(1, 4)):
                sent[self.dice.choice([*sent, "reason", "next", "q"])] = self.value()
            for gone in self.dice.sample(list(sent), self.dice.randrange(min(3, len(sent)))):
                del sent[gone]
        else:
            place = self.address()
            keys = (
                "q",
                "p",
                "o",
                "e",
                "next",
                "state",
                "reason",
                "version",
                "action",
                "id",
                "step",
            )
            sent = {self.dice.choice(keys): self.value() for _ in range(self.dice.randrange(4))}
        if "logout" in place or "password_change" in place:
            return 200, ""
        way = self.dice.choice(["get", "get", "post", "post", "put", "delete", "head"])
        body = {"data": sent} if way in ("get", "post", "head") else {}
        try:
            response = getattr(client, way)(place, **body)
        except (UnicodeError, ValueError) as error:  # no client can send such an address
            return 0, str(error)
        if way == "get" and "html" in response.get("Content-Type", "") and response.content:
            self.keep_forms(place, response.content)
        return response.status_code, f"{name} {way} {place!a} {sent!a}"

    def keep_forms(self, place, content):
        for form in html.fromstring(content).forms:
            address = form.get("action") or place
            if address.startswith("/"):
                self.forms.append((address, [(k, v or "") for k, v in form.form_values()]))
        del self.forms[:-300]


@pytest.fixture
def real(furnished):
    """A decided case, a returned one, one with an officer, and what is named in the catalogue."""
    made = []
    who = cases.person("graduate")
    made.append(outside.body("graduate_settlement", who.number, who.name, cases.graduate_answers()))
    someone = outside.graduate(0)
    wrong = cases.graduate_answers(address="440305-9999999")
    made.append(outside.body("graduate_settlement", someone.number, someone.name, wrong))
    trader, answers = cases.person("trader"), cases.trader_answers()
    made.append(outside.body("sole_trader", trader.number, "某人", answers))
    for what in made:
        assert outside.submit(what).case is not None
    paper = Certificate.objects.get()
    values = [paper.public_id, paper.identifier, paper.number, str(paper.pk)]
    for case in Application.objects.all():
        values += [case.number, str(case.pk)]
    values += ["graduate_settlement", "sole_trader", "level", "revocation", "food", "1", "2", "0"]
    return [*values, "services", "edition", "approvals", "application", "people", "user", "change"]


def test_nothing_that_a_browser_sends_is_answered_500(real, pytestconfig, settings):
    seed = 20260302
    fuzzer = Fuzzer(seed, real)
    assert len(fuzzer.routes) > 60
    for name in PEOPLE:  # the forms of the pages that one begins with
        for place in ("/", "/cases/", "/wallet/", "/verify/", "/login/", "/desk/"):
            answer = fuzzer.people[name].get(place, follow=True)
            assert answer.status_code < 500
            if answer.content:
                fuzzer.keep_forms(place, answer.content)
    broken, sent = [], 0
    while sent < (4000 if pytestconfig.getoption("--full") else 400):
        status, shown = fuzzer.request()
        sent += status > 0
        if status >= 500:
            broken.append(shown)
    assert not broken, (seed, broken)
