"""What an agency sees of its own side by API: tasks, look-ups, figures, certificates."""

import datetime as dt
from collections import Counter
from statistics import median
from typing import Any

import pytest

from approvals.models import Application
from benchmarks.cases import FOOD_SCOPE
from certificates.models import Certificate
from certificates.verification import offline
from exchange.models import Lookup, Partner
from ledger.clock import city_date, now
from people.actors import agency
from people.models import Reading
from tests.approvals.cases import person, settled, trader_answers
from tests.approvals.hall import of_hall, returned
from tests.approvals.program import PATH, Program, assert_problem
from tests.approvals.test_disputes import dispute, local
from tests.approvals.test_persons import FIT, decided
from tests.attacks.companies import company

pytestmark = pytest.mark.usefixtures("furnished")
TASKS, LOOKUPS, STATISTICS = "/api/v1/tasks", "/api/v1/lookups", "/api/v1/statistics"


def pages(program: Program, path: str, name: str, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    following: str | None = ""
    while following is not None:
        cursor = f"&cursor={following}" if following else ""
        reply = program.get(f"{path}?limit=1{query}{cursor}")
        assert reply.status == 200, reply.raw
        found += reply.json[name]
        following = reply.json["next"]
    return found


def restaurant() -> Application:
    """A restaurant that waits for the food office."""
    case = settled("trader_food", "sole_trader", answers=trader_answers(scope=[FOOD_SCOPE]))
    assert case.state == "waiting"
    return case


def test_what_waits_for_an_agency_is_one_list_and_each_leads_to_its_answer() -> None:
    waiting, back, disputed = restaurant(), returned(2), dispute(local())
    food, window, police = Program("food"), Program(), Program("police")
    [asked] = [one for one in pages(food, TASKS, "tasks") if one["kind"] == "consent"]
    assert (asked["application"], asked["item"]) == (waiting.number, "food")
    assert food.send("PUT", asked["href"], {"granted": True}).status == 204
    assert [one for one in pages(food, TASKS, "tasks") if one["kind"] == "consent"] == []
    [came_back] = pages(window, TASKS, "tasks")
    assert (came_back["kind"], came_back["application"]) == ("return", back.number)
    assert came_back["due_at"] == window.get(f"{PATH}/{back.number}").json["correct_by"]
    [said] = pages(police, TASKS, "tasks")
    assert (said["kind"], said["id"]) == ("dispute", str(disputed.pk))
    assert police.get(said["href"]).json["dispute"] == said["id"]
    assert pages(Program("university"), TASKS, "tasks") == []


def test_filings_to_acknowledge_are_tasks_the_first_due_first() -> None:
    case = decided(founder=FIT[0], investors=(FIT[0],))
    licence = Certificate.objects.get(application=case.number)
    owed = list(licence.filings.filter(state="pushed"))
    assert owed
    for partner in {filing.receiver_id for filing in owed}:
        found = [one for one in pages(Program(partner), TASKS, "tasks") if one["kind"] == "filing"]
        assert {one["id"] for one in found} == {
            str(filing.pk) for filing in owed if filing.receiver_id == partner
        }
        assert [one["due_at"] for one in found] == sorted(one["due_at"] for one in found)
        assert all(one["certificate"] == licence.identifier for one in found)
        assert case.number not in str(found), "the receiver knows the licence, not who applied"


def test_look_ups_are_told_by_case_with_their_law_and_without_values() -> None:
    first, second = of_hall(1), of_hall(2)
    theirs = of_hall(3, "university")
    window = Program()
    found = pages(window, LOOKUPS, "lookups")
    made = Lookup.objects.filter(case__in=[first.number, second.number])
    assert Counter(one["id"] for one in found) == Counter(str(key.pk) for key in made)
    assert [one["application"] for one in found] == sorted(
        (one["application"] for one in found), key=[first.number, second.number].index
    )
    by_id = {str(one.pk): one for one in made}
    for one in found:
        stored = by_id[one["id"]]
        assert (one["registry"], one["law"]) == (stored.registry, stored.basis)
        assert ",".join(one["fields"]) == stored.fields and one["law"]
    assert theirs.number not in str(found)
    alone = pages(window, LOOKUPS, "lookups", f"&application={second.number}")
    assert {one["application"] for one in alone} == {second.number}
    assert pages(window, LOOKUPS, "lookups", f"&application={theirs.number}") == []
    until = window.get(LOOKUPS).json["complete_until"]
    assert pages(window, LOOKUPS, "lookups", f"&updated_since={until}") == []
    assert_problem(window.get(f"{LOOKUPS}?updated_since=x"), 400, "bad_updated_since")


def test_figures_are_of_ones_own_cases_within_the_period() -> None:
    mine = [of_hall(1), of_hall(2), returned(4)]
    of_hall(3, "university")
    found = Program().get(STATISTICS).json
    assert found["cases"] == 3 and found["last"] == city_date(now()).isoformat()
    [service] = found["services"]
    assert service["service"] == "graduate_settlement"
    states = {one["state"]: one["cases"] for one in service["states"]}
    assert states == {"approved": 2, "returned": 1}
    spans = [
        (case.settled_at - case.created_at).total_seconds()
        for case in Application.objects.filter(pk__in=[one.pk for one in mine])
        if case.settled_at
    ]
    assert found["median_seconds"] == pytest.approx(median(spans), abs=1e-3)
    yesterday = city_date(now()) - dt.timedelta(days=1)
    before = Program().get(f"{STATISTICS}?first={yesterday}&last={yesterday}").json
    assert (before["cases"], before["median_seconds"], before["services"]) == (0, None, [])
    assert Program("food").get(STATISTICS).json["cases"] == 0


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("first=2026-02-30", "first"),
        ("last=tomorrow", "last"),
        ("first=2026-02-02&last=2026-02-01", "first"),
        ("first=2025-01-01&last=2026-01-02", "first"),
        ("first=", "first"),
    ],
)
def test_a_period_is_two_days_in_order_a_year_apart_at_most(query: str, name: str) -> None:
    assert_problem(Program().get(f"{STATISTICS}?{query}"), 400, f"bad_{name}", name)


