"""Questions that depend on answers: ``if``/``then``/``else`` and ``dependentRequired``. Pure.

A form says it as JSON Schema does, at its top or in each part of ``allOf``::

    if: {properties: {kind: {const: company}}, required: [kind]}
    then: {properties: {capital: true, investors: true}}
    else: {properties: {parent: true}, required: [parent]}

A question that some branch names is asked only where a branch that applies names it, in
``properties`` (asked) or ``required`` (must be answered). ``false`` forbids an answer. What a form
demands is checked by JSON Schema itself; ``applied`` is for whoever shows the form. There a
question that is asked because a branch names it has ``x-asked``: it is wanted, though perhaps by
the rules alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs
import orjson

from services.pack.formats import compiled

BRANCHES = ("if", "then", "else")
ASKED = "x-asked"  # of a question, in what ``applied`` returns
WORDS = {*BRANCHES, "allOf", "dependentRequired"}  # that the form itself may have besides


def applied(form: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The form with the questions that these answers leave to be asked; ``required`` likewise."""
    parts = list(_parts(form))
    dependent = {
        name
        for answered, names in form.get("dependentRequired", {}).items()
        if answers.get(answered) not in (None, "", [])
        for name in names
    }
    if not parts and not dependent:
        return dict(form)
    must = set(form.get("required", ()))
    named, asked, forbidden = set[str](), set[str](), set[str]()
    for part in parts:
        for word in ("then", "else"):
            named |= _named(part.get(word, {}))
        branch = part.get("then" if _holds(part["if"], answers) else "else", {})
        asked |= _named(branch)
        must |= set(branch.get("required", ()))
        forbidden |= {n for n, allowed in branch.get("properties", {}).items() if allowed is False}
    base = set(form.get("required", ()))
    properties = {
        name: {**node, ASKED: True} if name in asked else node
        for name, node in form["properties"].items()
        if name not in forbidden and (name not in named - base or name in asked)
    }
    required = [name for name in properties if name in must | dependent]
    return {**form, "properties": properties, "required": required}


def _parts(form: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for part in (form, *form.get("allOf", ())):
        if "if" in part:
            yield part


def _named(branch: Mapping[str, Any]) -> set[str]:
    allowed = {name for name, value in branch.get("properties", {}).items() if value is True}
    return allowed | set(branch.get("required", ()))


def _holds(condition: Mapping[str, Any], answers: Mapping[str, Any]) -> bool:
    return _validator(orjson.dumps(condition)).is_valid(dict(answers))


@lru_cache(maxsize=256)
def _validator(condition: bytes) -> jsonschema_rs.Draft202012Validator:
    return compiled(orjson.loads(condition))


def faults(form: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """What a form's conditions may not be: where, in Chinese, in English."""
    properties = form.get("properties", {})
    for place, part in _places(form):
        if not isinstance(part, dict) or not set(part) <= {*BRANCHES} or "if" not in part:
            if place:
                yield place, "allOf 的每项应为 if、then、else", "allOf holds if, then and else only"
            continue
        yield from _condition((*place, "if"), part["if"], properties)
        for word in ("then", "else"):
            yield from _branch((*place, word), part.get(word, {}), properties)
    for answered, names in form.get("dependentRequired", {}).items():
        for name in (answered, *names):
            if name not in properties:
                zh, en = f"表单中没有 {name}", f"the form has no {name}"
                yield ("dependentRequired", answered), zh, en


def _places(form: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if set(form) & {*BRANCHES}:
        yield (), {word: form[word] for word in BRANCHES if word in form}
        if "if" not in form:
            return
    for number, part in enumerate(form.get("allOf", ())):
        yield ("allOf", number), part


def _condition(
    place: tuple[str | int, ...], node: Any, properties: Mapping[str, Any]
) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """A condition compares answers of the form with values, and may want them answered."""
    if not isinstance(node, dict) or not set(node) <= {"properties", "required"}:
        yield place, "if 只能有 properties 和 required", "if has properties and required only"
        return
    for name, test in node.get("properties", {}).items():
        if name not in properties:
            yield (*place, "properties", name), f"表单中没有 {name}", f"the form has no {name}"
        if not isinstance(test, dict) or not set(test) <= {"const", "enum", "contains"}:
            zh, en = "条件只能是 const、enum 或 contains", "a condition is const, enum or contains"
            yield (*place, "properties", name), zh, en


def _branch(
    place: tuple[str | int, ...], node: Any, properties: Mapping[str, Any]
) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    if not isinstance(node, dict) or not set(node) <= {"properties", "required"}:
        zh, en = "只能有 properties 和 required", "has properties and required only"
        yield place, zh, en
        return
    for name, allowed in node.get("properties", {}).items():
        if not isinstance(allowed, bool):
            yield (*place, "properties", name), "只能写 true 或 false", "write true or false"
    for name in (*node.get("properties", {}), *node.get("required", ())):
        if name not in properties:
            yield place, f"表单中没有 {name}", f"the form has no {name}"
