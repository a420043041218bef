"""DMN XML: every version is read, 1.5 is written, and nothing is lost on the way."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import dmn
from dmn.model.xml_read import VERSIONS

MODELS = sorted((Path(__file__).parent / "tck").rglob("*.dmn"))


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_what_is_written_reads_back_as_the_same_model(path):
    model = dmn.read_model(path.read_bytes())
    assert model.elements
    written = dmn.write_model(model)
    again = dmn.read_model(written)
    assert (again.types, again.elements) == (model.types, model.elements)
    assert dmn.write_model(again) == written


@pytest.mark.parametrize("namespace", VERSIONS)
def test_every_version_is_read(namespace):
    model = dmn.read_model(
        f'<definitions xmlns="{namespace}" name="m" namespace="n">'
        '<decision id="d" name="answer"><variable name="answer" typeRef="number"/>'
        "<literalExpression><text>6 * 7</text></literalExpression></decision></definitions>"
    )
    assert dmn.decide(model, "answer", {}) == 42


def test_decisions_are_found_by_name_and_missing_ones_refused():
    model = dmn.read_model(MODELS[0].read_bytes())
    with pytest.raises(dmn.FeelModelError) as caught:
        dmn.decide(model, "no such decision", {})
    assert caught.value.code == "model.name"


def test_texts_that_cannot_be_read_are_listed_as_faults():
    path = next(path for path in MODELS if path.stem == "1004-types")
    engine = dmn.Engine(dmn.read_model(path.read_bytes()))
    assert any("1 +" in fault for fault in engine.faults)


def test_unknown_inputs_stay_unknown_through_a_model():
    path = next(path for path in MODELS if path.stem == "0002-fee")
    engine = dmn.Engine(dmn.read_model(path.read_bytes()), missing=dmn.UNKNOWN)
    assert engine.decide("doubled", {"permit": "valid"}) == 0
    assert engine.decide("doubled", {"permit": "expired"}) is dmn.UNKNOWN


def test_a_model_of_many_names_with_hyphens_is_ready_at_once():
    head = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="m" namespace="n">'
    )
    decisions = "".join(
        f'<decision id="d{i}" name="a-b {i}"><variable name="a-b {i}"/><context><contextEntry>'
        f'<variable name="r-{i}"/><literalExpression><text>{i}</text></literalExpression>'
        f"</contextEntry><contextEntry><literalExpression><text>r-{i} + 1</text>"
        "</literalExpression></contextEntry></context></decision>"
        for i in range(300)
    )
    started = time.perf_counter()
    model = dmn.read_model(f"{head}{decisions}</definitions>")
    assert dmn.decide(model, "a-b 299", {}) == 300
    assert time.perf_counter() - started < 10  # it took minutes when every name was sought
