"""A service of two results, granted apart: one scan, one tap, an application for each."""

from __future__ import annotations

import datetime as dt

import orjson
import pytest

from approvals.models import Application
from demo.city.people import Person
from demo.city.welfare import welfare
from ledger import clock
from ledger.clock import city_date
from offers import queries, replaying
from offers.actions import answering
from offers.models import Offer
from people import identity
from people.actors import Actor, Kind
from services import catalogue
from tests.approvals.cases import CITY, answer_checks, decide
from tests.offers.city import scan

pytestmark = pytest.mark.usefixtures("furnished")
SERVICE = "disability_subsidies"


def due(person: Person, today: dt.date) -> list[str]:
    """What the State Council's document (国发〔2015〕52号) gives somebody: plain facts, no rule."""
    facts = welfare(person)
    card = facts.disability
    if card is None or card.state != "valid" or card.valid_until < today:
        return []
    if card.reassess_by is not None and card.reassess_by <= today:
        return []
    kinds = {kind for _number, kind in facts.benefits}
    plain = person.alive and facts.death is None and person.capacity == "full"
    if not (plain and person.hukou_city == "4403" and facts.has_account) or "disability" in kinds:
        return []
    low = facts.low_income
    is_low = low is not None and low[0] <= today and (low[1] is None or low[1] >= today)
    cared_for = kinds & {"care", "injury_care", "destitute"}
    is_severe = card.grade <= 2 and not cared_for
    is_supported = kinds & {"injury_care", "destitute"}  # these exclude both
    return ["living"] * (is_low and not is_supported) + ["nursing"] * is_severe


def test_each_is_offered_what_is_due_and_nobody_else_anything() -> None:
    at = clock.now()
    made, today = scan(at, SERVICE), city_date(at)
    everybody = map(CITY.person, range(CITY.persons))
    expected = {identity.index(p.number): due(p, today) for p in everybody if due(p, today)}
    assert set(replaying.subjects_of(made)) == expected.keys() and made.missed == 0
    rows = Offer.objects.filter(scan=made)
    asked = {row.subject: orjson.loads(row.inputs)["subsidies"] for row in rows}
    assert asked == expected
    assert {("living", "nursing"), ("nursing",)} <= {tuple(one) for one in asked.values()}
    assert replaying.replay(made).faults == []


def test_one_tap_hands_in_an_application_for_each_and_says_what_both_pay() -> None:
    at = clock.now()
    scan(at, SERVICE)
    today = city_date(at)
    both = next(p for p in map(CITY.person, range(CITY.persons)) if len(due(p, today)) == 2)
    one = Offer.objects.get(subject=identity.index(both.number), service=SERVICE)
    book = catalogue.rulebook(one.scan.edition_id)
    worth = queries.worth_of(one, book, today)
    card = welfare(both).disability
    assert worth is not None and card is not None
    assert worth.amount == 200 + (300 if card.grade == 1 else 200)
    by = Actor(Kind.CITIZEN, one.subject, both.name)
    answering.accept(
        key=one.pk,
        applicant=answering.actions.Applicant("person", both.number, both.name),
        edition=book.number,
        by=by,
        now=at,
    )
    cases = list(Application.objects.filter(service=SERVICE, applicant=one.subject))
    assert sorted(case.answers["subsidies"][0] for case in cases) == ["living", "nursing"]
    for case in cases:
        answer_checks(case)
    assert {case.state for case in decide(*cases)} == {"approved"}
    assert scan(at + dt.timedelta(minutes=1), SERVICE).counts["holds"] == 1
