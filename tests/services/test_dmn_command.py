"""``manage.py dmn tck FOLDER`` runs models with their cases, and fails when one fails."""

import pytest
from django.core.management import CommandError, call_command

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="m" name="m" namespace="urn:m">
  <decision id="d" name="double"><variable name="double" typeRef="number"/>
    <informationRequirement><requiredInput href="#i"/></informationRequirement>
    <literalExpression><text>2 * n</text></literalExpression></decision>
  <inputData id="i" name="n"><variable name="n" typeRef="number"/></inputData>
</definitions>
"""
CASES = """<?xml version="1.0" encoding="UTF-8"?>
<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <modelName>m.dmn</modelName>
  <testCase id="001"><inputNode name="n"><value xsi:type="xsd:decimal">21</value></inputNode>
    <resultNode name="double" type="decision"><expected>
      <value xsi:type="xsd:decimal">{expected}</value></expected></resultNode></testCase>
</testCases>
"""


@pytest.fixture
def folder(tmp_path):
    def made(expected):
        (tmp_path / "m.dmn").write_text(MODEL, "utf-8")
        (tmp_path / "m-test-01.xml").write_text(CASES.format(expected=expected), "utf-8")
        return tmp_path

    return made


def test_a_folder_whose_cases_all_pass_succeeds(folder, capsys):
    call_command("dmn", "tck", str(folder(42)))
    assert capsys.readouterr().out.splitlines()[-1] == "tck: 1 of 1"


def test_a_failed_case_is_named_with_its_reason_and_the_command_fails(folder, capsys):
    with pytest.raises(SystemExit):
        call_command("dmn", "tck", str(folder(43)))
    first, *_more, last = capsys.readouterr().out.splitlines()
    assert "001" in first
    assert "43" in first
    assert "42" in first
    assert last == "tck: 0 of 1"


def test_a_folder_that_is_none_is_said_so(tmp_path):
    with pytest.raises(CommandError):
        call_command("dmn", "tck", str(tmp_path / "nothing"))
