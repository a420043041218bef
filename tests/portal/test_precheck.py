"""Before anything is handed in: the same judge says what is open, and only look-ups are kept."""

from __future__ import annotations

import datetime as dt
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from django.db import transaction
from django.test import Client
from lxml import html

from approvals import actions
from approvals.actions import prechecks
from approvals.actions.prechecks import Precheck
from approvals.models import Application, Decision
from demo.city import families
from demo.city.personas import index
from exchange import registries
from exchange.models import Lookup
from exchange.queries import Answer, Query
from ledger.clock import city_date, now
from people import identity, protection
from people.errors import ActionRejected
from people.models import User
from portal.precheck import preview
from services import catalogue, schema
from services.rulebook import Rulebook
from tests.approvals.cases import CITY, answer_checks, citizen, decide, person, submit
from tests.approvals.program import rows
from tests.attacks.companies import company

pytestmark = pytest.mark.usefixtures("furnished")
FULL = bool(os.environ.get("MIAOPI_FULL"))
CASES, AT_ONCE = (2_000, 50) if FULL else (60, 30)
AGENCIES = ("education", "criminal", "credit")


class InCity:
    """Another agency's registry that answers from the city; ``seconds`` late, if at all."""

    remote = True
    late: dict[str, float] = {}  # registry: seconds

    def __init__(self, registry: str, config: dict[str, Any]) -> None:
        self.group = self.registry = registry

    def read(
        self, queries: list[Query], *, now: dt.datetime, seconds: float | None = None
    ) -> list[Answer]:
        time.sleep(self.late.get(self.registry, 0))
        return [self._answer(query, now) for query in queries]

    def _answer(self, query: Query, now: dt.datetime) -> Answer:
        data = CITY.record(self.registry, query.number)
        held = {name: data[name] for name in query.fields if name in data} if data else {}
        outcome = "absent" if data is None else "found"
        return Answer(self.registry, query.subject, outcome, held, "1", now)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def agencies(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, float]]:
    """The three agencies answer; the value says how many seconds late each is."""
    adapter = f"{InCity.__module__}.{InCity.__name__}"
    named = {name: {**settings.REGISTRIES[name], "adapter": adapter} for name in AGENCIES}
    settings.REGISTRIES = {**settings.REGISTRIES, **named}
    monkeypatch.setattr(InCity, "late", {})
    registries._adapter.cache_clear()
    yield InCity.late
    registries._adapter.cache_clear()


def rulebook(service: str) -> Rulebook:
    edition = catalogue.current(service, city_date(now()))
    assert edition is not None
    return catalogue.rulebook(edition)


def look(
    service: str, applicant: actions.Applicant, answers: dict[str, Any], *, whole: bool = True
) -> Precheck:
    book, moment = rulebook(service), now()
    on = city_date(moment)
    kept = schema.validate(book, answers, protect=protection.protect, on=on)
    return prechecks.precheck(
        planned=prechecks.Planned(book, applicant, kept, on),
        whole=whole,
        purpose=f"precheck:{service}",
        by=citizen(applicant),
        now=moment,
    )


@dataclass
class Generated:
    service: str
    applicant: actions.Applicant
    answers: dict[str, Any]


NAME = "安柏采辰澄川春淳德帆芳枫国中南山"


def generated(draw: random.Random, place: int) -> Generated:
    """Anybody of the city applies for something, with answers good and bad."""
    truth = CITY.person(place)
    applicant = actions.Applicant("person", truth.number, truth.name)
    where = CITY.address(draw.randrange(CITY.addresses)).code
    if draw.random() < 0.1:
        where = CITY.missing_address(draw.randrange(9))
    service = draw.choice(["graduate_settlement", "sole_trader", "limited_company"])
    name = "".join(draw.sample(NAME, draw.randint(1, 4))) + draw.choice(["", "国际", "A", "云"])
    if service == "graduate_settlement":
        district = draw.choice(["440303", "440305", where[:6] if where[:4] == "4403" else "440305"])
        return Generated(
            service, applicant, {"district": district, "address": where, "consent": True}
        )
    if service == "sole_trader":
        scope = draw.sample(["F5232", "H6210", "R9013", "I6513", "H6110"], draw.randint(1, 3))
        trade = {"trade_name": name, "scope": scope, "premises": where}
        return Generated(service, applicant, {**trade, "employees": 1, "consent": True})
    others = [CITY.person(draw.randrange(40, CITY.persons)) for _ in range(draw.randint(0, 2))]
    founders = [applicant, *(actions.Applicant("person", o.number, o.name) for o in others)]
    changes: dict[str, Any] = {"trade_name": name, "premises": where}
    if draw.random() < 0.3:
        changes["capital"] = "999"
    if draw.random() < 0.2:
        changes["foreign"] = True
    return Generated(service, applicant, company(*founders, **changes))


