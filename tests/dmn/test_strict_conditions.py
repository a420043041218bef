"""Filters and boxed forms want true, false or null of their conditions; anything else gives null.

The text forms of `if`, `some` and `every` take what is no boolean as DMN 1.5 words it: `if` goes on
to `else` (table 53), and `some` and `every` are chains of `or` and `and` (10.3.2.14).
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dmn
from dmn import UNKNOWN
from dmn.operators.comparison import same
from dmn.values import has_unknown

NAMESPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"
HEAD = f"""<definitions xmlns="{NAMESPACE}" namespace="urn:t" name="t">
<inputData id="_u" name="u"><variable name="u"/></inputData>
<decision id="_d" name="d"><variable name="d"/>
<informationRequirement><requiredInput href="#_u"/></informationRequirement>"""


def text(expression: str) -> str:
    escaped = expression.replace("<", "&lt;")
    return f"<literalExpression><text>{escaped}</text></literalExpression>"


def decide(box: str, u: object = None) -> object:
    model = dmn.read_model(f"{HEAD}{box}</decision></definitions>")
    return dmn.decide(model, "d", {"u": u})


def conditional(condition: str, then: str = '"then"', otherwise: str = '"else"') -> str:
    parts = (("if", condition), ("then", then), ("else", otherwise))
    return f"<conditional>{''.join(f'<{n}>{text(x)}</{n}>' for n, x in parts)}</conditional>"


def quantified(kind: str, domain: str, body: str) -> str:
    return (
        f'<{kind} iteratorVariable="v"><in>{text(domain)}</in>'
        f"<satisfies>{text(body)}</satisfies></{kind}>"
    )


def filtered(domain: str, match: str) -> str:
    return f"<filter><in>{text(domain)}</in><match>{text(match)}</match></filter>"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('["a", "b"][{k: 1}]', "null"),
        ('["a", "b"]["x"]', "null"),
        ('[1, 5, 9][if item < 6 then true else "many"]', "null"),
        ("[1, 5, 9][if item < 6 then true else null]", "[1, 5]"),
        ("[1, 5, 9][if item < 6 then true else 7]", "null"),
        ("[1, 5, 9][if item < 6 then true else [true]]", "null"),
        ("[1, null, 9][item < 6]", "[1]"),
        ("[1, 5, 9][null]", "[]"),
        ("[1, 5, 9][true]", "[1, 5, 9]"),
        ("[1, 5, 9][2]", "5"),
        ("[][item > 3]", "[]"),
        ('"a"["x"]', "null"),
        ('if "x" then 1 else 2', "2"),
        ('some v in [1, 2] satisfies if v = 2 then true else "z"', "true"),
        ('every v in [1, 2] satisfies if v = 2 then false else "z"', "false"),
    ],
)
def test_conditions_in_texts(expression: str, expected: str):
    found = dmn.compile(dmn.parse(expression), missing=None)({})
    assert dmn.to_feel(found) == expected


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (conditional("true"), "then"),
        (conditional("false"), "else"),
        (conditional("null"), "else"),
        (conditional("5"), None),
        (conditional('"true"'), None),
        (conditional("1"), None),
        (conditional("1 > 2"), "else"),
        (quantified("some", "[1, 2]", "v = 2"), True),
        (quantified("some", "[1, 2]", 'if v = 2 then true else "z"'), None),
        (quantified("some", "[2, 1]", 'if v = 2 then true else "z"'), None),
        (quantified("some", "[1, 2]", "if v = 2 then true else null"), True),
        (quantified("some", "[1, 2]", "v"), None),
        (quantified("every", "[1, 2]", 'if v = 2 then false else "z"'), None),
        (quantified("every", "[1, 2]", "if v = 2 then true else null"), None),
        (quantified("every", "[1, 2]", "v > 0"), True),
        (quantified("every", "[]", '"z"'), True),
        (quantified("some", "[]", '"z"'), False),
        (quantified("every", "1..3", "if v > 2 then 0 else true"), None),
        (filtered('["a", "b"]', '"x"'), None),
        (filtered("[1, 5, 9]", "item < 6"), [Decimal(1), Decimal(5)]),
    ],
)
def test_conditions_in_boxes(box: str, expected: object):
    assert decide(box) == expected


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (conditional("u"), UNKNOWN),
        (conditional("u", "1", "1"), UNKNOWN),  # u may turn out to be 5
        (conditional("u > 3", "1", "1"), Decimal(1)),
        (conditional("u", "null", "null"), None),
        (quantified("some", "[true, u]", "v"), UNKNOWN),  # u may turn out to be no boolean
        (quantified("some", "[true, u]", "v = true"), True),
        (quantified("every", "[false, u]", "v"), UNKNOWN),
        (quantified("every", '["z", u]', "v"), None),
        (quantified("every", "u", "v"), UNKNOWN),
    ],
)
def test_unknown_conditions_in_boxes(box: str, expected: object):
    found = decide(box, UNKNOWN)
    assert found is expected or found == expected


PARTS = st.sampled_from(["true", "false", "null", '"z"', "5", "u", "v", "u > 1", "v = true"])
ITEMS = st.lists(st.sampled_from(["true", "false", "null", "1", '"a"', "u"]), max_size=3)
BOXES = st.one_of(
    st.builds(conditional, PARTS, st.sampled_from("12"), st.sampled_from("12")),
    st.builds(lambda kind, items, body: quantified(kind, f"[{', '.join(items)}]", body),
              st.sampled_from(["some", "every"]), ITEMS, PARTS),
    st.builds(lambda items, body: filtered(f"[{', '.join(items)}]", body), ITEMS,
              st.sampled_from(["item", "item = true", "u", "u > 1", '"z"', "true", "null",
                               'if item = true then true else "z"'])),
)  # fmt: skip
ANY = st.sampled_from([None, True, False, Decimal(1), Decimal(2), "a", [], [True]])


@settings(max_examples=300, deadline=None)
@given(BOXES, st.data())
def test_a_box_that_is_decided_is_so_for_every_completion(box: str, data: st.DataObject):
    found = decide(box, UNKNOWN)
    if not has_unknown(found):
        for _ in range(4):
            u = data.draw(ANY)
            assert same(decide(box, u), found), (box, u)
