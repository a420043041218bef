"""A trade name that the registry of names has already is never granted again in its industry."""

import orjson
import pytest

from approvals import queries
from approvals.models import Application
from approvals.records import replay
from approvals.states import State
from exchange import records
from ledger.clock import now
from people import identity
from people.errors import ActionRejected
from services import catalogue
from services.fixes import smallest_fix
from services.inputs import read_inputs
from tests.approvals.cases import CITY, decide, submit, trader_answers

pytestmark = pytest.mark.usefixtures("furnished")
NAME = "栖云清河"


def register(name: str, *industries: str) -> None:
    """The keeper of the registry has the name, since before this system."""
    data = orjson.dumps({"industries": list(industries), "released": [], "reserved": []})
    records.write([(identity.index(name), "names", data)], now=now())


def apply(name: str, *scope: str) -> Application:
    case = submit("trader", "sole_trader", answers=trader_answers(trade_name=name, scope=[*scope]))
    return decide(case)[0]


def test_a_registered_name_is_returned_with_the_reason_and_another_is_granted() -> None:
    register(NAME, "F52")
    case = apply(NAME, "F5232")
    assert case.state == State.RETURNED
    decision = queries.latest_decision(case)
    verdict = orjson.loads(bytes(decision.receipt))["verdict"]
    unmet = [f["id"] for f in verdict["requirements"] if f["result"] == "unmet"]
    assert unmet == ["name_registered"]
    assert replay.fault(decision) == ""
    book = catalogue.rulebook(case.edition_id)
    fix = smallest_fix(book, read_inputs(book, decision.inputs))
    assert fix is not None
    (advice,) = fix.words("zh-hans")
    assert advice.startswith("改填“字号”")


def test_another_industry_and_another_name_are_free() -> None:
    register(NAME, "F52", "I65")
    assert apply(NAME, "M7492").state == State.APPROVED


def test_one_of_several_industries_is_enough_against_it() -> None:
    register(NAME, "I65")
    assert apply(NAME, "M7492", "I6513").state == State.RETURNED


@pytest.mark.parametrize(
    "spelled",
    [
        " 栖云清河 ", "栖云清河\u3000", "栖 云 清 河", "栖雲清河", "棲云清河", "栖云清河Ａ",
        "栖云\u200b清河",
        "中國栖云", "全國栖云", "栖云國際", "栖云国际", "中国栖云", "全国栖云", "银行家", "銀行家",
    ],
    ids=ascii,
)  # fmt: skip
def test_no_spelling_of_it_is_granted(spelled: str) -> None:
    register(NAME, "F52")
    try:
        case = apply(spelled, "F5232")
    except ActionRejected as error:
        assert error.code == "invalid_answers"
        return
    assert case.state in (State.RETURNED, State.REVIEW)


def test_the_names_of_the_citys_enterprises_are_in_the_registry() -> None:
    """What was registered before us, as the keeper loads it."""
    entity = next(e for e in map(CITY.enterprise, range(CITY.enterprises)) if e.state == "active")
    assert entity.trade_name in entity.name
    case = apply(entity.trade_name, entity.scope[0])
    assert case.state == State.RETURNED
