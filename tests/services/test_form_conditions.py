"""Questions that depend on answers, said by JSON Schema and checked by it."""

from typing import Any

import pytest

from services.pack import conditions
from services.pack.formats import compiled

TEXT = {"type": "string", "maxLength": 9, "x-zh": "甲", "x-en": "A"}
FORM: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["kind"],
    "properties": {
        "kind": {"type": "string", "enum": ["company", "branch"], "x-zh": "型", "x-en": "Kind"},
        "capital": TEXT,
        "parent": TEXT,
        "phone": TEXT,
        "who": TEXT,
    },
    "allOf": [
        {
            "if": {"properties": {"kind": {"const": "branch"}}, "required": ["kind"]},
            "then": {"properties": {"capital": False}, "required": ["parent"]},
            "else": {"properties": {"capital": True}},
        }
    ],
    "dependentRequired": {"phone": ["who"]},
}


@pytest.mark.parametrize(
    ("answers", "asked", "required"),
    [
        ({}, {"kind", "capital", "phone", "who"}, {"kind"}),
        ({"kind": "company"}, {"kind", "capital", "phone", "who"}, {"kind"}),
        ({"kind": "branch"}, {"kind", "parent", "phone", "who"}, {"kind", "parent"}),
        ({"phone": "1"}, {"kind", "capital", "phone", "who"}, {"kind", "who"}),
        ({"phone": ""}, {"kind", "capital", "phone", "who"}, {"kind"}),
    ],
)
def test_what_is_asked_follows_from_the_answers(
    answers: dict[str, Any], asked: set[str], required: set[str]
) -> None:
    form = conditions.applied(FORM, answers)
    assert set(form["properties"]) == asked
    assert set(form["required"]) == required
    wanted = {name for name, node in form["properties"].items() if conditions.ASKED in node}
    assert wanted == asked & {"capital", "parent"}


@pytest.mark.parametrize(
    ("answers", "fits"),
    [
        ({"kind": "company"}, True),
        ({"kind": "branch"}, False),
        ({"kind": "branch", "parent": "p"}, True),
        ({"kind": "branch", "parent": "p", "capital": "1"}, False),
        ({"kind": "company", "phone": "1"}, False),
        ({"kind": "company", "phone": "1", "who": "w"}, True),
    ],
)
def test_the_schema_itself_demands_the_same(answers: dict[str, Any], fits: bool) -> None:
    """Whoever fills in what is asked, and all that is required, is taken; nobody else."""
    assert compiled(FORM).is_valid(answers) is fits


def test_a_form_without_conditions_stays_as_it_is() -> None:
    plain = {k: v for k, v in FORM.items() if k not in conditions.WORDS}
    assert conditions.applied(plain, {"kind": "branch"}) == plain
    assert not list(conditions.faults(plain)) and not list(conditions.faults(FORM))


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"allOf": [{"if": {"properties": {"nobody": {"const": 1}}}}]}, "nobody"),
        ({"allOf": [{"then": {"required": ["parent"]}}]}, "allOf"),
        ({"allOf": [{"if": {"not": {}}}]}, "if"),
        ({"if": {"properties": {"kind": {"minLength": 3}}}}, "const"),
        ({"if": {}, "then": {"properties": {"parent": {"maxLength": 3}}}}, "true or false"),
        ({"if": {}, "else": {"required": ["nobody"]}}, "nobody"),
        ({"dependentRequired": {"nobody": ["kind"]}}, "nobody"),
        ({"dependentRequired": {"kind": ["nobody"]}}, "nobody"),
    ],
)
def test_a_condition_that_no_form_could_show_is_a_fault(change: dict[str, Any], where: str) -> None:
    found = list(conditions.faults({**FORM, **change}))
    assert any(where in en for _place, _zh, en in found), found
