"""What an application costs, and how long what it leads to is valid, by expressions of the pack."""

import datetime

import pytest

from city.errors import SourceError
from services import pack_tests, publish
from services.outputs import fee_due
from services.validity import expires
from services.verdict import judge
from tests.services.packs import changed, load, text

DRIVERS = text("ride_hail_driver")
COST = """fee:
  amount: 'if phone = null then 0 else card'
  zh: 留电话的收工本费
  en: A charge where a telephone is left
  law: 居住证暂行条例 §19
  pay: {zh: 领证时在窗口缴纳, en: Paid at the counter on collection}
"""
CARD = """parameters:
  card: {2016-01-01: 20, 2026-07-01: 25.50, zh: 工本费, en: charge, law: 居住证暂行条例 §19}
"""
PHONE = """facts:
  phone: {from: answers.phone, type: text, none: allowed, zh: 电话, en: telephone}
"""


def costing(cost: str = COST) -> str:
    source = changed("parameters:\n", CARD, changed("fee: none\n", cost, DRIVERS))
    return changed("facts:\n", PHONE, source)


@pytest.mark.parametrize(
    ("phone", "on", "yuan"),
    [
        ({}, "2026-07-01", "0"),
        ({"phone": "'13800138000'"}, "2026-06-30", "20"),
        ({"phone": "'13800138000'"}, "2026-07-01", "25.5"),  # from that day on
    ],
)
def test_what_is_due_follows_the_answers_and_the_day(
    phone: dict[str, str], on: str, yuan: str
) -> None:
    stated = (
        f"as_of: {on}, answers: {{consent: true{''.join(f', {k}: {v}' for k, v in phone.items())}}}"
    )
    case = f"- {{name: 收费, like: 持居住证的老司机, {stated}, expect: approve, fee: {yuan}}}\n"
    book = load(f"{costing().rstrip()}\n{case}")
    assert pack_tests.faults(book) == []
    inputs = pack_tests.inputs_of(book, book.pack.cases[-1])
    assert judge(book, inputs).payload()["fee"] == yuan  # in the receipt, so in its replay
    wrong = load(f"{costing().rstrip()}\n{case.replace(f'fee: {yuan}', 'fee: 7')}")
    assert [str(fault) for fault in pack_tests.faults(wrong)]


def test_a_pack_without_an_amount_says_nothing_of_it_in_its_verdict() -> None:
    book = load(DRIVERS)
    inputs = pack_tests.inputs_of(book, book.pack.cases[0])
    assert fee_due(book, inputs) is None and "fee" not in judge(book, inputs).payload()


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("if phone = null then 0 else card", "phone", "must give number"),
        ("if phone = null then 0 else card", "if drugs then card else 0", "drugs"),
        ("  pay: {zh: 领证时在窗口缴纳, en: Paid at the counter on collection}\n", "", "pay"),
    ],
)
def test_an_amount_is_a_number_known_before_anything_is_read_and_says_where_it_is_paid(
    before: str, after: str, says: str
) -> None:
    with pytest.raises(SourceError) as caught:
        publish.check(costing(changed(before, after, COST)), "ride_hail_driver")
    assert any(says in fault.en and fault.line for fault in caught.value.all())


@pytest.mark.parametrize(
    ("licence", "last"),
    [
        ("2026-07-02", datetime.date(2026, 7, 2)),
        ("2029-06-30", datetime.date(2029, 6, 30)),
        ("2029-07-02", datetime.date(2029, 7, 1)),
    ],
)
def test_a_certificate_is_valid_as_long_as_the_facts_say(licence: str, last: datetime.date) -> None:
    book = load(changed("expires: 2031-06-01", f"expires: {licence}", DRIVERS))
    inputs = pack_tests.inputs_of(book, book.pack.cases[0])
    assert expires(book, inputs.values, datetime.date(2026, 7, 1)) == last


@pytest.mark.parametrize(("answer", "issued"), [("failed", (2026, 7, 1)), (None, (2029, 7, 2))])
def test_nothing_is_issued_whose_last_day_is_unknown_or_past(
    answer: str | None, issued: tuple[int, int, int]
) -> None:
    book = load(DRIVERS)
    values = dict(pack_tests.inputs_of(book, book.pack.cases[0]).values)
    if answer:
        del values["licence_expires"]
    with pytest.raises(ValueError, match="valid for"):
        expires(book, values, datetime.date(*issued))


def test_how_long_is_a_date_or_a_duration() -> None:
    by = DRIVERS[DRIVERS.index("    by: if licence_expires") :].split("\n")[0]
    for wrong in ("    by: drugs", "    by: name"):
        with pytest.raises(SourceError) as caught:
            publish.check(changed(by, wrong, DRIVERS), "ride_hail_driver")
        assert any("must give date" in fault.en for fault in caught.value.all())
    book = load(changed(by, "    by: term", DRIVERS))
    issued = datetime.date(2026, 2, 28)
    assert expires(book, {"term": book.period(issued).values["term"]}, issued) == datetime.date(
        2029, 2, 28
    )
