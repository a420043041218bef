"""ID numbers of other people in answers: encrypted at once, found by index, shown masked."""

import pytest

from ledger import rotation
from people import identity, protection
from services import schema, tokens
from services.explain import explain
from services.inputs import gather_inputs
from services.outputs import cosigners
from services.verdict import judge
from tests.services.packs import load, text

NUMBER = "11010519491231002X"  # the example of GB 11643
BOOK = load(text("limited_company"), "limited_company")


@pytest.fixture(autouse=True)
def field_keys(db, now):
    rotation.make(now)


@pytest.fixture
def answers():
    return dict(BOOK.pack.cases[0].answers)


def test_validated_answers_hold_no_number(answers):
    kept = schema.validate(BOOK, answers, protect=protection.protect)
    assert NUMBER not in str(kept)
    token = kept["investors"][0]["number"]
    assert protection.unprotect(token) == NUMBER
    assert tokens.subject(token) == identity.index(NUMBER)
    assert tokens.masked(kept)["investors"][0]["number"] == identity.mask(NUMBER)


def test_what_is_stored_may_be_handed_in_again(answers):
    kept = schema.validate(BOOK, answers, protect=protection.protect)
    assert schema.validate(BOOK, kept, protect=protection.protect) == kept


def test_rules_and_receipts_see_the_index_only(answers):
    kept = schema.validate(BOOK, answers, protect=protection.protect)
    inputs = gather_inputs(BOOK, kept, {}, {}, BOOK.pack.cases[0].as_of)
    assert identity.index(NUMBER) in cosigners(BOOK, inputs)
    stored = str(inputs.to_json())
    assert NUMBER not in stored
    assert identity.mask(NUMBER) not in stored
    lines = str(explain(BOOK, judge(BOOK, inputs).payload(), "zh-hans"))
    assert identity.index(NUMBER) not in lines


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-6] + "AAAAA=",
        lambda token: token.replace("idn:", "idn:0", 1),
        lambda token: "idn:" + "0" * 32 + token[36:],
        lambda token: token.replace("1101*", "9999*"),
        lambda token: "idn:::",
        lambda token: "idn:",
    ],
)
def test_a_forged_stored_form_is_refused(answers, change):
    token = protection.protect(NUMBER)
    forged = [{"name": "甲", "number": change(token), "capital": "1000000"}]
    with pytest.raises(schema.Invalid) as caught:
        schema.validate(BOOK, answers | {"investors": forged}, protect=protection.protect)
    assert [fault.pointer for fault in caught.value.faults] == ["/investors/0/number"]
