"""Equal cases decided together: each for itself, and nothing that is not equal or not one's own."""

import orjson
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals import actions
from approvals.models import Application, Decision
from approvals.records import replay
from ledger.clock import now
from people.actors import CLOCK, Actor
from people.errors import ActionRejected
from people.models import User
from tests.approvals import counting
from tests.approvals.cases import CITY, audited, settled
from tests.factories import UserFactory
from tests.officers import change

BACKEND = "django.contrib.auth.backends.ModelBackend"
LIST = "/desk/approvals/application/"
REASON = "材料经人工核对无误，准予办理"


def waiting(count: int) -> list[Application]:
    """Return cases of graduates who asked for a person: nothing is against any of them."""
    found: list[Application] = []
    for member in list(CITY.members("graduate"))[50:]:
        truth = CITY.person(member)
        who = actions.Applicant("person", truth.number, truth.name)
        case = settled(applicant=who, by_person=True)
        decision = Decision.objects.get(application=case)
        if orjson.loads(bytes(decision.receipt))["verdict"]["outcome"] == "approve":
            found.append(case)
        if len(found) == count:
            return found
    raise AssertionError("too few graduates")


@pytest.fixture
def cases(furnished: None, clerk: Actor) -> list[Application]:
    made = waiting(3)
    assert {case.state for case in made} == {"review"}
    return made


def enter(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username), BACKEND)
    return client


def post(client: Client, cases: list[Application], **form: object) -> int:
    rows = [f"{case.pk}:{case.events}" for case in cases]
    form = {"case": rows, "action": "approve", "reason": REASON, **form}
    return client.post(LIST + "together/", form).status_code


def states(cases: list[Application]) -> list[str]:
    return [Application.objects.get(id=case.id).state for case in cases]


def untouched(cases: list[Application]) -> bool:
    return all(Application.objects.get(id=c.id).events == c.events for c in cases)


def test_the_list_leads_to_each_of_them_and_one_reason(cases: list[Application]) -> None:
    client = enter("clerk-a")
    chosen = {"action": "together", "_selected_action": [str(case.pk) for case in cases]}
    page = client.post(LIST, chosen).content.decode()
    assert "不同" not in page.partition("<main")[2].partition("<form")[0], page
    for case in cases:
        assert f"{LIST}{case.pk}/change/" in page and case.number in page
    assert post(client, cases) == 302
    assert states(cases) == ["approved"] * 3
    decisions = Decision.objects.filter(application__in=cases, live=True)
    assert {d.officer.username for d in decisions} == {"clerk-a"}
    assert len({bytes(d.signature) for d in decisions}) == 3
    for decision in decisions:
        assert orjson.loads(bytes(decision.receipt))["reasons"] == [REASON]
        assert replay.fault(decision) == ""
    assert audited() == []


def test_more_cases_ask_no_more(cases: list[Application], clerk: Actor) -> None:
    counted = []
    for some in (cases[:2], cases):
        fresh = list(Application.objects.filter(pk__in=[case.pk for case in some]))
        with CaptureQueriesContext(connection) as asked:
            actions.require_equal(fresh, clerk)
        counted.append(len(asked))
    assert counted[0] == counted[1] <= 12


def test_what_moved_meanwhile_is_named_and_left(cases: list[Application], colleague: Actor) -> None:
    client = enter("clerk-a")
    actions.take(number=cases[1].number, by=colleague, now=now())
    actions.release(number=cases[1].number, by=colleague, now=now())
    assert post(client, cases) == 302
    assert states(cases) == ["approved", "review", "approved"]
    page = client.get(LIST).content.decode()
    assert cases[1].number in page and "刚被他人处理过" in page
    assert Application.objects.get(id=cases[1].id).taken_by is None
    assert audited() == []


def test_the_law_of_a_refusal_and_the_fields_of_a_return(cases: list[Application]) -> None:
    client = enter("clerk-a")
    assert post(client, cases[:1], action="refuse") == 422
    assert post(client, cases[:1], action="refuse", law="户口登记条例 §6") == 302
    assert post(client, cases[1:], action="return_", opened=["/nothing"]) == 302
    assert states(cases) == ["refused", "review", "review"]
    assert untouched(cases[1:])
    assert post(client, cases[1:], action="return_", opened=["/address"]) == 302
    assert states(cases)[1:] == ["returned", "returned"]
    assert audited() == []


def test_unequal_cases_and_those_for_two_officers_are_not_decided_together(
    cases: list[Application], clerk: Actor, colleague: Actor
) -> None:
    client = enter("clerk-a")
    other = settled("credit_hit")
    assert post(client, [*cases, other]) == 422
    assert post(client, [other]) == 302  # against the verdict: left, with the sentence
    assert Application.objects.get(id=other.id).events == other.events
    actions.take(number=cases[0].number, by=colleague, now=now())
    held = Application.objects.get(id=cases[0].id)
    assert post(client, [held, *cases[1:]]) == 422
    for wrong in ({"reason": " "}, {"action": "transfer"}, {"action": ""}):
        assert post(client, cases[1:], **wrong) in (302, 422)
    assert untouched(cases[1:])


def test_a_proposal_stands_when_silence_becomes_acceptance(furnished: None, clerk: Actor) -> None:
    case = settled("credit_hit")
    actions.take(number=case.number, by=clerk, now=now())
    actions.propose_approval(number=case.number, reason=REASON, by=clerk, now=now())
    last = counting.last_day(case.received_on, 5, "working")
    assert actions.accept(by=CLOCK, now=settings.CITY.calendar.end_of(last)) == 1
    with pytest.raises(ActionRejected) as caught:
        actions.require_equal([Application.objects.get(id=case.id)], clerk)
    assert case.number in str(caught.value) and "两人" in str(caught.value)


def test_nothing_forged_is_decided(cases: list[Application], stranger: Actor) -> None:
    mine = enter("clerk-a")
    assert post(enter("clerk-c"), cases) == 404  # of another office
    row = f"{cases[0].pk}:{cases[0].events}"
    for forged in (f"{'0' * 8}-{'0' * 4}-{'0' * 4}-{'0' * 4}-{'0' * 12}:1", "x:1", "", "x' OR 1"):
        assert post(mine, [], case=[row, forged]) == 404, forged
    district = UserFactory(clerk=True, username="clerk-z", office__code="hrss")
    change(district.username, region_id="440304")
    assert post(enter("clerk-z"), cases) == 404
    boss = UserFactory(username="boss", role="supervisor", is_staff=True, office_id="hrss")
    assert post(enter(boss.username), cases) == 403
    assert post(mine, [], case=[row, f"{cases[0].pk}:1"]) == 404  # twice, of two versions
    assert post(mine, []) == 422
    assert untouched(cases)
    assert mine.get(LIST + "together/").status_code == 302


def test_more_than_fifty_are_too_many(cases: list[Application], clerk: Actor) -> None:
    with pytest.raises(ActionRejected) as caught:
        actions.require_equal(cases[:1] * 51, clerk)
    assert caught.value.code == "too_many"
