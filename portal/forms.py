"""A form from an edition's JSON Schema (draft 2020-12): no code per service.

Pure. Labels are ``x-zh``/``x-en``, hints ``x-hint-zh``/``x-hint-en``, ``x-widget`` overrules the
choice of control, and ``x-prefill`` names the fact that fills an answer. Choices are ``enum`` with
``x-labels`` ({value: {zh, en}}), or ``oneOf``/``anyOf`` of ``{const, x-zh, x-en}``.
An object becomes a group; its fields are named by their JSON pointers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Schema = Mapping[str, Any]
Values = Mapping[str, Any]

TRUE = "true"
LONG = 120  # characters from which a text gets several lines
FEW = 7  # choices that are all shown at once; more become a list


@dataclass(slots=True)
class Choice:
    value: str
    label: str
    hint: str
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
    limit: int | None = None
    group: str = ""  # heading, on the first field of a group

    @property
    def id(self) -> str:
        return "f" + self.pointer.replace("/", "-")

    @property
    def shown(self) -> str:
        """The answer in words, for the check-answers page."""
        if self.choices:
            return "、".join(c.label for c in self.choices if c.chosen)
        return str(self.value or "")


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


def hidden(schema: Schema, values: Values) -> Iterator[tuple[str, str]]:
    """Yield (name, text) pairs that post ``values`` again, so that ``parse`` returns them."""
    for pointer, _node, _need, _group in _leaves(schema, "", "zh"):
        value = _get(values, pointer)
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
    return Field(
        pointer=pointer,
        label=_say(node, language) or pointer.rsplit("/", 1)[-1],
        hint=_say(node, language, "hint-"),
        widget=_widget(node, options),
        required=need,
        value=value if value is not None else node.get("default"),
        choices=[
            Choice(v, _say(words, language) or v, _say(words, language, "hint-"), v in chosen)
            for v, words in options
        ],
        error=error,
        fact=node.get("x-prefill", ""),
        limit=node.get("maxLength"),
        group=group,
    )


def _say(words: Mapping[str, Any], language: str, kind: str = "") -> str:
    """Return the text of ``words`` in a language, whichever of the two spellings it uses."""
    return words.get(f"x-{kind}{language}") or (words.get(language, "") if not kind else "")


def _options(node: Schema) -> Sequence[tuple[str, Mapping[str, Any]]]:
    source = node.get("items", {}) if node.get("type") == "array" else node
    for key in ("oneOf", "anyOf"):
        if all("const" in o for o in source.get(key, ())) and source.get(key):
            return [(_text(o["const"]), o) for o in source[key]]
    labels = source.get("x-labels") or node.get("x-labels") or {}
    return [(_text(v), labels.get(_text(v), {})) for v in source.get("enum", ())]


def _widget(node: Schema, options: Sequence[object]) -> str:
    if node.get("x-widget") in {"text", "lines", "number", "date", "radios", "list", "ticks"}:
        return str(node["x-widget"])
    kind = node.get("type")
    if kind == "boolean":
        return "tick" if node.get("const") is True else "yesno"
    if kind == "array":
        return "ticks"
    if options:
        return "radios" if len(options) <= FEW else "list"
    if node.get("format") == "date":
        return "date"
    if kind in ("integer", "number") or node.get("format") == "decimal":
        return "number"
    return "lines" if (node.get("maxLength") or 0) > LONG else "text"


def _read(node: Schema, data: Any, pointer: str) -> Any:
    kind = node.get("type")
    if kind == "array":
        return [_typed(node.get("items", {}).get("type"), v) for v in data.getlist(pointer) if v]
    value = (data.get(pointer) or "").strip()
    if node.get("maxLength") and "\r\n" in value:
        value = value.replace("\r\n", "\n")
    return _typed(kind, value)


def _typed(kind: object, value: str) -> Any:
    if kind == "boolean":
        return {TRUE: True, "false": False}.get(value, value)
    if kind in ("integer", "number") and len(value) < 16 and value.removeprefix("-").isdecimal():
        return int(value)
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
