"""Issue 11, bad input: forms of the desk as somebody sends them who changes what the page holds.

Each is refused with a sentence and a line in the log, nothing is written, and nothing is a 500.
"""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from approvals import actions
from approvals.admin.buttons import BUTTONS
from approvals.models import Application
from approvals.states import State
from ledger.clock import now
from people.actors import Actor
from people.models import User
from tests.approvals.cases import settled
from tests.approvals.returns import enter
from tests.attacks.desk import LIST, REASON, Unchanged, again, post, problem
from tests.factories import WALKS, UserFactory


def versions(case: Application) -> Iterator[Any]:
    """Yield what may stand in the hidden field besides the version itself."""
    right = str(case.version)
    yield from (
        "",
        "x",
        "-1",
        "0",
        str(case.version - 1),
        str(case.version + 1),
        "9" * 30,
        "9" * 5000,
    )
    yield from ("1e1", f"{right}.0", "NaN", "None", f"{right},{right}", "²")
    yield None
    yield [right, str(case.version - 1)]
    yield [str(case.version - 1), right]


FORMS = {
    "release": {},
    "propose_approval": {"reason": REASON},
    "refuse": {"reason": REASON, "law": "本市人才引进办法"},
    "return_": {"reason": REASON, "opened": ["/address"]},
    "open_procedure": {"kind": "hearing", "days": "3", "basis": "行政许可法 §46", "reason": REASON},
    "transfer": {"to": "market", "reason": REASON},
}


FULL_ONLY = {
    "test_no_version_but_the_one_shown_decides": {*FORMS} - {"refuse", "transfer"},
    "test_no_button_moves_a_case_that_is_not_with_an_officer": {"expired", "returned", "waiting"},
}


@pytest.mark.parametrize("action", FORMS)
def test_no_version_but_the_one_shown_decides(
    action: str, case: Application, clerk: Actor, caplog: pytest.LogCaptureFixture
) -> None:
    client, before = enter(clerk.code), Unchanged()
    for version in versions(case):
        form = {"action": action, **FORMS[action]}
        if version is not None:
            form["version"] = version
        caplog.clear()
        answer = post(client, case, form)
        assert 400 <= answer.status_code < 500, (version, answer.status_code)
        assert min(problem(answer) or " ") >= "一" or problem(answer), (version, "no sentence")
        assert before.holds(), version
        assert any(clerk.code in r.getMessage() for r in caplog.records), (version, "not logged")
    form = {"action": action, "version": str(case.version), **FORMS[action]}
    assert post(client, case, form).status_code == 302  # the form itself is a good one
    assert not before.holds()


WRONG: dict[str, list[dict[str, Any]]] = {
    "refuse": [
        {"action": ["refuse", "transfer"]},
        {"action": ["release", "refuse"]},
        {"reason": ""},
        {"reason": "\x00"},
        {"reason": "字" * 2001},
        {"reason": [REASON, "另一个理由"]},
        {"law": ""},
        {"law": "字" * 400},
        {"law": ["甲法", "乙法"]},
        {"number": "MP20260302AAAAAAAAA", "action": "refusal"},
        {"action": ""},
        {"action": "grant"},
        {"action": "approve"},  # against the verdict: two officers
        {"action": "confirm_approval", "proposal": str(uuid.uuid4())},
        {"action": "confirm_approval", "proposal": "x"},
        {"action": "confirm_approval"},
        {"action": "agree_review", "review": str(uuid.uuid4())},
        {"action": "extend"},
        {"action": "permit_second_return"},
        {"action": "reassign", "to": "clerk-a"},
        {"action": "reopen"},
        {"action": "end_procedure"},
        {"action": "__class__"},
    ],
    "return_": [
        {"opened": ["/nothing"]},
        {"opened": ["/address", "/applicant/number"]},
        {"opened": ["/address", ""]},
        {"opened": ["address"]},
        {"opened": ["/address", "/../consent"]},
        {"opened": ["/address\x00"]},
        {"opened": ["/consent"]},
        {"reason": " \r\n "},
    ],
    "open_procedure": [
        {"kind": ""},
        {"kind": "holiday"},
        {"kind": ["hearing", "testing"]},
        {"days": "0"},
        {"days": "-3"},
        {"days": "1e2"},
        {"days": "9" * 40},
        {"days": "٣"},
        {"days": ["3", "300"]},
        {"basis": ""},
        {"basis": "x" * 300},
    ],
    "transfer": [
        {"to": ""},
        {"to": "hrss"},
        {"to": "nobody"},
        {"to": "market' OR 1=1"},
        {"to": ["market", "data"]},
        {"to": "\x00"},
        {"reason": ""},
    ],
    "propose_approval": [{"reason": "同意"}, {"reason": "好" * 50}, {"reason": ""}],
}


