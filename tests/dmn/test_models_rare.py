"""Rare borders of models and of the conformance runner, after DMN 1.5, 8.2 and 10.4."""

from __future__ import annotations

import io
import sys

import pytest

import dmn
import dmn.tck

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
