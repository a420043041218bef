"""Answers are checked against the edition's form; every fault names its field in two languages."""

import pytest

from services import schema
from services.pack.formats import FORMATS
from tests.services.packs import load, text

BOOK = load(text("sole_trader"), "sole_trader")
GOOD = {
    "trade_name": "恒瑞",
    "scope": ["F5232"],
    "premises": "440305-0000017",
    "employees": 2,
    "consent": True,
}


def pointers(answers):
    with pytest.raises(schema.Invalid) as caught:
        schema.validate(BOOK, answers, protect=str)
    assert all(fault.zh and fault.en for fault in caught.value.faults)
    return [fault.pointer for fault in caught.value.faults]


def test_good_answers_come_back_trimmed_composed_and_without_empty_ones():
    given = GOOD | {"trade_name": "  恒瑞\n", "phone": ""}
    assert schema.validate(BOOK, given, protect=str) == GOOD


def test_every_fault_is_named_at_once():
    assert pointers({"trade_name": "恒" * 21, "scope": ["X"], "employees": 0, "z": 1}) == [
        "",
        "/consent",
        "/employees",
        "/premises",
        "/scope/0",
        "/trade_name",
    ]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"consent": False}, "/consent"),
        ({"consent": "yes"}, "/consent"),
        ({"employees": "2"}, "/employees"),
        ({"employees": 2.5}, "/employees"),
        ({"employees": float("nan")}, "/employees"),
        ({"employees": float("inf")}, "/employees"),
        ({"employees": 10**30}, "/employees"),
        ({"employees": True}, "/employees"),
        ({"scope": []}, "/scope"),
        ({"scope": ["F5232", "F5232"]}, "/scope"),
        ({"scope": "F5232"}, "/scope"),
        ({"premises": "南山区"}, "/premises"),
        ({"premises": "４４０３０５-0000017"}, "/premises"),
        ({"phone": "12345"}, "/phone"),
        ({"trade_name": "恒\x00瑞"}, "/trade_name"),
        ({"trade_name": "恒\ud800"}, "/trade_name"),
        ({"trade_name": "恒\u202e瑞"}, "/trade_name"),
        ({"trade_name": None}, "/trade_name"),
        ({"a/b~c\x00": 1}, "/a~1b~0c?"),
    ],
)
def test_a_bad_answer_is_named(change, pointer):
    assert pointer in pointers(GOOD | change)


def test_whole_numbers_may_be_written_with_a_point():
    assert schema.validate(BOOK, GOOD | {"employees": 2.0}, protect=str)["employees"] == 2


def test_depth_and_size_are_bounded():
    deep = "x"
    for _ in range(100_000):
        deep = [deep]
    assert pointers(GOOD | {"scope": deep}) == [""]
    assert pointers(GOOD | {"trade_name": "x" * 70_000}) == [""]
    assert pointers(GOOD | {"scope": ["F5232"] * 20_000}) == [""]


@pytest.mark.parametrize("answers", [None, [], "x", 3])
def test_answers_are_an_object(answers):
    assert pointers(answers) == [""]


def test_formats_follow_their_standards():
    # GB 11643's and GB 32100's published examples
    assert FORMATS["id-number"]("11010519491231002X")
    assert not FORMATS["id-number"]("110105194912310021")
    assert FORMATS["uscc"]("9144030071526726XG")
    assert not FORMATS["uscc"]("9144030071526726XH")
    assert FORMATS["date"]("2024-02-29")
    assert not FORMATS["date"]("2023-02-29")
    assert not FORMATS["date"]("2024-2-9")
    assert FORMATS["decimal"]("-0.50")
    assert not FORMATS["decimal"]("1e9")
