"""An agency lists its own cases, and nobody else's."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.core import signing

from approvals.models import Application
from certificates import actions as certificates
from certificates.models import Certificate
from ledger.clock import now
from people.actors import officer
from tests.approvals.hall import of_hall, returned
from tests.approvals.program import PATH, Program, assert_problem
from tests.factories import UserFactory

FUTURE = "2999-01-01T00:00:00Z"


def listed(program: Program, **query: Any) -> list[dict[str, Any]]:
    """Every case of every page."""
    found: list[dict[str, Any]] = []
    following: str | None = ""
    while following is not None:
        more = {"cursor": following} if following else {}
        reply = program.get(f"{PATH}?{urlencode({**query, **more}, doseq=True)}")
        assert reply.status == 200, reply.raw
        found += reply.json["applications"]
        following = reply.json["next"]
    return found


pytestmark = pytest.mark.usefixtures("furnished")


def test_its_own_cases_alone_the_last_changed_last() -> None:
    first, second = of_hall(), returned(3)
    theirs = of_hall("below_level", "university")
    window = Program()
    assert [one["number"] for one in listed(window)] == [first.number, second.number]
    assert [one["number"] for one in listed(Program("university"))] == [theirs.number]
    assert listed(Program("food")) == []
    assert_problem(Program("").get(PATH), 401)
    shown = listed(window, state="approved")[0]
    assert (shown["outcome"], shown["service"]) == ("approve", "graduate_settlement")
    assert (
        shown["certificate"]["identifier"]
        == window.get(shown["links"]["self"]).json["certificate"]["identifier"]
    )
    assert "decision" not in shown, "whoever wants to know why opens the case, with a trace"


def test_it_is_narrowed_by_state_service_district_number_and_change() -> None:
    approved, back = of_hall(), returned(3)
    window = Program()

    def numbers(**query: Any) -> list[str]:
        return [one["number"] for one in listed(window, limit=1, **query)]

    assert numbers() == [approved.number, back.number]
    assert numbers(state="returned") == [back.number]
    assert numbers(state=["returned", "approved"]) == [approved.number, back.number]
    assert numbers(service="sole_trader") == []
    district = Application.objects.get(pk=approved.pk).region_id
    assert approved.number in numbers(district=district)
    assert numbers(district="440399") == []
    assert numbers(number=[back.number, "MP0"]) == [back.number]
    assert numbers(number=of_hall("criminal", "university").number) == [], "another's"
    since = listed(window, number=back.number)[0]["updated_at"]
    assert numbers(updated_since=since) == [back.number]
    assert numbers(updated_since=FUTURE) == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"state": "decided"}, "bad_state"),
        ({"state": ""}, "bad_state"),
        ({"service": "sole trader"}, "bad_service"),
        ({"number": "110101199003070134"}, "bad_number"),
        ({"number": ["MP1"] * 51}, "bad_number"),
        ({"updated_since": "2026-01-01T00:00:00"}, "bad_updated_since"),
        ({"updated_since": "2026-02-30T00:00:00Z"}, "bad_updated_since"),
        ({"updated_since": "0001-01-01T00:00:00+14:00"}, "bad_updated_since"),
        ({"updated_since": "1767225600"}, "bad_updated_since"),
        ({"limit": "0"}, "bad_limit"),
        ({"limit": ""}, "bad_limit"),
        ({"cursor": "x"}, "bad_cursor"),
    ],
)
def test_what_is_not_understood_is_named(query: dict[str, Any], code: str) -> None:
    reply = Program().get(f"{PATH}?{urlencode(query, doseq=True)}")
    assert_problem(reply, 400, code, next(iter(query)))


def test_a_cursor_is_of_one_list_of_one_agency_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (1, 2):
        returned(kind)
    window = Program()
    cursor = window.get(f"{PATH}?limit=1").json["next"]
    last = Program().get(f"{PATH}?limit=1&cursor={cursor}")
    assert last.status == 200 and last.json["next"] is None
    flipped = cursor[:20] + ("A" if cursor[20] != "A" else "B") + cursor[21:]
    for bad in (cursor[:-1], flipped, cursor + "A"):
        assert_problem(window.get(f"{PATH}?cursor={bad}"), 400, "bad_cursor", "cursor")
    assert_problem(Program("university").get(f"{PATH}?cursor={cursor}"), 400, "bad_cursor")
    for other in ("/api/v1/tasks", "/api/v1/lookups", "/api/v1/consents"):
        assert_problem(window.get(f"{other}?cursor={cursor}"), 400, "bad_cursor")
    later = signing.time.time() + 86_400 + 60
    monkeypatch.setattr(signing.time, "time", lambda: later)
    assert_problem(window.get(f"{PATH}?cursor={cursor}"), 400, "bad_cursor")


def test_a_case_comes_again_when_its_certificate_ends() -> None:
    case = of_hall()
    before = Application.objects.get(pk=case.pk)
    reply = Program().get(PATH).json
    assert listed(Program(), updated_since=reply["complete_until"]) == []
    one = Certificate.objects.get(application=case.number)
    clerk = officer(UserFactory(clerk=True, username="stopper", office=one.office))
    certificates.suspend(public_id=one.public_id, reason="核查中", by=clerk, now=now())
    [again] = listed(Program(), updated_since=reply["complete_until"])
    assert again["number"] == case.number
    assert Application.objects.get(pk=case.pk).version == before.version, "it did not move"
