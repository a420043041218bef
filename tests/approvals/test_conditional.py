"""What a program has already is not sent again; what it has read is what it moves (RFC 9110)."""

import json
from collections.abc import Callable

import pytest

from approvals.models import Application, Consent
from benchmarks.cases import FOOD_SCOPE
from certificates import actions as certificates
from certificates.models import Certificate
from ledger.clock import now
from people.actors import officer
from tests.approvals.cases import settled, trader_answers
from tests.approvals.hall import of_hall, returned
from tests.approvals.program import PATH, Program, assert_problem
from tests.factories import UserFactory

pytestmark = pytest.mark.usefixtures("furnished")

PATHS: dict[str, Callable[[str], str]] = {
    "application": lambda number: f"{PATH}/{number}",
    "receipt": lambda number: f"{PATH}/{number}/receipt",
    "documents": lambda number: f"{PATH}/{number}/documents",
    "certificates": lambda number: f"{PATH}/{number}/certificates",
    "document": lambda number: (
        Program().get(f"{PATH}/{number}/documents").json["documents"][0]["file"]
    ),
    "services": lambda number: "/api/v1/services",
    "service": lambda number: "/api/v1/services/sole_trader",
}


@pytest.mark.parametrize("what", PATHS)
def test_what_a_program_has_is_not_sent_again(what: str) -> None:
    window, path = Program(), PATHS[what](of_hall().number)
    first = window.get(path)
    etag = first.headers["ETag"]
    assert etag.startswith('"') and first.raw
    for header in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        same = window.get(path, If_None_Match=header)
        assert (same.status, same.raw, same.headers["ETag"]) == (304, b"", etag), header
    for header in ('"other"', etag.strip('"'), f"{etag}x", etag.upper()):
        again = window.get(path, If_None_Match=header)
        assert (again.status, again.raw) == (200, first.raw), header


def test_the_tag_is_another_when_anything_in_the_answer_is() -> None:
    case, window = of_hall(), Program()
    first = window.get(f"{PATH}/{case.number}")
    one = Certificate.objects.get(application=case.number)
    clerk = officer(UserFactory(clerk=True, username="canceller", office=one.office))
    certificates.cancel(public_id=one.public_id, reason="持有人交回", by=clerk, now=now())
    reply = window.get(f"{PATH}/{case.number}", If_None_Match=first.headers["ETag"])
    assert reply.status == 200 and reply.json["certificate"] is None
    assert reply.headers["ETag"] != first.headers["ETag"]


def test_another_agency_learns_nothing_by_tags() -> None:
    case = of_hall()
    etag = Program().get(f"{PATH}/{case.number}").headers["ETag"]
    other = Program("university")
    for header in (etag, "*"):
        assert_problem(other.get(f"{PATH}/{case.number}", If_None_Match=header), 404)
        assert_problem(other.send("PUT", f"{PATH}/{case.number}/withdrawal", If_Match=header), 404)


def test_if_match_is_compared_strongly_and_in_lists() -> None:
    case, window = returned(), Program()
    path = f"{PATH}/{case.number}"
    etag = window.get(path).headers["ETag"]
    for header in (f"W/{etag}", '"other"', etag.strip('"'), "x", '"a", "b"'):
        assert_problem(window.send("PUT", f"{path}/withdrawal", If_Match=header), 412)
    assert Application.objects.get(pk=case.pk).state == "returned"
    moved = window.send("PUT", f"{path}/withdrawal", If_Match=f'"other", {etag}')
    assert moved.status == 200
    assert moved.headers["ETag"] == window.get(path).headers["ETag"] != etag


def test_a_dispute_and_an_answer_are_of_what_was_read() -> None:
    case, university = of_hall("graduate", "university"), Program("university")
    claim = {"fact": "school", "claim": "鹏湾理工大学", "reason": "学校名称登记有误"}
    path = f"{PATH}/{case.number}/disputes"
    raw = json.dumps(claim).encode()
    assert_problem(university.ask("POST", path, raw, If_Match='"0"'), 412, "moved_since")
    trader = settled("trader_food", "sole_trader", answers=trader_answers(scope=[FOOD_SCOPE]))
    food, consent = Program("food"), f"{PATH}/{trader.number}/consents/food"
    [asked] = food.get("/api/v1/consents").json["consents"]
    granted = {"granted": True}
    assert_problem(food.send("PUT", consent, granted, If_Match='"0"'), 412, "moved_since")
    assert Consent.objects.get(application=trader).state == "asked"
    assert food.send("PUT", consent, granted, If_Match=asked["etag"]).status == 204