@pytest.mark.parametrize("action", WRONG)
def test_no_changed_field_is_taken(action: str, case: Application, clerk: Actor) -> None:
    client, before = enter(clerk.code), Unchanged()
    for wrong in WRONG[action]:
        form = {"action": action, "version": str(case.version), **FORMS[action], **wrong}
        answer = post(client, case, form)
        assert 400 <= answer.status_code < 500, (wrong, answer.status_code)
        assert problem(answer), wrong
        assert before.holds(), wrong
        preview = {**form, "preview": form["action"]}
        del preview["action"]
        assert post(client, case, preview).status_code < 500, wrong
        assert before.holds(), wrong


def test_no_other_way_of_asking_acts(case: Application, clerk: Actor) -> None:
    client, before = enter(clerk.code), Unchanged()
    form = {"action": "refuse", "version": str(case.version), **FORMS["refuse"]}
    address = f"{LIST}{case.pk}/do/"
    for way in ("get", "head", "put", "patch", "delete", "options"):
        answer = getattr(client, way)(address, form if way in ("get", "head") else "action=refuse")
        assert answer.status_code < 500, way
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username=clerk.code))
    assert strict.post(address, form).status_code == 403
    assert client.post(f"{LIST}{case.pk}/change/", form).status_code < 500
    assert client.post(f"{LIST}{case.pk}/unmask/", {"reason": REASON}).status_code == 403
    assert (
        client.post(f"{LIST}{case.pk}/do/", b"{", content_type="application/json").status_code < 500
    )
    assert before.holds()


@pytest.mark.parametrize("state", [State.WITHDRAWN, State.EXPIRED, State.RETURNED, State.WAITING])
def test_no_button_moves_a_case_that_is_not_with_an_officer(
    state: State, furnished: None, pytestconfig: pytest.Config
) -> None:
    """Each role presses its own buttons; with --full each all of them, in each of these states."""
    is_full = pytestconfig.getoption("--full")
    case = WALKS[state]()
    before = Unchanged()
    for role in ("clerk", "supervisor", "head", "legal"):
        by = UserFactory(**{role: True}, username=f"x-{role}", office__code=case.office_id)
        client = enter(by.username)
        before = Unchanged()
        for action, button in BUTTONS.items():
            if not is_full and role not in (button.role, button.also):
                continue
            form = {
                "action": action, "version": str(case.version), "reason": REASON, "law": "某法",
                "to": "x-clerk" if action == "reassign" else "market", "item": "food",
                "kind": "hearing", "days": "3", "basis": "某法", "opened": "/address",
                "proposal": str(uuid.uuid4()), "review": str(uuid.uuid4()),
            }  # fmt: skip
            answer = post(client, case, form)
            assert 400 <= answer.status_code < 500, (role, action, answer.status_code)
            # a legal officer sees what was referred alone: whoever sees no page gets none
            assert problem(answer) or answer.status_code == 404, (role, action)
            assert before.holds(), (role, action)


def proposed(kind: str, clerk: Actor) -> tuple[Application, uuid.UUID]:
    made = settled(kind)
    actions.take(number=made.number, by=clerk, now=now())
    proposal = actions.propose_approval(number=made.number, reason=REASON, by=clerk, now=now())
    return again(made), proposal.pk