@pytest.mark.slow
def test_what_is_seen_before_is_the_later_verdict_where_nothing_changed() -> None:
    """60 generated cases, 2,000 with --full: condition by condition, and as a whole.

    What rests on others who are named is judged later only; all the rest must be the same.
    """
    draw, seen = random.Random(12), {"whole": 0, "later": 0, "unmet": 0}
    for _ in range(0, CASES, AT_ONCE):
        with rolled_back():
            people = draw.sample(range(CITY.persons), AT_ONCE)
            wanted = [generated(draw, place) for place in people]
            before = [look(g.service, g.applicant, g.answers) for g in wanted]
            cases = []
            for one, found in zip(wanted, before, strict=True):
                try:
                    cases.append(submit(service=one.service, **_as(one)))
                except ActionRejected as error:  # a trade name that another one has just taken
                    assert error.code in ("duplicate", "bad_number"), error
                    cases.append(None)
                assert found.duplicate is None
            for case in filter(None, cases):
                answer_checks(case)
            decide(*filter(None, cases))
            for case, found in zip(cases, before, strict=True):
                if case is not None:
                    _same(case, found, seen)
    assert seen["whole"] > CASES / 3 and seen["later"] > CASES / 10 and seen["unmet"] > CASES / 3


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo what is written within: a savepoint alone, since agencies are asked in between."""
    saved = transaction.savepoint()
    yield
    transaction.savepoint_rollback(saved)


def _as(one: Generated) -> dict[str, Any]:
    return {"applicant": one.applicant, "answers": one.answers}


def _same(case: Application, found: Precheck, seen: dict[str, int]) -> None:
    stored = orjson.loads(bytes(Decision.objects.get(application=case).receipt))
    later, verdict = stored["verdict"], found.verdict.payload()
    waiting = found.later
    assert not (waiting and not found.left_out)
    for earlier, after in zip(verdict["requirements"], later["requirements"], strict=True):
        assert earlier["id"] == after["id"]
        if earlier["id"] not in waiting:
            assert earlier == after, (case.service_id, earlier, after)
    assert verdict["consents"] == later["consents"]
    assert found.identity.payload() == stored["identity"]
    if not found.left_out:
        assert verdict == later
        seen["whole"] += 1
    seen["later"] += bool(waiting)
    seen["unmet"] += any(line["result"] == "unmet" for line in verdict["requirements"])


def test_nothing_is_kept_but_the_look_ups_and_they_state_the_purpose() -> None:
    before, applicant = rows(), person("graduate")
    look(
        "graduate_settlement", applicant, {"district": "440305", "address": home(), "consent": True}
    )
    added = {table: n - before[table] for table, n in rows().items() if n != before[table]}
    assert added == {"exchange_lookup": 5, "ledger_event": 1}  # the event proves the look-ups
    made = Lookup.objects.filter(by=f"citizen:{identity.index(applicant.number)}")
    assert set(made.values_list("purpose", "case")) == {("precheck:graduate_settlement", "")}
    named = {"population", "education", "criminal", "credit", "address"}
    assert set(made.values_list("registry", flat=True)) == named


def home() -> str:
    from demo.hints import demo_places

    return str(demo_places()[0]["code"])


def test_nobody_else_is_asked_about_before_submission() -> None:
    """Else anybody could learn of another person's convictions by typing their number."""
    founder, other = person("graduate"), person("criminal")
    found = look("limited_company", founder, company(founder, other))
    assert not Lookup.objects.filter(subject=identity.index(other.number)).exists()
    waiting = found.later
    assert {"investors_crime", "investors_credit", "investors_named"} <= waiting
    assert set(found.left_out) == {
        f"{who}_{what}"
        for who in ("directors", "investors")
        for what in ("population", "criminal", "credit")
    } | {"directors_enterprise"}


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("service", ["newborn", "newborn_medical", "newborn_card"])
def test_nobody_learns_of_a_child_by_typing_the_number_of_its_birth(
    service: str, whole: bool
) -> None:
    """The numbers are in a row: whoever types one may be anybody."""
    mother = index("newborn")
    record = next(one.record for one in families.births(CITY) if one.mother == mother)
    answers = {"birth_record": record, "child_name": "李安然", "consent": True}
    if service == "newborn":
        answers["household_of"] = "mother"
    found = look(service, person("criminal"), answers, whole=whole)
    assert "birth" in found.left_out
    assert not Lookup.objects.filter(registry="birth").exists()
    made = preview(found.verdict.rulebook, found)
    assert made.spares_others and "出生医学信息库" not in made.can_ask_more


def test_records_of_offences_and_debts_are_asked_for_on_the_applicants_wish_alone() -> None:
    answers = {"district": "440305", "address": home(), "consent": True}
    found = look("graduate_settlement", person("criminal"), answers, whole=False)
    assert set(found.left_out) == {"criminal", "credit"}
    assert not Lookup.objects.filter(registry__in=found.left_out).exists()
    whole = look("graduate_settlement", person("criminal"), answers)
    results = {f.id: f.result for f in whole.verdict.findings}
    assert results["no_crime"] == "unmet" and not whole.left_out


