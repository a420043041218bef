"""A reader made for a type reads and refuses what `from_json` does, with the same words."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dmn import types as t
from dmn.errors import FeelTypeError
from dmn.values import from_json
from dmn.values.json_reader import json_reader

EXAMPLES = 300 if os.environ.get("MIAOPI_FULL") else 100
RECORD = t.context_of(name=t.STRING, ended=t.DATE, points=t.NUMBER)
KINDS = [
    *(t.STRING, t.NUMBER, t.BOOLEAN, t.DATE, t.TIME, t.DATE_TIME, t.DAYS_TIME, t.YEARS_MONTHS),
    *(t.ANY, t.enumeration(t.STRING, "valid", "expired"), t.enumeration(t.NUMBER, 1)),
    *(RECORD, t.list_of(t.STRING), t.list_of(RECORD), t.list_of(t.list_of(t.NUMBER))),
]
TEXT = st.one_of(
    st.text(max_size=12),
    st.text("0123456789-.", max_size=12),
    st.from_regex(r"[0-9]{4}-(0[1-9]|1[0-2])-[0-9]{2}", fullmatch=True),
    st.from_regex(r"-?[0-9]{1,40}(\.[0-9]{1,40})?", fullmatch=True),
    st.sampled_from(["valid", "expired", "2026-W05-6", "20260131", "0000-01-01", "2026-02-29"]),
    st.sampled_from(["P1Y", "P3D", "12:30:00", "2026-01-31T08:00:00Z", "-0", "00", "٣", "1e3"]),
)
SCALAR = st.one_of(TEXT, st.none(), st.booleans(), st.integers(), st.floats())
OBJECT = st.dictionaries(st.sampled_from(["name", "ended", "points", "else"]), SCALAR)
VALUE = st.recursive(st.one_of(SCALAR, OBJECT), lambda part: st.lists(part, max_size=3))


class Text(str):
    """Text of a subclass, as a parser of files may give."""


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_it_reads_what_from_json_reads_and_refuses_what_that_refuses(kind: t.Type) -> None:
    read = json_reader(kind)

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(VALUE)
    @example([{"name": "a", "ended": "2026-01-31", "points": "12"}, {"name": None}])
    @example([{"name": "a", "else": "b"}])
    @example("9" * 35)
    @example("2026-01-3\ud800")
    @example(Text("valid"))
    def check(value: object) -> None:
        assert outcome(lambda: read(value)) == outcome(lambda: from_json(value, kind))

    check()


def test_a_fact_is_written_in_one_form_only():
    with pytest.raises(FeelTypeError):
        from_json("2026-01-30T24:00:00Z", t.DATE_TIME)  # an expression may write it so
    assert from_json("PT24H", t.DAYS_TIME) == timedelta(days=1)


def outcome(run: object) -> tuple[object, ...]:
    try:
        found = run()  # type: ignore[operator]
    except FeelTypeError as error:
        return error.code, error.zh, error.en
    return found, found.__class__, repr(found)
