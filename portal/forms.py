"""A form from an edition's JSON Schema (draft 2020-12): no code per service. Pure.

``services.pack.form`` says what a pack's form may hold, ``portal.questions`` how it is shown.
"""

from collections.abc import Iterator
from typing import Any

from portal import typed
from portal.questions import (
    MOST,
    Choice,
    Field,
    Schema,
    Values,
    fields,
    get,
    is_block,
    leaves,
    options,
    text_of,
)

__all__ = [
    "Choice",
    "Field",
    "blocks",
    "declarations",
    "declared",
    "fields",
    "hidden",
    "keep_secrets",
    "parse",
]


def parse(schema: Schema, data: Any, pointer: str = "", dropped: str = "") -> dict[str, Any]:
    """Return typed answers from a posted form (a QueryDict). What was left empty is left out.

    ``dropped``: one block of a list (``/investors/1``), or one choice (``/scope=F5232``), that is
    taken out. Values that do not fit their type stay text, for the schema's own check to name.
    """
    answers: dict[str, Any] = {}
    for name, child in schema.get("properties", {}).items():
        at = f"{pointer}/{name}"
        if is_block(child):
            value: Any = parse(child, data, at, dropped)
        elif is_block(child.get("items")):
            count = _posted(data, at, child.get("maxItems", MOST))
            kept = (i for i in range(count) if f"{at}/{i}" != dropped)
            rows = (parse(child["items"], data, f"{at}/{i}", dropped) for i in kept)
            value = [row for row in rows if row]
        else:
            value = _read(child, data, at, dropped)
        if value not in (None, "", [], {}):
            answers[name] = value
    return answers


def _posted(data: Any, pointer: str, most: int) -> int:
    """Return how many blocks of a list were posted."""
    numbers = [0]
    for key in data:
        if key.startswith(pointer + "/"):
            part = key[len(pointer) + 1 :].partition("/")[0]
            if part.isascii() and part.isdigit() and len(part) < 4:
                numbers.append(int(part) + 1)
    return min(max(numbers), most)


def blocks(schema: Schema, pointer: str = "") -> list[str]:
    """Return the pointers of all blocks, so that a page can tell which ones it has shown."""
    found: list[str] = []
    for name, child in schema.get("properties", {}).items():
        if is_block(child):
            found += [f"{pointer}/{name}", *blocks(child, f"{pointer}/{name}")]
    return found


def declarations(schema: Schema) -> list[str]:
    """Return the pointers of what must be ticked: they belong beside the submit button."""
    return [
        f"/{name}"
        for name, node in schema.get("properties", {}).items()
        if node.get("type") == "boolean" and node.get("const") is True
    ]


def declared(schema: Schema, answers: Values) -> dict[str, Any]:
    """Return ``answers`` as if everything were declared, to check the rest before that page."""
    return {**answers, **{pointer[1:]: True for pointer in declarations(schema)}}


def keep_secrets(schema: Schema, answers: Values, stored: Values) -> None:
    """Put back ID numbers that were left empty: pages show them masked, so none is typed twice."""
    for leaf in leaves(schema, "", "zh", stored):
        above, _slash, name = leaf.pointer.rpartition("/")
        block = get(answers, above) if above else answers
        if leaf.node.get("format") == "id-number" and isinstance(block, dict) and name not in block:
            block[name] = get(stored, leaf.pointer)


def hidden(schema: Schema, values: Values) -> Iterator[tuple[str, str]]:
    """Yield (name, text) pairs that post ``values`` again; declarations are left to be ticked."""
    declared_later = set(declarations(schema))
    for leaf in leaves(schema, "", "zh", values):
        value = None if leaf.pointer in declared_later else get(values, leaf.pointer)
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                yield leaf.pointer, text_of(item)


def _read(node: Schema, data: Any, pointer: str, dropped: str) -> Any:
    kind = node.get("type")
    if kind == "array":
        inner = node.get("items", {}).get("type")
        written = data.getlist(pointer)
        if not options(node):
            items = node.get("items", {})
            lines = (line.strip() for text in written for line in text.splitlines())
            written = [typed.meant(items, line) for line in lines]
        else:  # a choice may be posted twice: as one that was made, and among what was found
            written = [one for one in dict.fromkeys(written) if f"{pointer}={one}" != dropped]
        return [_typed(inner, value) for value in written if value]
    text = (data.get(pointer) or "").strip().replace("\r\n", "\n")
    return _typed(kind, text if options(node) else typed.meant(node, text))


def _typed(kind: object, value: str) -> Any:
    if kind == "boolean":
        return {"true": True, "false": False}.get(value, value)
    if kind == "integer" and len(value) < 16 and value.isascii():
        return int(value) if value.removeprefix("-").isdigit() else value
    return value
