"""No English word on a Chinese page of the desk: our texts, Django's, and the theme's own."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from lxml import html

from approvals import actions, numbers
from approvals.admin import buttons
from approvals.admin.casefile.panel import CHOSEN_FIRST
from approvals.models import Application
from ledger.clock import city_date, now
from people import rights
from people.actors import officer
from people.models import User
from tests import officers
from tests.approvals.cases import settled

# two letters or more of one word, in small letters or capitalized: codes are in capitals
WORD = re.compile(r"(?<![\w@/.\-])[A-Za-z]?[a-z]{2,}(?![\w@/\-])")
ROLES = ("clerk", "supervisor", "head", "legal", "auditor")
READ = ("placeholder", "title", "aria-label", "alt", "value", "label")
NAMES = {"miaopi", "English"}
SIGNS = "//*[contains(@class,'material-symbols')]"
DATA = f"//script | //style | //head | //template | //kbd | //code | //svg | {SIGNS}"


def texts(page: html.HtmlElement) -> Iterator[str]:
    """Everything that a person reads or hears on a page."""
    for hidden in page.xpath(DATA):
        hidden.drop_tree()
    yield from page.itertext()
    for node in page.iter():
        if node.tag in ("option", "input") and node.get("type") in ("hidden", "radio", "checkbox"):
            continue
        for name in READ:
            if name == "value" and node.tag not in ("button", "input"):
                continue
            if node.tag == "button" and name == "value":
                continue
            yield node.get(name) or ""


def english(client: Client, address: str, known: set[str]) -> set[str] | None:
    """Return the English words of a page; None where this officer has no such page."""
    response = client.get(address)
    if response.status_code != 200 or "html" not in response.headers["Content-Type"]:
        return None
    page = html.fromstring(response.content.decode())
    found = set()
    for text in texts(page):
        for name in known:
            text = text.replace(name, " ")
        found |= set(WORD.findall(text))
    return found - NAMES


def addresses() -> Iterator[str]:
    """The pages of whoever handles cases: the front page, the queue, its filters, a case."""
    yield reverse("admin:index")
    queue = reverse("admin:approvals_application_changelist")
    yield from (queue, f"{queue}?state=all", f"{queue}?q={numbers.new(city_date(now()))}")
    for case in Application.objects.filter(state="review"):
        page = reverse("admin:approvals_application_change", args=[case.pk])
        yield page
        chosen = [a for a, button in buttons.BUTTONS.items() if button.form in CHOSEN_FIRST]
        yield from (f"{page}?move={action}" for action in chosen)


@pytest.fixture
def desk(furnished: None) -> None:
    rights.write_groups()
    case = settled("credit_hit")
    settled("graduate")
    clerk = officer(officers.make("u-clerk", "clerk", name="周明", office_id="hrss"))
    actions.take(number=case.number, by=clerk, now=now())


def test_no_chinese_page_of_the_desk_has_an_english_word(desk: None) -> None:
    known = set(User.objects.values_list("username", flat=True))
    found: dict[str, set[str]] = {}
    for role in ROLES:
        if role != "clerk":
            officers.make(f"u-{role}", role, name="吴方", office_id="hrss")
        client = Client(headers={"accept-language": "zh-CN"})
        user = User.objects.get(username=f"u-{role}")
        client.force_login(user, "django.contrib.auth.backends.ModelBackend")
        for address in addresses():
            if "?move=" in address and role != "clerk":
                continue
            words = english(client, address, known)
            if words is not None:
                found[f"{role}: {address}"] = words
    assert len(found) > 25, found.keys()
    assert {address: words for address, words in found.items() if words} == {}
