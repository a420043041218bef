"""A part of a pack is changed and nothing else of it, byte for byte."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from city.characters import UNSAFE
from city.source import read
from services.editing import edits, fields, spans
from services.editing.edits import EditRefused
from tests.services.packs import SHIPPED, text

AWKWARD = (
    ["a: b", "# c", "x #y", "- d", '"', "'", "a'b\"c", "😀", "a\tb", "---", "...", "{a}", "[b"]
    + ["null", "true", "007", "a, b", "x:", "*a", "&b", "!c", "|", ">", "%d", "@e", "`f", "~", "-5"]
    + [
        "l1\nl2",
        "l1\n\n  l2",
        "l1\n---\nl2",
        "\\n",
        "2026-01-01",
        "规则：“一”",
        "}, must: true, x: {",
    ]
)
SIGNS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]).filter(
    lambda sign: not UNSAFE.search(sign)  # those are refused: below
)
VALUES = st.sampled_from(AWKWARD) | st.text(SIGNS, min_size=1, max_size=40)
TEXTS = {name: text(name) for name in SHIPPED}
TREES = {name: read(source).data for name, source in TEXTS.items()}
FIELDS = {
    name: [f for make in fields.CARDS.values() for card in make(tree) for f in card.fields]
    for name, tree in TREES.items()
}


def part(data: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        data = data[step]
    return data


def replaced(data: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """A copy with one part replaced; independent of the code that is tested."""
    if not path:
        return value
    step, *rest = path
    if isinstance(data, dict):
        return {
            key: replaced(old, tuple(rest), value) if key == step else old
            for key, old in data.items()
        }
    return [replaced(old, tuple(rest), value) if n == step else old for n, old in enumerate(data)]


def outside(source: str, path: tuple[str | int, ...]) -> tuple[str, str]:
    node = spans.find(spans.tree(source), path)
    return source[: node.start], source[node.end :]


@st.composite
def single_edits(draw: st.DrawFn) -> tuple[str, Any, str]:
    """A shipped pack, a field that the desk shows and that is there, and another text for it."""
    name = draw(st.sampled_from(SHIPPED))
    there = [field for field in FIELDS[name] if field.value and exists(TREES[name], field.path)]
    return name, draw(st.sampled_from(there)), draw(VALUES)


def exists(data: Any, path: tuple[str | int, ...]) -> bool:
    try:
        part(data, path)
    except (KeyError, IndexError):
        return False
    return True


def holds_for(name: str, field: Any, value: str) -> None:
    before = TEXTS[name]
    try:
        after = edits.set_value(before, field.path, value)
    except EditRefused:
        assert not value.strip("\n"), (name, field.path, value)
        return
    wanted = value
    old = part(TREES[name], field.path)
    if old.endswith("\n") and spans.find(spans.tree(before), field.path).style == "|":
        wanted = value.rstrip("\n") + "\n"
    assert read(after).data == replaced(TREES[name], field.path, wanted)
    assert outside(after, field.path) == outside(before, field.path)


@given(single_edits())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_edit_changes_exactly_the_meant_value(edit: tuple[str, Any, str]) -> None:
    holds_for(*edit)


@pytest.mark.full
@given(single_edits())
@settings(max_examples=3_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_three_thousand_edits_change_exactly_the_meant_value(edit: tuple[str, Any, str]) -> None:
    holds_for(*edit)


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_put_back_is_the_pack_as_it_was(name: str) -> None:
    """Change and undo, through the forms: the file is what it was, so that Git shows nothing."""
    for make in fields.CARDS.values():
        cards = list(make(TREES[name]))
        sent = {field.name: field.value.replace("\n", "\r\n") for c in cards for field in c.fields}
        assert fields.changes(cards, sent) == {}
    path = ("requirements", 0, "must")
    other = edits.set_value(TEXTS[name], path, "1 = 2")
    assert edits.set_value(other, path, part(TREES[name], path)) == TEXTS[name]


PACK = """\
# a comment
service: bus_pass   # behind a value
parameters:
  adult: {2018-01-01: P18Y, law: 民法典 §17}   # of age
  fee:
    2018-01-01: 5    # first
    # before the words
    law: 本市办法
requirements:
- id: age
  applies: a = "x"   # whom
  must: >
    a or
    b
  law: x
- must: b
  id: other
"""


def test_a_value_is_added_from_a_day_on_in_the_order_of_days() -> None:
    flow = edits.add_key(PACK, ("parameters", "adult", "2026-07-01"), "P16Y")
    assert "adult: {2018-01-01: P18Y, 2026-07-01: P16Y, law: 民法典 §17}   # of age\n" in flow
    block = edits.add_key(PACK, ("parameters", "fee", "2026-07-01"), "6")
    assert "    2018-01-01: 5    # first\n    2026-07-01: 6\n    # before the words\n" in block
    first = edits.add_key(PACK, ("parameters", "fee", "2010-01-01"), "4")
    assert "  fee:\n    2010-01-01: 4\n    2018-01-01: 5    # first\n" in first
    first = edits.add_key(PACK, ("parameters", "adult", "2010-01-01"), "P20Y")
    assert "{2010-01-01: P20Y, 2018-01-01: P18Y, law" in first
    with pytest.raises(EditRefused):
        edits.add_key(PACK, ("parameters", "fee", "2018-01-01"), "6")


def test_a_part_is_taken_away_with_its_own_line_alone() -> None:
    path = ("requirements", 0, "applies")
    assert edits.remove_key(PACK, path) == PACK.replace('  applies: a = "x"   # whom\n', "")
    assert "- id: other\n" in edits.remove_key(PACK, ("requirements", 1, "must"))
    assert "{2018-01-01: P18Y}" in edits.remove_key(PACK, ("parameters", "adult", "law"))
    assert "{law: 民法典 §17}" in edits.remove_key(PACK, ("parameters", "adult", "2018-01-01"))
    for wrong in [("parameters", "adult", "zh"), ("parameters", "x", "y"), ("service", "x")]:
        with pytest.raises(EditRefused):
            edits.remove_key(PACK, wrong)


def test_requirements_are_added_and_taken_away() -> None:
    lines = ["id: new", "must: c"]
    more = edits.add_item(PACK, ("requirements",), 1, lines, {"id": "new", "must": "c"})
    assert more == PACK + "- id: new\n  must: c\n"
    less = edits.remove_item(more, ("requirements", 2))
    assert less == PACK
    assert edits.remove_item(PACK, ("requirements", 1)) == PACK.replace(
        "- must: b\n  id: other\n", ""
    )


def test_line_ends_of_another_system_stay() -> None:
    other = PACK.replace("\n", "\r\n")
    made = edits.set_value(other, ("parameters", "fee", "2018-01-01"), "6")
    assert made == other.replace("2018-01-01: 5 ", "2018-01-01: 6 ")
    made = edits.add_key(other, ("parameters", "fee", "2026-07-01"), "6")
    assert made.replace("    2026-07-01: 6\r\n", "") == other


@pytest.mark.parametrize("value", ["", "\u202e", "\x00", "a\u200bb"])
def test_hidden_and_empty_texts_are_refused(value: str) -> None:
    with pytest.raises(EditRefused):
        edits.set_value(PACK, ("service",), value)
    with pytest.raises(EditRefused):
        edits.add_key(PACK, ("parameters", "fee", "doubt"), value)


def test_a_map_or_list_is_no_value() -> None:
    for path in [("parameters",), ("requirements",), ("requirements", 7, "must")]:
        with pytest.raises(EditRefused):
            edits.set_value(PACK, path, "x")
