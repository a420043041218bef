"""Functions take only arguments in their domain, converted in one step (DMN 1.5, 10.3.2.9.4)."""

from __future__ import annotations

from decimal import Decimal

import pytest

import dmn
from dmn import UNKNOWN
from dmn.model.engine import Engine

NAMESPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"
MODEL = f"""<definitions xmlns="{NAMESPACE}" namespace="urn:t" name="t">
<itemDefinition name="tGrade"><typeRef>string</typeRef>
  <allowedValues><text>"A", "B"</text></allowedValues></itemDefinition>
<inputData id="_x" name="x"><variable name="x"/></inputData>
<inputData id="_n" name="n"><variable name="n" typeRef="number"/></inputData>
<inputData id="_g" name="g"><variable name="g" typeRef="tGrade"/></inputData>
<businessKnowledgeModel id="_ran" name="ran"><variable name="ran"/><encapsulatedLogic>
  <formalParameter name="a" typeRef="number"/>
  <literalExpression><text>"ran"</text></literalExpression></encapsulatedLogic>
</businessKnowledgeModel>
<businessKnowledgeModel id="_wrap" name="wrap"><variable name="wrap" typeRef="number"/>
  <encapsulatedLogic><formalParameter name="a"/>
  <literalExpression><text>[a]</text></literalExpression></encapsulatedLogic>
</businessKnowledgeModel>
<decision id="_inner" name="inner"><variable name="inner"/>
  <informationRequirement><requiredInput href="#_n"/></informationRequirement>
  <literalExpression><text>"served"</text></literalExpression></decision>
<decisionService id="_s" name="serve"><variable name="serve"/>
  <outputDecision href="#_inner"/><inputData href="#_n"/></decisionService>
<decision id="_called" name="called"><variable name="called"/>
  <informationRequirement><requiredInput href="#_x"/></informationRequirement>
  <knowledgeRequirement><requiredKnowledge href="#_ran"/></knowledgeRequirement>
  <literalExpression><text>ran(x)</text></literalExpression></decision>
<decision id="_invoked" name="invoked"><variable name="invoked"/>
  <informationRequirement><requiredInput href="#_x"/></informationRequirement>
  <knowledgeRequirement><requiredKnowledge href="#_ran"/></knowledgeRequirement>
  <invocation><literalExpression><text>ran</text></literalExpression>
    <binding><parameter name="a"/><literalExpression><text>x</text></literalExpression></binding>
  </invocation></decision>
<decision id="_served" name="served"><variable name="served"/>
  <informationRequirement><requiredInput href="#_x"/></informationRequirement>
  <knowledgeRequirement><requiredKnowledge href="#_s"/></knowledgeRequirement>
  <literalExpression><text>serve(x)</text></literalExpression></decision>
<decision id="_wrapped" name="wrapped"><variable name="wrapped"/>
  <informationRequirement><requiredInput href="#_x"/></informationRequirement>
  <knowledgeRequirement><requiredKnowledge href="#_wrap"/></knowledgeRequirement>
  <literalExpression><text>wrap(x)</text></literalExpression></decision>
<decision id="_grades" name="grades"><variable name="grades"/>
  <informationRequirement><requiredInput href="#_x"/></informationRequirement>
  <informationRequirement><requiredInput href="#_g"/></informationRequirement>
  <literalExpression><text>[x instance of tGrade, [x] instance of list&lt;tGrade&gt;,
    (function(p: tGrade) "ran")(x), g]</text></literalExpression></decision>
</definitions>"""


@pytest.mark.parametrize("name", ["called", "invoked", "served"])
@pytest.mark.parametrize(
    ("value", "runs"),
    [
        (Decimal(4), True),
        ([Decimal(4)], True),
        (None, True),
        ("x", False),
        ([[Decimal(4)]], False),
        ([Decimal(4), Decimal(5)], False),
        ([], False),
        ({"a": Decimal(4)}, False),
    ],
)
def test_the_body_is_not_called_with_an_argument_outside_its_domain(name, value, runs):
    wanted = ("served" if name == "served" else "ran") if runs else None
    assert Engine(dmn.read_model(MODEL)).decide(name, {"x": value}) == wanted


@pytest.mark.parametrize("name", ["called", "invoked", "served"])
def test_an_argument_that_nobody_gave_may_yet_be_outside_the_domain(name):
    assert Engine(dmn.read_model(MODEL)).decide(name, {"x": UNKNOWN}) is UNKNOWN


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(Decimal(7), Decimal(7)), ([Decimal(7)], None), (None, None), ("a", None)],
)
def test_what_a_function_gives_is_opened_once(value, wanted):
    assert Engine(dmn.read_model(MODEL)).decide("wrapped", {"x": value}) == wanted


def test_the_type_of_a_value_is_its_structure_and_its_allowed_values_bind_variables():
    run = Engine(dmn.read_model(MODEL))
    assert run.decide("grades", {"x": "A", "g": "A"}) == [True, True, "ran", "A"]
    assert run.decide("grades", {"x": "C", "g": "C"}) == [True, True, None, None]
    assert run.decide("grades", {"x": Decimal(1), "g": "B"}) == [False, False, None, "B"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('(function(n: number) "ran")("x")', "null"),
        ('(function(n: number) "ran")(null)', '"ran"'),
        ("(function(n: number) n)([4])", "4"),
        ("(function(n: number) n)([[4]])", "null"),
        ("(function(n: number) n)([[[4]]])", "null"),
        ("(function(n: list<number>) n)(4)", "[4]"),
        ("(function(n: list<list<number>>) n)(4)", "null"),
        ("(function(n: list<list<number>>) n)([[4]])", "[[4]]"),
        ('(function(a: number, b: string) "ran")(1, 2)', "null"),
        ('(function(a: number, b: string) "ran")(b: "x", a: 1)', '"ran"'),
        ('(function(c: context<a: number>) "ran")({a: "x"})', "null"),
        ("abs([-4])", "4"),
        ("abs([[-4]])", "null"),
        ('string length(["abc"])', "3"),
        ('string length([["abc"]])', "null"),
    ],
)
def test_arguments_in_expressions(text, expected):
    assert dmn.to_feel(dmn.compile(dmn.parse(text), missing=None)({})) == expected


def test_one_argument_outside_the_domain_decides_over_one_that_is_unknown():
    run = dmn.compile(dmn.parse('(function(a: number, b: string) "ran")(u, 2)', names=["u"]))
    assert run({"u": UNKNOWN}) is None
