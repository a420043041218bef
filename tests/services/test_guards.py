"""Guards (what may exist once only) and districts: what a pack declares, and the keys of a case."""

import pytest

from city.errors import SourceError
from services import pack_tests, publish
from services.inputs import gather_inputs
from services.outputs import district_of, guard_keys
from tests.services.packs import SMALL, changed, load, text

NAMES = ("graduate_settlement", "limited_company", "sole_trader")
BOOKS = {name: load(text(name), name) for name in NAMES}
LI, WANG = "a" * 32, "b" * 32


def keys(name, applicant=LI, **answers):
    """Guard: its keys, sorted."""
    book = BOOKS[name]
    case = book.pack.cases[0]
    inputs = gather_inputs(book, {**case.answers, **answers}, {}, {}, case.as_of)
    found = {}
    for one in guard_keys(book, inputs, applicant):
        found.setdefault(one.guard.id, []).append(one.key)
    return {id_: sorted(some) for id_, some in found.items()}


def test_an_applicant_has_one_settlement_whatever_the_answers():
    one, other = keys("graduate_settlement"), keys("graduate_settlement", district="440304")
    assert one == other
    assert set(one) == {"once"}
    assert one != keys("graduate_settlement", WANG)
    (guard,) = BOOKS["graduate_settlement"].pack.guards
    assert guard.periods == ("open", "live")


def test_a_trade_name_is_one_in_its_industries_across_services_and_people():
    trader = keys("sole_trader", trade_name="恒瑞", scope=["F5232", "F5211", "M7492"])
    assert len(trader["trade_name"]) == 2  # retail (F52) and design (M74), by GB/T 4754
    company = keys("limited_company", WANG, trade_name="恒瑞", scope=["F5212"])
    assert set(company["trade_name"]) < set(trader["trade_name"])
    elsewhere = keys("limited_company", WANG, trade_name="恒瑞", scope=["I6513"])
    assert not set(elsewhere["trade_name"]) & set(trader["trade_name"])
    another = keys("sole_trader", trade_name="恒端", scope=["F5232"])
    assert not set(another["trade_name"]) & set(trader["trade_name"])
    assert trader["in_hand"] != company["in_hand"]


@pytest.mark.parametrize("name", ["恒 瑞", " 恒瑞 ", "恒\u3000瑞"])
def test_spaces_do_not_make_another_name(name):
    assert keys("sole_trader", trade_name=name) == keys("sole_trader", trade_name="恒瑞")


def test_a_branch_bears_its_companys_name():
    assert "trade_name" not in keys("limited_company", kind="branch")


def test_keys_hold_no_answer_in_clear():
    for some in keys("sole_trader", trade_name="恒瑞").values():
        assert all(len(key) == 64 and int(key, 16) for key in some)


@pytest.mark.parametrize("name", NAMES)
def test_the_district_is_that_of_the_premises_or_of_the_answer(name):
    book = BOOKS[name]
    case = book.pack.cases[0]
    assert district_of(book, pack_tests.inputs_of(book, case)) == "440305"
    unasked = gather_inputs(book, case.answers, {}, {}, case.as_of)
    assert district_of(book, unasked) == "440305"  # before any registry is asked


GUARD = """\
guards:
- {id: once, key: [%s], while: [%s], zh: 一次, en: once, law: 示例}
requirements:
"""


@pytest.mark.parametrize(
    ("key", "periods"),
    [
        ("born", "open"),  # nobody has been asked when somebody applies
        ("nobody", "open"),
        ("1 + 1", "open"),
        ("applicant", "live"),  # no certificate
        ("applicant", "always"),
        ("", "open"),
    ],
)
def test_a_guard_that_cannot_be_kept_is_a_fault(key, periods):
    with pytest.raises(SourceError) as caught:
        publish.check(changed("requirements:\n", GUARD % (key, periods)))
    assert caught.value.line > 1


def test_a_pack_may_declare_a_guard_and_no_district():
    source = changed("requirements:\n", GUARD % ("applicant", "open"))
    publish.check(source)
    book = load(SMALL)
    assert (book.pack.guards, book.program.district) == ((), None)


@pytest.mark.parametrize("district", ["born", "as_of", "5"])
def test_a_district_is_a_text(district):
    with pytest.raises(SourceError):
        load(changed("requirements:\n", f"district: {district}\nrequirements:\n"))
