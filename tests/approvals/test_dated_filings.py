"""A filing in force from a day is asked for, checked and refused alike by every way in."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from approvals.progress import waiting
from approvals.states import State
from certificates.models import Filing
from ledger.clock import city_date, now
from people.errors import ActionRejected
from services import filings, pack_tests
from services.inputs import gather_inputs
from tests.approvals import cases
from tests.approvals.program import Program, assert_problem, body
from tests.counter.desk import enter, hidden
from tests.services.editions import published
from tests.services.packs import SMALL, changed, load

TODAY_OR_LATER = """
filings:
  columns:
    trades: {if: {zh: 经营旧货, en: deals in used goods}, not: {zh: 不经营旧货, en: no used goods}}
  table: |
    R          | trades | applies
    used_goods | true   | "mandatory"
  items:
  - id: used_goods
    number: 1
    receiver: police
    zh: 旧货经营备案
    en: Dealers in used goods
    law: 旧货流通管理办法
    status: {DAY: in_force}
    form:
      type: object
      additionalProperties: false
      required: [contact]
      properties:
        contact: {type: string, minLength: 1, maxLength: 20, x-zh: 旧货联系人, x-en: Contact}
certificate:
  kind: bus_pass
  type21: 11440300MB2X10093D001
  zh: 乘车证
  en: Bus pass
  number: serial:BP
  valid: none
  fields: [{id: born, zh: 出生日期, en: born, value: born}]

tests:
"""
QUESTION = "      x-en: I understand that these data are checked\n"
TRADES = "    trades: {type: boolean, x-zh: 经营旧货, x-en: Deals in used goods}\n"
FACT = "  trades: {from: answers.trades, type: boolean, none: allowed, zh: 经营旧货, en: used}\n"
SERVICE = {"service": "bus_pass"}
BLOCK = {"filings": {"used_goods": {"contact": "王五"}}}


def pack(day: datetime.date) -> str:
    text = changed("\ntests:\n", TODAY_OR_LATER.replace("DAY", str(day)), SMALL)
    text = changed(QUESTION, QUESTION + TRADES, text)
    return changed("\nrequirements:\n", f"{FACT}\nrequirements:\n", text)


@pytest.fixture(params=[0, 1], ids=["on the day", "the day before"])
def is_in_force(
    furnished: None, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> bool:
    """Publish a pack whose filing is in force from today, or from tomorrow."""
    monkeypatch.setattr(waiting.Waiter, "wait", lambda waiter, seconds: False)
    at = now()
    published(pack(city_date(at) + datetime.timedelta(days=request.param)), at)
    return not request.param


def answers(**more: Any) -> dict[str, Any]:
    return {"consent": True, "trades": True, **more}


def page(*, block: bool) -> str:
    """What the portal's form, and then its check page, say to who deals in used goods."""
    pages, address = enter("graduate"), "/services/bus_pass/apply/"
    sent = {**hidden(pages.get(address).content.decode()), "/trades": "true", "step": "check"}
    sent |= {"/filings/used_goods/contact": "王五"} if block else {}
    return str(pages.post(address, sent).content.decode())


def test_the_portal_asks_for_the_block_from_the_day_on(is_in_force: bool) -> None:
    bare = page(block=False)
    assert ("旧货联系人" in bare) is is_in_force
    assert ('value="submit"' in bare) is not is_in_force  # the check page, where nothing is missing
    if is_in_force:
        filled = page(block=True)
        assert 'value="submit"' in filled and "王五" in filled


@pytest.mark.parametrize("block", [False, True], ids=["without", "with"])
def test_the_action_and_the_program_take_the_block_from_the_day_on(
    is_in_force: bool, block: bool
) -> None:
    given = answers(**BLOCK if block else {})
    who = cases.person("trader")
    applicant = {"kind": who.kind, "number": who.number, "name": who.name}
    sent = body(**SERVICE, applicant=applicant, answers=given)
    reply = Program("window").post(sent)
    if block is not is_in_force:
        assert_problem(reply, 422, "invalid_answers", "/answers/filings/used_goods")
        with pytest.raises(ActionRejected) as raised:
            cases.submit("graduate", "bus_pass", answers=given)
        assert raised.value.faults[0]["pointer"] == "/answers/filings/used_goods"
        return
    assert reply.status in (200, 201, 202), reply.raw
    (case,) = cases.decide(cases.submit("graduate", "bus_pass", answers=given))
    assert case.state == State.APPROVED
    filed = Filing.objects.get(certificate__application=case.number)
    assert (filed.state != "not_applicable") is is_in_force
    assert (filed.data == BLOCK["filings"]["used_goods"]) is is_in_force


@pytest.mark.parametrize(("as_of", "asked"), [("2026-06-30", False), ("2026-07-01", True)])
def test_a_test_of_the_pack_and_a_form_say_the_same(as_of: str, asked: bool) -> None:
    case = f"""- name: 经营旧货
  as_of: {as_of}
  answers: {{consent: true, trades: true{", " + json.dumps(BLOCK)[1:-1] if asked else ""}}}
  evidence: {{population: {{born: 2000-01-01}}}}
  expect: approve
  filings: [{"used_goods" if asked else ""}]
- name: 十八岁生日当天
"""
    book = load(changed("- name: 十八岁生日当天\n", case, pack(datetime.date(2026, 7, 1))))
    assert [str(fault) for fault in pack_tests.faults(book, "x.yaml")] == []
    on = datetime.date.fromisoformat(as_of)
    form = filings.form_for(book, answers(), on)
    assert ("filings" in form["properties"]) is asked


def test_what_begins_between_receipt_and_decision_was_not_asked_for_and_is_not_filed() -> None:
    day = datetime.date(2026, 7, 1)
    book, before = load(pack(day)), day - datetime.timedelta(days=1)
    inputs = gather_inputs(book, answers(), {}, {}, before)
    (planned,) = filings.plan(book, inputs, day)
    assert not planned.applies and planned.why["en"] == "not yet in the catalogue"
    (planned,) = filings.plan(book, gather_inputs(book, answers(**BLOCK), {}, {}, day), day)
    assert planned.applies and planned.data == {"contact": "王五"}
