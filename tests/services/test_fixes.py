"""The smallest fix passes, needs each of its steps, and tells nothing that must not be told."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services import pack_tests
from services.fixes import passes, smallest_fix
from services.inputs import read_inputs
from services.verdict import judge
from tests.services.packs import load, text

NAMES = ("graduate_settlement", "limited_company", "sole_trader")
BOOKS = {name: load(text(name), name) for name in NAMES}


def case(name, title):
    book = BOOKS[name]
    found = next(case for case in book.pack.cases if case.name == title)
    return book, pack_tests.inputs_of(book, found)


def fix(name, title):
    book, inputs = case(name, title)
    return smallest_fix(book, inputs)


@pytest.mark.parametrize("name", sorted(BOOKS))
@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_apply_it_and_it_passes_drop_one_step_and_it_does_not(name, data):
    book = BOOKS[name]
    draw = data.draw
    stored = [pack_tests.inputs_of(book, one).to_json() for one in book.pack.cases]
    mixed = dict(draw(st.sampled_from(stored)))
    for other in draw(st.lists(st.sampled_from(stored), max_size=3)):
        for fact in draw(st.sets(st.sampled_from(sorted(book.facts)))):
            if fact in other:
                mixed[fact] = other[fact]
            else:
                mixed.pop(fact, None)
    inputs = read_inputs(book, mixed)
    found = smallest_fix(book, inputs)
    verdict = judge(book, inputs)
    undisclosed = {r.id for r in book.pack.requirements if r.undisclosed}
    if any(f.id in undisclosed and f.result in ("unmet", "unknown") for f in verdict.findings):
        assert found is None
    if found is None:
        return
    changes = {step.input: step.new for step in found.steps}
    assert passes(book, inputs, changes)
    for step in found.steps:
        rest = {key: value for key, value in changes.items() if key != step.input}
        assert not passes(book, inputs, rest), step
    for language in ("zh-hans", "en"):
        assert all(found.words(language))


def test_what_a_commitment_stands_for_needs_no_step_once_it_may_be_given():
    """A debtor on the list may not commit; who is off it needs no other premises."""
    found = fix("limited_company", "失信被执行人不能承诺")
    assert [step.input for step in found.steps if step.input.startswith("premises")] == []
    assert any(step.input == "dishonest" for step in found.steps)


def test_nothing_is_offered_when_an_undisclosed_condition_failed():
    assert fix("graduate_settlement", "有犯罪记录") is None
    assert fix("graduate_settlement", "公安部门没有答复") is None


def test_nothing_is_offered_for_what_a_registry_did_not_answer():
    assert fix("graduate_settlement", "信用部门没有答复") is None
    assert fix("sole_trader", "商事主体库没有答复") is None


def test_nothing_is_offered_for_what_nobody_can_change():
    assert fix("graduate_settlement", "非全日制") is None


def test_waiting_has_its_first_day():
    found = fix("sole_trader", "十八岁生日前一天")
    assert found.earliest == datetime.date(2026, 7, 2)
    assert found.words("zh-hans") == ["自2026年7月2日起再申请"]
    assert found.words("en") == ["Apply again from 2 July 2026 on"]


def test_a_case_that_passes_needs_nothing():
    assert fix("sole_trader", "符合条件的经营者").steps == ()


def test_what_a_registry_says_of_an_answer_is_mended_by_another_answer():
    (words,) = fix("graduate_settlement", "地址已注销").words("zh-hans")
    assert words == "改填“落户地址编码”，要符合：地址存在"


def test_a_place_is_asked_for_by_its_name_and_never_by_a_code():
    found = fix("sole_trader", "场所在外市")
    (words,) = found.words("zh-hans")
    assert words == "请在广东省深圳市另选一处“经营场所地址编码”"
    (english,) = found.words("en")
    assert english.startswith("Choose another “") and "4403" not in english
