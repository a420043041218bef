"""RFC 8785 under our restriction, and what has no place in a signed document."""

import datetime as dt
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import canonical

VALUES = st.recursive(
    st.none() | st.booleans() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_the_strings_and_literals_of_rfc_8785_section_3_2() -> None:
    value = {
        "string": "€$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    expected = r'{"literals":[null,true,false],"string":"€$\u000f\nA' + "'" + r'B\"\\\\\"/"}'
    assert canonical.dumps(value) == expected.encode()


def test_keys_are_sorted_at_every_level_and_controls_escaped_as_the_rfc_says() -> None:
    value = {"b": {"z": "\b\t\n\f\r\x00\x1f\x7f", "a": []}, "a": "", "B": {}, "1": None}
    assert (
        canonical.dumps(value)
        == b'{"1":null,"B":{},"a":"","b":{"a":[],"z":"\\b\\t\\n\\f\\r\\u0000\\u001f\x7f"}}'
    )


@given(VALUES)
@settings(deadline=None, max_examples=200)
def test_the_standard_library_agrees_and_reading_gives_the_value_back(value: object) -> None:
    plain = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert canonical.dumps(value) == plain.encode()
    assert canonical.loads(canonical.dumps(value)) == value


def nested(depth: int) -> object:
    value: object = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        1,
        1.5,
        float("nan"),
        {"a": 1},
        {"a": [dt.date(2026, 1, 1)]},
        {1: "a"},
        {"中": "a"},
        {"a": b"x"},
        {"a": {"b"}},
        "\ud800",
        {"a": "\udfff"},
        nested(5_000),
    ],
)
def test_numbers_dates_odd_keys_and_broken_text_are_refused(value: object) -> None:
    with pytest.raises(canonical.NotCanonical):
        canonical.dumps(value)


@pytest.mark.parametrize(
    "data",
    [
        b'{"b":"","a":""}',
        b'{"a": ""}',
        b'{"a":"","a":""}',
        b'{"a":1}',
        b'"\\u20ac"',
        b'"a\\/b"',
        b"{",
        b"\xff",
        b'\xef\xbb\xbf""',
        b"[" * 10_000,
        b"[" * 600 + b"]" * 600,
    ],
)
def test_json_in_another_spelling_is_refused(data: bytes) -> None:
    with pytest.raises(canonical.NotCanonical):
        canonical.loads(data)


def test_what_never_ends_is_refused() -> None:
    endless: list[object] = []
    endless.append({"again": endless})
    with pytest.raises(canonical.NotCanonical):
        canonical.dumps(endless)