@pytest.mark.parametrize(
    "query",
    ["first=2025-01-01&last=2026-01-01", "last=0001-01-01", "first=9999-12-31&last=9999-12-31"],
)
def test_a_period_at_the_edge_is_taken(query: str) -> None:
    assert Program().get(f"{STATISTICS}?{query}").status == 200


def test_certificates_of_a_case_say_how_they_stand_and_are_genuine() -> None:
    case, window = of_hall(), Program()
    path = f"{PATH}/{case.number}/certificates"
    reply = window.get(path)
    [shown] = reply.json["certificates"]
    stored = Certificate.objects.get(application=case.number)
    assert (shown["identifier"], shown["state"], shown["ending"]) == (
        *(stored.identifier, "valid"),
        None,
    )
    payload = offline.check(shown["jws"], None, city_date(now())).payload
    assert payload["identifier"] == shown["identifier"]
    assert window.get(shown["verify"]).status == 200
    assert Reading.objects.filter(subject=case.number, by="agency:window").exists()
    for other in ("university", "food"):
        assert_problem(Program(other).get(path), 404, "not_found")
    assert_problem(Program("").get(path), 401)
    assert window.get(f"{PATH}/{returned(2).number}/certificates").json == {"certificates": []}


def test_a_licence_lists_its_filings_with_their_law() -> None:
    hall, founder = Partner.objects.get(code="window"), person("trader")
    case = settled(
        service="limited_company",
        applicant=founder,
        answers=company(founder),
        by=agency(hall),
        client=hall,
        channel="api",
    )
    assert case.state == "approved", case.handover
    [licence] = Program().get(f"{PATH}/{case.number}/certificates").json["certificates"]
    stored = Certificate.objects.get(application=case.number).filings.order_by("place")
    assert [(one["item"], one["state"]) for one in licence["filings"]] == [
        (one.item, one.state) for one in stored
    ]
    assert licence["filings"] and all(one["law"] for one in licence["filings"])
