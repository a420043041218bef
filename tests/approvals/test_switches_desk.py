"""The desk's pages of suspensions and shadows: what they refuse, keep and show to whom."""

import pytest
from django.test import Client

from ledger.clock import now
from people.actors import CLOCK
from people.models import User
from services import publish, switches, watching
from services.models import Edition, Shadow, Suspension
from tests.approvals.bus_passes import BAD, decide, first_edition, people, submit
from tests.approvals.test_suspension import SERVICE, suspended
from tests.factories import UserFactory
from tests.services.editions import with_officers
from tests.services.packs import LI, changed

PAGE, DO = "/desk/services/suspension/", "/desk/services/suspension/do/"
SHADOWS, RUN = "/desk/services/shadow/", "/desk/services/shadow/do/"
TAP = {"do": "suspend", "scope": "service", "code": SERVICE, "reason": "The rules may be wrong"}


@pytest.fixture(autouse=True)
def _city(furnished: None) -> None:
    """Every test here looks at the furnished city."""


def at_desk(role: str, user: User | None = None) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(
        user or UserFactory(**{role: True}), "django.contrib.auth.backends.ModelBackend"
    )
    return client


def test_one_tap_suspends_and_a_second_says_that_it_is() -> None:
    desk = at_desk("operator")
    assert desk.post(DO, TAP).status_code == 302
    row = Suspension.objects.get()
    assert (row.code, row.reason, row.cause) == (SERVICE, "The rules may be wrong", "person")
    shown = desk.get(PAGE).content.decode()
    assert row.by.removeprefix("officer:") in shown and "officer:" not in shown
    assert "The rules may be wrong" in shown
    again = desk.post(DO, TAP)
    assert again.status_code == 409 and "suspended already" in again.content.decode()
    assert Suspension.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"reason": ""}, 422),
        ({"reason": "  ", "typed": " "}, 422),
        ({"reason": ["a", "b"]}, 422),
        ({"code": "no_such"}, 404),
        ({"scope": "city"}, 404),
        ({"do": "release", "suspension": "7"}, 404),
        ({"do": "release", "suspension": "x' OR 1"}, 404),
        ({"do": "all"}, 422),
        ({"reason": "x" * 401}, 422),
    ],
)
def test_what_is_forged_or_lacks_a_reason_suspends_nothing(changes: dict, status: int) -> None:
    answer = at_desk("policy").post(DO, {**TAP, **changes})
    assert answer.status_code == status
    assert not Suspension.objects.exists()


def test_what_was_typed_stays_where_it_is_refused() -> None:
    long = "a reason " * 60
    shown = at_desk("head").post(DO, {**TAP, "reason": "", "typed": long}).content.decode()
    assert long.strip() in shown and f'id="service-{SERVICE}" open' in shown


@pytest.mark.parametrize("role", ["clerk", "legal", "supervisor", "technical", "auditor"])
def test_others_suspend_nothing(role: str) -> None:
    assert at_desk(role).post(DO, TAP).status_code == 404
    assert not Suspension.objects.exists()


def test_whoever_proposed_it_confirms_nothing() -> None:
    row, me = suspended(), UserFactory(policy=True)
    desk = at_desk("", me)
    propose = {"do": "propose", "suspension": str(row.pk), "typed": "核查无误"}
    assert desk.post(DO, propose).status_code == 302
    assert "Confirm" not in desk.get(PAGE).content.decode()
    assert desk.post(DO, {"do": "release", "suspension": str(row.pk)}).status_code == 403
    assert switches.live("service", [SERVICE])
    assert at_desk("head").post(DO, {"do": "release", "suspension": str(row.pk)}).status_code == 302
    assert not switches.live("service", [SERVICE])


def test_a_faulty_draft_is_refused_with_its_lines_and_kept() -> None:
    desk = at_desk("policy")
    answer = desk.post(RUN, {"do": "start", "text": "service: [", "reason": "试行"})
    assert answer.status_code == 422
    assert "service: [" in answer.content.decode() and "Line" in answer.content.decode()
    assert desk.post(RUN, {"do": "start", "text": "", "reason": "试行"}).status_code == 422
    assert desk.post(RUN, {"do": "end", "shadow": "1"}).status_code == 404
    expected = {"do": "start", "text": BAD, "reason": "试行", "expected": "many"}
    assert desk.post(RUN, expected).status_code == 422
    assert not Shadow.objects.exists()


def test_divergence_is_shown_in_words_and_case_numbers_to_those_who_see_cases() -> None:
    first_edition()
    desk = at_desk("policy")
    started = desk.post(RUN, {"do": "start", "text": BAD, "reason": "试行", "expected": "60"})
    shadow = Shadow.objects.get()
    assert started["Location"] == f"{SHADOWS}{shadow.pk}/change/"
    (case,) = submit(people(adult=False)[:1])
    decide()
    watching.add_up(by=CLOCK, now=now())
    shown = desk.get(started["Location"]).content.decode()
    assert "At least 18" in shown and "Not met" in shown and case.number not in shown
    assert case.number in at_desk("auditor").get(started["Location"]).content.decode()
    assert desk.post(RUN, {"do": "end", "shadow": str(shadow.pk)}).status_code == 302
    assert "ended" in desk.get(SHADOWS).content.decode()


def test_a_proposed_edition_is_started_in_shadow_by_its_number() -> None:
    first_edition()
    edition = Edition.objects.get(service="bus_pass")
    with_officers()
    text = changed("in_force_from: 2026-01-01", "in_force_from: 2099-01-01")
    proposal = publish.propose(text, by=LI, now=now())
    desk = at_desk("policy")
    assert f'<option value="{proposal.pk}">' in desk.get(SHADOWS).content.decode()
    form = {"do": "start", "proposal": str(proposal.pk), "reason": "Before it is live"}
    assert desk.post(RUN, form | {"proposal": "77777"}).status_code == 404
    assert desk.post(RUN, form | {"reason": " "}).status_code == 422
    assert desk.post(RUN, form).status_code == 302
    shadow = Shadow.objects.get()
    assert (shadow.hash, shadow.source) == (proposal.hash, text)
    page = desk.get(f"/desk/services/edition/{edition.pk}/change/").content.decode()
    trial = edition.trial
    assert f"/desk/services/trial/{trial.pk}/change/" in page
    assert f"tried on {trial.cases} generated boundary cases" in page
