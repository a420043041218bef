"""A form from an edition's JSON Schema (draft 2020-12): no code per service. Pure.

``services.pack.form`` says what a pack's form may hold. Blocks (nested objects) become groups, and
each question is named by its JSON pointer. A list of texts without choices is one text a line.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Schema = Mapping[str, Any]
Values = Mapping[str, Any]

LONG = 120  # characters from which a text gets several lines
FEW = 7  # choices that are all shown at once; more become a list
WIDGETS = {  # x-widget of packs: the control that shows it
    "text": "text",
    "address": "text",
    "textarea": "lines",
    "select": "list",
    "radio": "radios",
    "checkbox": "tick",
    "checkboxes": "ticks",
    "date": "date",
}
YES_NO = [("true", {"x-zh": "是", "x-en": "Yes"}), ("false", {"x-zh": "否", "x-en": "No"})]


@dataclass(slots=True)
class Choice:
    value: str
    label: str
    chosen: bool


@dataclass(slots=True)
class Field:
    """One question: ``pointer`` is its name in the form, ``id`` its anchor on the page."""

    pointer: str
    label: str
    hint: str
    widget: str  # text, lines, number, date, tick, yesno, radios, list, ticks
    required: bool
    value: Any = None
    choices: list[Choice] = field(default_factory=list)
    error: str = ""
    fact: str = ""
    declared: bool = False  # to be ticked on the check page, not in the form
    limit: int | None = None
    group: str = ""  # heading, on the first field of a group
    law: str = ""  # why it is asked
    address: bool = False  # a code of the address register

    @property
    def id(self) -> str:
        return "f" + self.pointer.replace("/", "-")

    @property
    def many(self) -> bool:
        """Tell whether the choices need columns."""
        return len(self.choices) > FEW

    @property
    def said_optional(self) -> bool:
        """Tell whether the label itself says that it may be left out."""
        return "选填" in self.label or "optional" in self.label.casefold()

    @property
    def shown(self) -> str:
        """The answer in words, for the check-answers page."""
        if self.choices:
            return "、".join(c.label for c in self.choices if c.chosen)
        return str(self.value or "")

    @property
    def answered(self) -> bool:
        return self.value not in (None, "", [])


def fields(
    schema: Schema,
    values: Values,
    language: str,
    errors: Mapping[str, str] | None = None,
) -> list[Field]:
    """Return the questions of ``schema`` in its order, with answers so far and their errors."""
    errors = errors or {}
    return [
        _field(pointer, node, need, _get(values, pointer), language, errors.get(pointer, ""), group)
        for pointer, node, need, group in _leaves(schema, "", language)
    ]


def parse(schema: Schema, data: Any) -> dict[str, Any]:
    """Return typed answers from a posted form (a QueryDict). What was left empty is left out.

    Values that do not fit their type stay text, so that the schema's own check names them.
    """
    answers: dict[str, Any] = {}
    for pointer, node, _need, _group in _leaves(schema, "", "zh"):
        value = _read(node, data, pointer)
        if value not in (None, "", []):
            _put(answers, pointer, value)
    return answers


def declarations(schema: Schema) -> list[str]:
    """Return the pointers of what must be ticked: they belong beside the submit button."""
    return [
        pointer
        for pointer, node, _need, _group in _leaves(schema, "", "zh")
        if node.get("type") == "boolean" and node.get("const") is True
    ]


def declared(schema: Schema, answers: Values) -> dict[str, Any]:
    """Return ``answers`` as if everything were declared, to check the rest before that page."""
    full = copy.deepcopy(dict(answers))
    for pointer in declarations(schema):
        _put(full, pointer, True)
    return full


def hidden(schema: Schema, values: Values) -> Iterator[tuple[str, str]]:
    """Yield (name, text) pairs that post ``values`` again; declarations are left to be ticked."""
    declared_later = set(declarations(schema))
    for pointer, _node, _need, _group in _leaves(schema, "", "zh"):
        value = None if pointer in declared_later else _get(values, pointer)
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                yield pointer, _text(item)


def _leaves(
    node: Schema, pointer: str, language: str, group: str = ""
) -> Iterator[tuple[str, Schema, bool, str]]:
    required = set(node.get("required", ()))
    for name, child in node.get("properties", {}).items():
        at = f"{pointer}/{name}"
        if child.get("type") == "object" and "properties" in child:
            yield from _leaves(child, at, language, child.get(f"x-{language}", ""))
        else:
            yield at, child, name in required, group
            group = ""


def _field(
    pointer: str, node: Schema, need: bool, value: Any, language: str, error: str, group: str
) -> Field:
    options = _options(node)
    chosen = {_text(v) for v in (value if isinstance(value, list) else [value]) if v is not None}
    if isinstance(value, list) and not options:
        value = "\n".join(_text(v) for v in value)
    return Field(
        pointer=pointer,
        label=_say(node, language) or pointer.rsplit("/", 1)[-1],
        hint=_say(node, language, "hint-") or node.get("x-example", ""),
        widget=_widget(node, options),
        required=need,
        value=value if value is not None else node.get("default"),
        choices=[Choice(v, _say(words, language) or v, v in chosen) for v, words in options],
        error=error,
        fact=node.get("x-prefill", ""),
        declared=node.get("type") == "boolean" and node.get("const") is True,
        limit=node.get("maxLength"),
        group=group,
        law=node.get("x-law", ""),
        address=node.get("x-widget") == "address",
    )


def _say(words: Mapping[str, Any], language: str, kind: str = "") -> str:
    return str(words.get(f"x-{kind}{language}", ""))


def _options(node: Schema) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """Return (value, its labels) of a closed question."""
    source = node.get("items", {}) if node.get("type") == "array" else node
    if "oneOf" in source:
        return [(_text(o["const"]), o) for o in source["oneOf"]]
    if node.get("type") == "boolean" and node.get("const") is None and "x-widget" not in node:
        return YES_NO
    return [(_text(v), {}) for v in source.get("enum", ())]


def _widget(node: Schema, options: Sequence[object]) -> str:
    if node.get("x-widget") in WIDGETS:
        return WIDGETS[node["x-widget"]]
    kind = node.get("type")
    if kind == "array":
        return "ticks" if options else "lines"
    if options:
        return "radios" if len(options) <= FEW else "list"
    if kind == "boolean":
        return "tick"
    if node.get("format") == "date":
        return "date"
    if kind == "integer" or node.get("format") == "decimal":
        return "number"
    return "lines" if (node.get("maxLength") or 0) > LONG else "text"


def _read(node: Schema, data: Any, pointer: str) -> Any:
    kind = node.get("type")
    if kind == "array":
        inner = node.get("items", {}).get("type")
        given = data.getlist(pointer)
        if not _options(node):
            given = [line.strip() for text in given for line in text.splitlines()]
        return [_typed(inner, value) for value in given if value]
    return _typed(kind, (data.get(pointer) or "").strip().replace("\r\n", "\n"))


def _typed(kind: object, value: str) -> Any:
    if kind == "boolean":
        return {"true": True, "false": False}.get(value, value)
    if kind == "integer" and len(value) < 16 and value.isascii():
        return int(value) if value.removeprefix("-").isdigit() else value
    return value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _get(values: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        values = values.get(part) if isinstance(values, Mapping) else None
    return values


def _put(values: dict[str, Any], pointer: str, value: Any) -> None:
    *folders, last = pointer.split("/")[1:]
    for part in folders:
        values = values.setdefault(part, {})
    values[last] = value
