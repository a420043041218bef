"""What a citizen reads is in their language, and in words: names and what they wrote apart.

The pages are found by the URL resolver, so that a new one is read, too. Each is read once, and what
differs by whose it is by everybody; with ``--full`` everybody reads everything.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from lxml import html

from affairs import drafts
from approvals import actions
from approvals.models import Application
from ledger.clock import city_date, now
from people.actors import officer
from people.models import User
from services import catalogue
from tests.approvals import cases as made
from tests.attacks.companies import company
from tests.factories import UserFactory
from tests.portal.test_desk_language import DATA, READ, WORD
from tests.portal.test_every_page import addresses
from tests.portal.test_words_shown import CODE, OF_A_TABLE

HAN = re.compile("[\u4e00-\u9fff]+")
LANGUAGES = {"zh": "zh-CN", "en": "en"}
FULL = bool(os.environ.get("MIAOPI_FULL"))
DIFFERS = {"portal:case", "portal:cases", "portal:answers", "portal:apply", "portal:accesses"}
WHO = ("graduate", "degree_missing", "trader_unknown_address", "trader_food", "trader")
# names of things that are the same in both languages
NAMES = {"PDF", "JSON", "Cookie", "JavaScript", "axe", "pinyin", "docs", "affairs", "English"}
# data: what somebody is called, where they live, what they typed; a law's and a document's name
WRITTEN = "//*[contains(@class,'law')] | //*[contains(@class,'who')]"


@pytest.fixture
def everybody(furnished: None) -> list[Application]:
    """An application of each kind, a draft, a message of each, and a refusal."""
    found = [
        made.settled("graduate"),
        made.settled("degree_missing"),
        made.settled(
            "trader_unknown_address",
            "sole_trader",
            answers=made.trader_answers(premises="440305-0000000", trade_name="安和顺"),
        ),
        made.settled(
            "trader_food", "sole_trader", answers=made.trader_answers(scope=["H6210", "F5232"])
        ),
    ]
    founders = made.person("trader"), made.person("trader_ban_over")
    case = made.submit("trader", "limited_company", answers=company(*founders))
    made.answer_checks(case)
    found.append(made.decide(case)[0])
    clerk = officer(UserFactory(clerk=True, name="周明", office__code="hrss"))
    refused = found[1]
    actions.take(number=refused.number, by=clerk, now=now())
    actions.refuse(number=refused.number, reason="学历证书无法核实", by=clerk, now=now())
    edition = catalogue.current("sole_trader", city_date(now()))
    assert edition is not None
    drafts.save(
        book=catalogue.rulebook(edition),
        answers={"trade_name": "恒瑞祥"},
        by_person=False,
        by=made.citizen(made.person("graduate")),
        now=now(),
    )
    return found


def citizen(username: str, language: str) -> Client:
    client = Client(headers={"accept-language": LANGUAGES[language]})
    client.force_login(
        User.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def pages(client: Client, read: set[str]) -> Iterator[tuple[str, Any]]:
    """Yield each page of citizens that somebody gets and nobody has read, with its address."""
    for name, paths in sorted(addresses().items()):
        if not name.startswith(("portal:", "certificates:", "credentials:", "counter:", "no page")):
            continue
        for path in sorted(paths) if name not in read else ():
            response = client.get(path)
            kind = response.headers.get("Content-Type", "")
            if response.status_code in (200, 404, 409) and "html" in kind:
                if response.status_code == 200 and name not in DIFFERS and not FULL:
                    read.add(name)
                yield path, html.fromstring(response.content.decode())


def texts(page: Any) -> Iterator[str]:
    for hidden in page.xpath(f"{DATA} | {WRITTEN}"):
        hidden.drop_tree()
    yield from page.itertext()
    for node in page.iter():
        if node.tag in ("option", "input") and node.get("type") in ("hidden", "radio", "checkbox"):
            continue
        for name in READ:
            if name != "value":  # what was typed, or a button's
                yield node.get(name) or ""


def words_of(page: Any, word: re.Pattern[str]) -> Iterator[str]:
    for text in texts(page):
        if set(word.findall(text)) - NAMES:
            yield " ".join(text.split())[:90]


def test_no_page_of_a_citizen_is_in_the_other_language_or_shows_codes(
    everybody: list[Application],
) -> None:
    faults, seen = set(), 0
    for language, word in (("zh", WORD), ("en", HAN)):
        read: set[str] = set()
        for who in WHO:
            for path, page in pages(citizen(who, language), read):
                seen += 1
                faults |= {f"{language} {path}: {text}" for text in words_of(page, word)}
                for item in page.xpath("//*[@class='code']"):  # of a catalogue: it has no name
                    item.drop_tree()
                main = " ".join(page.xpath("string(//main)").split())
                for code in (CODE, OF_A_TABLE):
                    faults |= {f"{language} {path}: code {one}" for one in code.findall(main)}
    assert not faults, "\n".join(sorted(faults))
    assert seen > 100
