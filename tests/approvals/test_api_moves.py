"""What an agency's program does after it submitted: take back, correct, answer what it is asked."""

import pytest

from approvals.models import Application, Consent
from benchmarks.cases import FOOD_SCOPE
from exchange.models import Partner
from tests.approvals.cases import (
    answer_checks,
    decide,
    graduate_answers,
    settled,
    submit,
    trader_answers,
)
from tests.approvals.hall import of_hall, returned
from tests.approvals.program import PATH, Program, assert_problem
from tests.exchange.oauth import program as client

pytestmark = pytest.mark.usefixtures("furnished")


def again(case: Application) -> Application:
    return Application.objects.get(pk=case.pk)


def test_a_case_is_taken_back_once_however_often_it_is_asked() -> None:
    window, path = Program(), f"{PATH}/{returned().number}/withdrawal"
    first, second = window.send("PUT", path), window.send("PUT", path)
    assert first.status == second.status == 200
    assert first.json == second.json and first.json["state"] == "withdrawn"


def test_nobody_else_takes_it_back() -> None:
    case = returned()
    path = f"{PATH}/{case.number}/withdrawal"
    for other in ("university", "food"):
        assert_problem(Program(other).send("PUT", path), 404)
    assert_problem(Program("").send("PUT", path), 401)
    assert again(case).state == "returned"


def test_what_was_decided_is_not_taken_back() -> None:
    case = of_hall()
    assert case.state == "approved"
    assert_problem(Program().send("PUT", f"{PATH}/{case.number}/withdrawal"), 409)


def test_a_case_that_moved_since_it_was_read_is_left_alone() -> None:
    window, path = Program(), f"{PATH}/{returned().number}"
    read = window.get(path).headers["ETag"]
    withdrawal = f"{path}/withdrawal"
    assert_problem(window.send("PUT", withdrawal, If_Match='"0"'), 412, "moved_since")
    assert window.send("PUT", withdrawal, If_Match=read).status == 200


def test_a_returned_case_is_corrected_once_however_often_it_is_sent() -> None:
    case = returned()
    window, path = Program(), f"{PATH}/{case.number}"
    read, corrected = window.get(path), {"answers": graduate_answers()}
    assert read.json["correct_by"]
    for _ in range(2):
        reply = window.send("PUT", f"{path}/answers", corrected)
        assert reply.status == 200 and reply.json["state"] == "submitted", reply.json
    stale = window.send("PUT", f"{path}/answers", corrected, If_Match=read.headers["ETag"])
    assert_problem(stale, 412, "moved_since")
    case = again(case)
    assert case.round == 2, "handed in again once"
    answer_checks(case)
    assert decide(case)[0].state == "approved"


def test_a_correction_that_the_form_does_not_take_is_refused_and_nothing_moves() -> None:
    case = returned()
    path = f"{PATH}/{case.number}/answers"
    other = {"answers": graduate_answers(consent=False)}
    assert_problem(Program().send("PUT", path, other), 422, "", "/answers/consent")
    assert_problem(Program().send("PUT", path, {"answers": 7}), 422, "", "/answers")
    assert_problem(Program().send("PUT", path, {"answer": {}}), 422, "", "/answer", "/answers")
    assert_problem(Program("university").send("PUT", path, other), 404)
    assert again(case).state == "returned"


@pytest.fixture
def waiting(furnished: None) -> Application:
    """A restaurant that waits for the food office."""
    case = settled("trader_food", "sole_trader", answers=trader_answers(scope=[FOOD_SCOPE]))
    assert case.state == "waiting"
    return case


def test_an_agency_lists_what_it_is_asked_and_answers_without_a_webhook(
    waiting: Application,
) -> None:
    food = Program("food")
    [asked] = food.get("/api/v1/consents").json["consents"]
    assert (asked["application"], asked["item"]) == (waiting.number, "food")
    assert asked["service"] == "sole_trader" and asked["due_at"] > asked["asked_at"]
    path = f"{PATH}/{waiting.number}/consents/food"
    for _ in range(2):
        assert food.send("PUT", path, {"granted": True}).status == 204
    assert food.get("/api/v1/consents").json == {"consents": [], "next": None}
    assert again(waiting).state == "submitted"
    assert_problem(food.send("PUT", path, {"granted": False, "reason": "后厨面积不足"}), 409)


def test_a_refusal_needs_its_reason_and_goes_to_an_officer(waiting: Application) -> None:
    food, path = Program("food"), f"{PATH}/{waiting.number}/consents/food"
    assert_problem(food.send("PUT", path, {"granted": False}), 422, "", "/reason")
    assert_problem(food.send("PUT", path, {"granted": "no"}), 422, "", "/granted")
    assert food.send("PUT", path, {"granted": False, "reason": "后厨面积不足"}).status == 204
    assert again(waiting).state == "review"


def test_a_client_of_other_services_neither_lists_nor_answers_it(waiting: Application) -> None:
    Partner.objects.filter(code="food").update(services=["*"])
    path = f"{PATH}/{waiting.number}/consents/food"
    other = Program.with_token(client("food", services=["graduate_settlement"]).token())
    assert other.get("/api/v1/consents").json["consents"] == []
    assert_problem(other.send("PUT", path, {"granted": True}), 404)
    own = Program.with_token(client("food", services=["sole_trader"]).token())
    assert len(own.get("/api/v1/consents").json["consents"]) == 1
    assert own.send("PUT", path, {"granted": True}).status == 204
    assert_problem(other.send("PUT", path, {"granted": True}), 404)  # not "as you said before"


def test_no_other_agency_sees_or_answers_it(waiting: Application) -> None:
    window, path = Program("window"), f"{PATH}/{waiting.number}/consents/food"
    assert window.get("/api/v1/consents").json["consents"] == []
    assert_problem(window.send("PUT", path, {"granted": True}), 404)
    assert Consent.objects.get(application=waiting).state == "asked"


def test_a_list_goes_on_after_its_cursor_and_takes_no_other() -> None:
    for kind, name in (("trader_food", "栖迟"), ("trader", "松间")):
        answers = trader_answers(scope=[FOOD_SCOPE], trade_name=name)
        settled(kind, "sole_trader", answers=answers)
    food, path = Program("food"), "/api/v1/consents"
    first = food.get(f"{path}?limit=1").json
    second = food.get(f"{path}?limit=1&cursor={first['next']}").json
    assert len(first["consents"]) == len(second["consents"]) == 1 and second["next"] is None
    assert first["consents"] != second["consents"]
    for bad in ("x", first["next"][:-1], "a" * 5000):
        assert_problem(food.get(f"{path}?cursor={bad}"), 400, "bad_cursor")
    assert_problem(Program("window").get(f"{path}?cursor={first['next']}"), 400, "bad_cursor")
    for bad in ("0", "101", "-1", "x", "1.5", "٣"):
        assert_problem(food.get(f"{path}?limit={bad}"), 400, "bad_limit")


def test_a_case_in_a_drawer_is_not_corrected() -> None:
    case = submit("graduate")
    assert_problem(Program().send("PUT", f"{PATH}/{case.number}/answers", {"answers": {}}), 404)
