"""Masking keeps each condition's result and nothing of the person, over every shipped pack."""

import dataclasses
import json
import os
import re

import pytest

from people.numbers import id_number_check, id_number_ok, uscc_ok
from services import divisions, pack_tests
from services.inputs import read_inputs
from services.pack.model import CONSENTS, UNANSWERED, UNDERTAKINGS, Pack
from services.regressions.masking import NotMasked, masked
from services.verdict import judge
from tests.services.packs import SHIPPED, changed, load, text

# what may stay as it is: figures, days, divisions, industries; each by its own shape
_STAYS = re.compile(r"-?\d{1,8}(\.\d+)?|\d{4}-\d\d-\d\d|P\d+[YMD]|[A-T]\d{2,4}|true|false")
BORN = "19790305"
FULL = bool(os.environ.get("MIAOPI_FULL"))


def strings(value) -> set[str]:
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        return set().union(*map(strings, value.values()))
    return set().union(*map(strings, value)) if isinstance(value, list) else set()


def rules(pack: Pack) -> str:
    """Everything that the pack says but its tests: what it writes itself identifies nobody."""
    parts = {f.name: getattr(pack, f.name) for f in dataclasses.fields(pack) if f.name != "cases"}
    return repr(parts)


@pytest.mark.parametrize("service", SHIPPED)
def test_no_identifying_text_is_left_and_every_result_is_the_same(service: str) -> None:
    book = load(text(service), f"{service}.yaml")
    written = rules(book.pack)
    for case in book.pack.cases[:: 1 if FULL else 6]:  # all 671 of them in a full run
        inputs = pack_tests.inputs_of(book, case)
        stored = inputs.to_json()
        found = masked(book, stored)
        before, after = judge(book, inputs), judge(book, read_inputs(book, found.facts))
        assert (before.outcome, before.results) == (after.outcome, after.results), case.name
        assert before.consent_states == after.consent_states
        row = json.dumps(found.facts, ensure_ascii=False)
        states = {CONSENTS, UNDERTAKINGS, UNANSWERED}
        for one in strings({k: v for k, v in stored.items() if k not in states}):
            if len(one) < 2 or _STAYS.fullmatch(one) or divisions.name(one) != one:
                continue
            assert one not in row or one in written, (case.name, one)


def test_numbers_stay_valid_and_keep_a_birthday_only_where_a_rule_reads_it() -> None:
    book = load(text("limited_company"), "limited_company.yaml")
    case = next(c for c in book.pack.cases if c.expect == "approve")
    first = f"440305{BORN}123"
    own = first + id_number_check(first)
    stored = json.loads(
        json.dumps(pack_tests.inputs_of(book, case).to_json()).replace("11010519491231002X", own)
    )
    assert own in json.dumps(stored)
    found = masked(book, stored)
    made = found.replaced[own]
    assert id_number_ok(made) and BORN not in made and not made.startswith("440305")
    codes = [text for text in found.replaced if uscc_ok(text)]
    assert all(uscc_ok(found.replaced[code]) for code in codes)


def test_equal_stays_equal_and_different_different() -> None:
    book = load(text("graduate_settlement"), "graduate_settlement.yaml")
    for name, same in (("符合条件的毕业生", True), ("改过名字", False)):
        case = next(c for c in book.pack.cases if c.name == name)
        facts = masked(book, pack_tests.inputs_of(book, case).to_json()).facts
        assert (facts["name"] == facts["degree_name"]) is same
        assert "张" not in facts["name"] + facts["degree_name"]


def test_words_of_officers_lose_what_identifies() -> None:
    book = load(text("graduate_settlement"), "graduate_settlement.yaml")
    case = next(c for c in book.pack.cases if c.name == "符合条件的毕业生")
    found = masked(book, pack_tests.inputs_of(book, case).to_json())
    words = found.words("张三毕业于鹏湾大学，住示例市南山区学府路一号，联系人李四", ["李四"])
    for part in ("张三", "鹏湾大学", "学府路", "李四"):
        assert part not in words
    assert "毕业于" in words


def test_where_no_masking_keeps_a_result_nothing_is_kept() -> None:
    """A rule that the very digits of the address satisfy: it is refused, not kept half masked."""
    source = changed(
        "- id: capacity\n",
        '- id: odd\n  must: ends with(address, "017")\n  zh: 地址\n  en: Address\n  law: 办法\n'
        "- id: capacity\n",
        text("graduate_settlement"),
    )
    book = load(source, "graduate_settlement.yaml")
    case = next(c for c in book.pack.cases if c.name == "符合条件的毕业生")
    with pytest.raises(NotMasked) as caught:
        masked(book, pack_tests.inputs_of(book, case).to_json())
    assert "odd" in caught.value.conditions
