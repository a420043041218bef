"""What one may qualify for: on a tap of consent, by the same rules, and only look-ups are kept."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
import yaml
from django.conf import settings
from django.test import Client
from lxml import html

from approvals.actions import qualifying
from approvals.models import Application, Decision
from exchange.models import Lookup
from ledger.clock import city_date, now
from people import identity
from people.models import User
from services import catalogue
from tests.approvals.cases import citizen, person, settled
from tests.approvals.program import rows
from tests.portal.test_precheck import agencies  # noqa: F401  # a fixture, for every test here
from tests.services.packs import SHIPPED, text

pytestmark = pytest.mark.usefixtures("furnished")
PAGE = "/qualify/"


class Asking:
    """A citizen at the page; ``agree`` is the tap."""

    def __init__(self, username: str, language: str = "zh-hans") -> None:
        self.client, self.number = Client(), person(username).number
        self.client.force_login(
            User.objects.get(username=username),
            backend="django.contrib.auth.backends.ModelBackend",
        )
        self.client.cookies["django_language"] = language
        self.page = html.fromstring(self.client.get(PAGE).content.decode())

    def agree(self) -> Asking:
        self.page = html.fromstring(self.client.post(PAGE, {"agree": "1"}).content.decode())
        return self

    @property
    def lookups(self) -> Any:
        return Lookup.objects.filter(subject=identity.index(self.number))

    @property
    def offers(self) -> list[str]:
        return [one.text for one in self.page.xpath("//section[contains(@class,'offer')]/h2")]

    @property
    def text(self) -> str:
        return " ".join(self.page.text_content().split())


def asked() -> list[str]:
    """The registries that people may see and a service for persons asks about its applicant."""
    packs = [yaml.safe_load(text(name)) for name in SHIPPED]
    entries = (
        part.get("asks", name)
        for pack in packs
        if pack["applicant"] == "person"
        for name, part in pack["registries"].items()
        if "subject" not in part
    )
    return sorted({code for code in entries if settings.CITY.registries[code].shown})


def test_nobody_is_asked_before_the_tap_and_the_page_says_who_would_be() -> None:
    asking = Asking("graduate")
    assert not asking.lookups.exists()
    named = [one.text for one in asking.page.xpath("//dl/div/dt")]
    assert {"人口基础信息库", "高等教育学历信息库", "商事主体登记库"} <= set(named)
    assert len(named) == len(set(named)) == len(asked())
    asking.client.post(PAGE, {})  # without the tap's own word
    assert not asking.lookups.exists()


def test_each_registry_is_asked_once_with_the_purpose_and_nothing_else_is_kept() -> None:
    before, asking = rows(), Asking("graduate").agree()
    made = asking.lookups.values_list("registry", "purpose", "case", "by")
    by = f"citizen:{identity.index(asking.number)}"
    assert sorted(made) == [(name, "qualify", "", by) for name in asked()]
    added = {table: n - before[table] for table, n in rows().items() if n != before[table]}
    # the event proves the look-ups
    assert (
        added == {"exchange_lookup": len(asked()), "ledger_event": 1}
        and not Application.objects.exists()
    )


@pytest.mark.parametrize(
    ("username", "offered"),
    [("graduate", True), ("part_time", False), ("already_local", False), ("credit_hit", True)],
)
def test_a_graduate_is_offered_settlement_where_the_registries_show_it(
    username: str, offered: bool
) -> None:
    asking = Asking(username).agree()
    assert ("应届毕业生引进落户" in asking.offers) is offered
    if not offered:
        stands = asking.page.xpath("//details//li[.//span[contains(@class,'bad')]]")
        assert stands


def test_one_tap_leads_into_the_form_and_what_is_to_be_asked_is_said() -> None:
    asking = Asking("graduate").agree()
    (offer,) = asking.page.xpath("//section[.//h2='应届毕业生引进落户']")
    assert offer.xpath(".//a[@href='/services/graduate_settlement/apply/']")
    text = offer.text_content()
    assert "落户区" in text and "无犯罪记录" in text.partition("申请时再核对")[2]


def test_what_one_has_in_hand_is_opened_instead() -> None:
    settled("part_time")
    page = Asking("part_time").agree().page
    case = Application.objects.get()
    assert case.state == "review"
    assert not page.xpath("//section//a[@href='/services/graduate_settlement/apply/']")


@pytest.mark.parametrize("kind", ["graduate", "part_time", "credit_hit", "capacity_limited"])
def test_the_conditions_are_judged_as_they_are_later(kind: str) -> None:
    today, who = city_date(now()), person(kind)
    books = [b for b in catalogue.all_current(today) if b.code == "graduate_settlement"]
    found = qualifying.qualify(books=books, number=who.number, by=citizen(who), on=today, now=now())
    (one,) = found.services
    case = settled(kind)
    decision = Decision.objects.get(application=case)
    lines = orjson.loads(bytes(decision.receipt))["verdict"]["requirements"]
    results = {line["id"]: line["result"] for line in lines}
    assert {results[name] for name in one.met} <= {"met", "not_applicable"}
    assert {results[name] for name in one.unmet} <= {"unmet"} and not one.unknown
    assert {"no_crime", "credit"} <= set(one.later)


def test_a_silent_registry_is_named_and_never_speaks_for_anybody(
    agencies: dict[str, float],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(qualifying, "BUDGET", 0.2)
    agencies["education"] = 0.6
    asking = Asking("graduate").agree()
    assert "应届毕业生引进落户" not in asking.offers
    assert "高等教育学历信息库" in asking.text


def test_in_english() -> None:
    asking = Asking("graduate", "en").agree()
    assert "Household registration for new graduates" in asking.offers
    assert "conditions that the registries can answer now are met" in asking.text
