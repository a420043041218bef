"""A clerk at a counter as tests use one: the pages in order, as a browser posts them."""

import re
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.test import Client

from people.models import User
from tests.approvals.cases import graduate_answers, person

ADD = "/desk/approvals/intake/add/"


def enter(username: str) -> Client:
    client = Client()
    user = User.objects.get(username=username)
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def hidden(page: str) -> dict[str, Any]:
    """Return the hidden fields of a page's own form, lists for those that come twice."""
    form = max(re.findall(r"<form.*?</form>", page, re.S), key=len)
    found: dict[str, Any] = {}
    for tag in re.findall(r'<input type="hidden"[^>]*>', form):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and value and name[1] != "csrfmiddlewaretoken":
            found.setdefault(name[1], []).append(value[1])
    return found


def arrival(kind: str = "graduate", **changes: Any) -> dict[str, Any]:
    """Return what a clerk enters of a persona who came; changes replace fields."""
    who = person(kind)
    plain = {
        "/service": "graduate_settlement",
        "/counter": "hrss",
        "/number": who.number,
        "/name": who.name,
        "/paper": "id_card",
        "/acting": "self",
        "/seen": "true",
        "/agreed": "true",
    }
    return {**plain, **changes}


def guardian(kind: str = "elder", **changes: Any) -> dict[str, Any]:
    """Return the fields of a parent who acts, by the household register."""
    who = person(kind)
    plain = {
        "/acting": "guardian",
        "/representative/number": who.number,
        "/representative/name": who.name,
        "/representative/paper": "id_card",
        "/representative/relation": "parent",
        "/representative/authority": "household",
        "/representative/on": "2020-05-06",
        "/representative/note": "户号 4403051234",
    }
    return {**plain, **changes}


@dataclass
class Counter:
    """One clerk's walk from who came to the slip."""

    username: str = "clerk-hrss"
    pages: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = enter(self.username)

    def arrive(self, entered: dict[str, Any]) -> HttpResponse:
        return self._keep(self.client.post(ADD, entered))

    def check(self, answers: dict[str, Any] | None = None) -> HttpResponse:
        filled = answers or graduate_answers()
        fields = {f"/{k}": v for k, v in filled.items() if k != "consent"}
        return self.post({**hidden(self.pages[-1]), **fields, "step": "check"})

    def submit(self) -> HttpResponse:
        ticked = {"/consent": "true", "step": "submit"}
        return self.post({**hidden(self.pages[-1]), **ticked})

    def post(self, form: dict[str, Any], service: str = "graduate_settlement") -> HttpResponse:
        return self._keep(self.client.post(f"/desk/approvals/intake/take/{service}/", form))

    def take(self, entered: dict[str, Any]) -> HttpResponse:
        """Walk to the end; returns the redirect to the slip."""
        for answer in (self.arrive(entered), self.check()):
            assert answer.status_code == 200, answer.content.decode()[:3000]
        return self.submit()

    def _keep(self, answer: HttpResponse) -> HttpResponse:
        self.pages.append(answer.content.decode())
        return answer
