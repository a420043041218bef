"""Rare borders of models and of the conformance runner, after DMN 1.5, 8.2 and 10.4."""

from __future__ import annotations

import io
import sys
from decimal import Decimal

import pytest

import dmn
import dmn.tck
from dmn.model.engine import Engine

NAMESPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"
COLOURS = f"""<definitions xmlns="{NAMESPACE}" namespace="urn:t" name="t">
<inputData id="_x" name="x"><variable name="x"/></inputData>
<decision id="_d" name="d"><variable name="d"/>
  <informationRequirement><requiredInput href="#_x"/></informationRequirement>
  <decisionTable hitPolicy="FIRST">
    <input><inputExpression><text>x</text></inputExpression>
      <inputValues><text>"red", "green"</text></inputValues></input>
    <output name="r"/>
    <rule><inputEntry><text>list contains(?, "red")</text></inputEntry>
      <outputEntry><text>"warm"</text></outputEntry></rule>
    <rule><inputEntry><text>-</text></inputEntry>
      <outputEntry><text>"cold"</text></outputEntry></rule>
  </decisionTable></decision></definitions>"""
SUM = f"""<definitions xmlns="{NAMESPACE}" namespace="urn:t" name="t">
<businessKnowledgeModel id="_s" name="s"><variable name="s"/><encapsulatedLogic>
  <formalParameter name="n"/>
  <literalExpression><text>if n = 0 then 0 else n + s(n - 1)</text></literalExpression>
</encapsulatedLogic></businessKnowledgeModel>
<decision id="_d" name="d"><variable name="d"/>
  <knowledgeRequirement><requiredKnowledge href="#_s"/></knowledgeRequirement>
  <literalExpression><text>s(400)</text></literalExpression></decision></definitions>"""
CASES = """<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xmlns:xsd="http://www.w3.org/2001/XMLSchema"><modelName>sum.dmn</modelName>
<testCase id="1"><resultNode name="d"><expected><value xsi:type="xsd:decimal">80200</value>
</expected></resultNode></testCase></testCases>"""


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (["red", "green"], "warm"),
        (["green"], "cold"),
        ([], "cold"),
        (["green", "blue"], None),
        ("blue", None),
        (None, None),
    ],
)
def test_the_values_of_an_input_column_bind_each_item_of_a_list(value: object, wanted: object):
    assert dmn.decide(dmn.read_model(COLOURS), "d", {"x": value}) == wanted


def test_an_unknown_item_leaves_the_list_open():
    found = dmn.decide(dmn.read_model(COLOURS), "d", {"x": ["green", dmn.UNKNOWN]})
    assert found is dmn.UNKNOWN


def test_a_suite_may_recurse_deeper_than_a_service(tmp_path):
    (tmp_path / "sum.dmn").write_text(SUM, "utf-8")
    (tmp_path / "sum-test-01.xml").write_text(CASES, "utf-8")
    before = sys.getrecursionlimit()
    assert dmn.tck.run(tmp_path, io.StringIO()) == (1, 1)
    assert sys.getrecursionlimit() == before


DOTTED = f"""<definitions xmlns="{NAMESPACE}" namespace="urn:t" name="t">
<itemDefinition name="tCar"><itemComponent name="Age"><typeRef>number</typeRef></itemComponent>
</itemDefinition>
<inputData id="_car" name="Car"><variable name="Car" typeRef="tCar"/></inputData>
<inputData id="_a" name="a"><variable name="a"/></inputData>
<inputData id="_b" name="b"><variable name="b"/></inputData>
<inputData id="_ab" name="a-b"><variable name="a-b"/></inputData>
<businessKnowledgeModel id="_f" name="f"><variable name="f"/><encapsulatedLogic>
  <formalParameter name="Car.Age"/><formalParameter name="b-a"/>
  <literalExpression><text>Car.Age + 1</text></literalExpression></encapsulatedLogic>
</businessKnowledgeModel>
<decision id="_bound" name="bound"><variable name="bound"/>
  <informationRequirement><requiredInput href="#_car"/></informationRequirement>
  <knowledgeRequirement><requiredKnowledge href="#_f"/></knowledgeRequirement>
  <invocation><literalExpression><text>f</text></literalExpression>
    <binding><parameter name="Car.Age"/>
      <literalExpression><text>Car.Age</text></literalExpression></binding>
    <binding><parameter name="b-a"/><literalExpression><text>0</text></literalExpression></binding>
  </invocation></decision>
<decision id="_named" name="named"><variable name="named"/>
  <informationRequirement><requiredInput href="#_car"/></informationRequirement>
  <knowledgeRequirement><requiredKnowledge href="#_f"/></knowledgeRequirement>
  <literalExpression><text>f(b-a: 0, Car.Age: Car.Age)</text></literalExpression></decision>
<decision id="_plain" name="plain"><variable name="plain"/>
  <informationRequirement><requiredInput href="#_car"/></informationRequirement>
  <literalExpression><text>Car.Age</text></literalExpression></decision>
<decision id="_minus" name="minus"><variable name="minus"/>
  <informationRequirement><requiredInput href="#_a"/></informationRequirement>
  <informationRequirement><requiredInput href="#_b"/></informationRequirement>
  <literalExpression><text>[a-b, b-a]</text></literalExpression></decision>
<decision id="_one" name="one"><variable name="one"/>
  <informationRequirement><requiredInput href="#_ab"/></informationRequirement>
  <literalExpression><text>a-b</text></literalExpression></decision>
<decision id="_entries" name="entries"><variable name="entries"/>
  <informationRequirement><requiredInput href="#_car"/></informationRequirement>
  <context><contextEntry><variable name="g"/><functionDefinition>
      <formalParameter name="Car.Age"/>
      <literalExpression><text>Car.Age * 2</text></literalExpression></functionDefinition>
    </contextEntry>
    <contextEntry><literalExpression><text>[g(10), Car.Age]</text></literalExpression>
    </contextEntry></context></decision>
</definitions>"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bound", "5"),
        ("named", "5"),
        ("plain", "4"),
        ("minus", "[5, -5]"),
        ("one", "7"),
        ("entries", "[20, 4]"),
    ],
)
def test_a_name_is_known_where_it_is_in_scope_and_nowhere_else(name: str, expected: str):
    numbers = {"a": Decimal(9), "b": Decimal(4), "a-b": Decimal(7)}
    engine = Engine(dmn.read_model(DOTTED))
    assert engine.faults == []
    assert dmn.to_feel(engine.decide(name, {"Car": {"Age": Decimal(4)}, **numbers})) == expected
