"""Our own conformance cases, written from the standard, in the TCK's format."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import dmn.tck.runner

CASES = Path(__file__).parent / "tck"


def test_all_of_our_cases_pass():
    out = io.StringIO()
    passed, total = dmn.tck.run(CASES, out)
    assert total >= 700  # cases, some of several results
    assert passed == total, out.getvalue()
    assert out.getvalue().splitlines()[-1] == f"tck: {total} of {total}"


def test_a_failed_case_is_printed_with_its_reason(tmp_path):
    folder = tmp_path / "compliance-level-2" / "0001-greeting"
    shutil.copytree(CASES / "compliance-level-2" / "0001-greeting", folder)
    file = folder / "0001-greeting-test-01.xml"
    file.write_text(file.read_text("utf-8").replace("Hello Li Lei", "Hello Han Mei"), "utf-8")
    out = io.StringIO()
    assert dmn.tck.run(tmp_path, out) == (1, 2)
    lines = out.getvalue().splitlines()
    assert 'expected "Hello Han Mei", got "Hello Li Lei"' in lines[0]
    assert lines[-1] == "tck: 1 of 2"


def test_a_model_that_cannot_be_read_fails_its_cases_and_not_the_run(tmp_path):
    shutil.copytree(CASES, tmp_path / "tck")
    next((tmp_path / "tck").rglob("0001-greeting.dmn")).write_text("<unreadable_text", "utf-8")
    out = io.StringIO()
    passed, total = dmn.tck.run(tmp_path / "tck", out)
    assert passed == total - 2
    assert "XML" in out.getvalue().splitlines()[0]


def test_a_fault_in_preparing_one_model_does_not_end_the_run(tmp_path, monkeypatch):
    shutil.copytree(CASES, tmp_path / "tck")
    usual = dmn.tck.runner.Engine

    def engine(model, *rest, **named):
        if model.name == "greeting":
            raise KeyError("a fault nobody thought of")
        return usual(model, *rest, **named)

    monkeypatch.setattr(dmn.tck.runner, "Engine", engine)
    out = io.StringIO()
    passed, total = dmn.tck.run(tmp_path / "tck", out)
    assert passed == total - 2
    assert "a fault nobody thought of" in out.getvalue()