def test_a_slow_registry_costs_no_more_than_the_budget_and_the_page_says_so(
    agencies: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prechecks, "BUDGET", 0.4)
    agencies |= {"education": 1.5, "criminal": 1.5}
    began = time.monotonic()
    answers = {"district": "440305", "address": home(), "consent": True}
    found = look("graduate_settlement", person("graduate"), answers)
    assert time.monotonic() - began < 1.2
    assert set(found.silent) == {"education", "criminal"}
    results = {f.id: f.result for f in found.verdict.findings}
    assert (results["level"], results["credit"], results["living"]) == ("unknown", "met", "met")
    failed = Lookup.objects.filter(outcome="failed").values_list("registry", "reason")
    assert set(failed) == {("education", "timeout"), ("criminal", "timeout")}


def test_what_is_in_hand_already_is_said_before_it_is_submitted_again() -> None:
    answers = {"district": "440305", "address": home(), "consent": True}
    first = submit("graduate", answers=answers)
    found = look("graduate_settlement", person("graduate"), answers)
    assert found.duplicate is not None and first.number in found.duplicate.zh
    page = AtCheck("graduate")
    assert first.number in page.ahead and "本申请不能提交" in page.ahead
    assert "仍可照常提交" not in page.ahead and "均已符合" not in page.ahead
    assert page.press("step=submit", **{"/consent": "true"}).status == 409


class AtCheck:
    """A citizen of the demo at the check page of the graduates' service."""

    PATH = "/services/graduate_settlement/apply/"

    def __init__(self, username: str, language: str = "zh-hans", **answers: str) -> None:
        self.client = Client()
        self.client.force_login(
            User.objects.get(username=username),
            backend="django.contrib.auth.backends.ModelBackend",
        )
        self.client.cookies["django_language"] = language
        self.page = html.fromstring(self.client.get(self.PATH).content)
        self.press("step=check", **{"/district": "440305", "/address": home(), **answers})

    def press(self, button: str, **changes: str) -> AtCheck:
        name, _, value = button.partition("=")
        form = next(f for f in self.page.forms if f.get("id") == "answers")
        sent = {**dict(form.form_values()), **changes, name: value}
        response = self.client.post(self.PATH, sent)
        self.status, self.place = response.status_code, response.headers.get("Location", "")
        if response.content:
            self.page = html.fromstring(response.content)
        return self

    @property
    def ahead(self) -> str:
        (section,) = self.page.xpath("//*[@id='ahead']")
        return " ".join(section.text_content().split())


def test_the_check_page_says_that_all_is_well() -> None:
    page = AtCheck("graduate")
    assert "现在能核对的" in page.ahead and "交由办理人员决定" not in page.ahead
    assert "2 个条件在提交后核对" in page.ahead
    assert page.press("look=all").status == 200
    assert "目前掌握的信息显示，各项条件均已符合" in page.ahead
    assert "提交后核对" not in page.ahead


@pytest.mark.parametrize(
    ("username", "language", "said"),
    [
        ("part_time", "zh-hans", "由办理人员决定"),
        ("part_time", "en", "an officer would decide"),
    ],
)
def test_an_unmet_condition_is_said_and_one_may_still_submit(
    username: str, language: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from approvals.progress import waiting

    monkeypatch.setattr(waiting.Waiter, "wait", lambda self, seconds: False)
    page = AtCheck(username, language)
    assert said in page.ahead
    assert ("全日制" if language == "zh-hans" else "full-time") in page.ahead
    assert page.press("step=submit", **{"/consent": "true"}).status == 302
    assert Application.objects.get().number in page.place


def test_what_would_help_is_named() -> None:
    """The address lies in another district than the one chosen."""
    page = AtCheck("graduate", **{"/district": "440303"})
    assert "怎样可以符合" in page.ahead and "落户" in page.ahead.partition("怎样可以符合")[2]


def test_a_silent_registry_is_named(agencies: dict[str, float], monkeypatch: Any) -> None:
    monkeypatch.setattr(prechecks, "BUDGET", 0.3)
    page = AtCheck("graduate")
    agencies["education"] = 1.0
    page.press("look=all")
    assert "暂时没有查到：高等教育学历信息库" in page.ahead


def test_submitting_looks_nothing_up_in_advance(monkeypatch: pytest.MonkeyPatch) -> None:
    from approvals.progress import waiting

    monkeypatch.setattr(waiting.Waiter, "wait", lambda self, seconds: False)
    page = AtCheck("graduate")
    before = Lookup.objects.count()
    assert page.press("step=submit", **{"/consent": "true"}).status == 302
    assert Lookup.objects.count() == before