def test_a_proposal_of_another_case_is_not_confirmed_on_this_page(
    furnished: None, clerk: Actor, colleague: Actor, stranger: Actor
) -> None:
    one, first = proposed("credit_hit", clerk)
    other, second = proposed("degree_missing", clerk)
    client, before = enter(colleague.code), Unchanged()
    for action in ("confirm_approval", "send_back_approval"):
        for case, key in ((one, second), (other, first), (one, uuid.uuid4())):
            form = {"action": action, "version": str(case.version), "proposal": str(key)}
            answer = post(client, case, {**form, "reason": REASON})
            assert 400 <= answer.status_code < 500 and problem(answer)
            assert before.holds()
        for doubled in ([str(first), str(second)], [str(second), str(first)]):
            form = {"action": action, "version": str(one.version), "proposal": doubled}
            assert post(client, one, {**form, "reason": REASON}).status_code >= 400
            assert before.holds()
    form = {"action": "confirm_approval", "version": str(one.version), "proposal": str(first)}
    own = post(enter(clerk.code), one, form)
    assert own.status_code == 403 and problem(own)
    assert post(enter(stranger.code), one, form).status_code == 404
    assert before.holds()
    assert post(client, one, form).status_code == 302
    assert again(one).state == "approved" and again(other).state == "review"


# --- several at once


def test_rows_of_a_form_that_are_not_ones_own_are_neither_decided_nor_given(
    case: Application, clerk: Actor, stranger: Actor, boss: Actor
) -> None:
    other = settled("trader", "sole_trader", by_person=True)
    assert other.office_id != case.office_id
    rows = [f"{case.pk}:{case.version}", f"{other.pk}:{other.version}"]
    client, before = enter(clerk.code), Unchanged()
    for action in ("approve", "refuse", "return_"):
        form = {"case": rows, "action": action, "reason": REASON, "law": "法"}
        answer = client.post(f"{LIST}together/", form)
        assert answer.status_code in (404, 422), action
        assert other.applicant_name not in answer.content.decode()
    chosen = {"action": "together", "_selected_action": [str(case.pk), str(other.pk)], "index": "0"}
    page = client.post(LIST, chosen).content.decode()
    assert other.number not in page and other.applicant_name not in page
    chosen["select_across"] = "1"
    page = client.post(LIST, chosen).content.decode()
    assert other.number not in page and other.applicant_name not in page
    supervisor = enter("boss")
    chosen["action"] = "assign"
    page = supervisor.post(LIST, chosen).content.decode()
    assert other.number not in page and other.applicant_name not in page
    gift = {"case": rows[1:], "to": stranger.code, "reason": REASON}
    answer = supervisor.post(f"{LIST}assign/", gift)
    assert 400 <= answer.status_code < 500
    assert before.holds()


def test_an_action_that_the_list_does_not_offer_is_none(case: Application, clerk: Actor) -> None:
    client, before = enter(clerk.code), Unchanged()
    for action in ("assign", "delete_selected", "approve", "", "together\x00", "__init__"):
        form = {"action": action, "_selected_action": [str(case.pk), "x", ""], "index": "0"}
        answer = client.post(LIST, form)
        assert answer.status_code < 500, (action, answer.status_code)
    assert before.holds()


def test_a_saved_filter_shows_nothing_that_the_list_would_not(
    case: Application, clerk: Actor
) -> None:
    from approvals.models import SavedFilter

    far = UserFactory(clerk=True, username="far", office__code="hrss", region_id="440304")
    assert case.region_id != "440304"
    for query in (f"region={case.region_id}", "state=open", "state=settled", "hand=free", "e=1"):
        SavedFilter.objects.create(officer=far, name=query, query=query)  # as an insider would
        page = enter("far").get(f"{LIST}?{query}")
        assert page.status_code in (200, 302)
        assert case.number not in page.content.decode()
        assert case.applicant_name not in page.content.decode()
    front = enter("far").get("/desk/").content.decode()
    assert case.number not in front and case.applicant_name not in front
