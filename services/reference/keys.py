"""Reference pages of every key that a pack or a city's folder may say, from their schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from city.reader import SCHEMA as CITY
from services.edition import SCHEMA as PACK
from services.reference import ROOT

PACK_PAGE = ROOT / "docs" / "pack-keys.md"
CITY_PAGE = ROOT / "docs" / "city-keys.md"
# what needs no words of its own wherever it stands
PLAIN = {
    "zh": "In Chinese",
    "en": "In English",
    "law": "The law that it rests on, with its article",
}
BOTH = "Its words in both languages"
TOGETHER = {PLAIN["zh"]: BOTH, BOTH: BOTH + ", and the law that it rests on"}
Row = tuple[str, str, str]  # key, shape, what it is
SCALARS = {
    "text": "text",
    "block": "text of several lines",
    "slug": "code",
    "name": "code",
    "whole": "whole number",
    "age": "whole number",
    "bound": "number or date",
    "date": "date",
    "expression": "FEEL expression",
    "yes_no": "yes or no",
    "words": "`zh` and `en`",
    "typed": "lists `zh` and `en`",
    "type": "type",
    "value": "value",
    "share": "share below one",
    "year": "year",
}
_PACK_HEAD = """\
# Every key of a pack

Made from `services/pack/schema.json` by `manage.py reference make`, and held by a test. How the
keys work together: [packs.md](packs.md). What a `form` may say: [forms.md](forms.md).

**must**: it cannot be left out of what it stands in. `*` stands for a name that the author chooses,
`[]` for each item of a list. A *code* is small letters, digits and `_`; a *type* is text, number,
boolean, date, duration, days, list, or the list of the texts allowed; a date is 2026-01-31.
"""
_CITY_HEAD = """\
# Every key of a city's folder

Made from `city/schema.json` by `manage.py reference make`, and held by a test; an editor
with a YAML language server shows the same while you type. How a city is added:
[how-to/city.md](how-to/city.md).

**must**: it cannot be left out of what it stands in (a city that `extends` another leaves out
whatever it does not change). `*` stands for a name that the author chooses, such as the code of an
office, `[]` for each item of a list.
"""


def pages() -> dict[Path, str]:
    """Return the text of each reference page by its place."""
    return {
        PACK_PAGE: _page(_PACK_HEAD, json.loads(PACK.read_text("utf-8")), of_files=False),
        CITY_PAGE: _page(_CITY_HEAD, json.loads(CITY.read_text("utf-8")), of_files=True),
    }


def undescribed(schema: Mapping[str, Any]) -> list[str]:
    """Return the keys of a schema without a word on what they are."""
    shared = [row for name in _shared(schema) for row in _rows(schema, schema["$defs"][name], name)]
    return [key for key, _, words in (*_rows(schema, schema, ""), *shared) if not words]


def _page(head: str, schema: Mapping[str, Any], *, of_files: bool) -> str:
    parts = [head]
    tables: dict[str, list[Row]] = {}
    for row in _rows(schema, schema, ""):
        tables.setdefault(re.split(r"[.[]", row[0])[0], []).append(row)
    if of_files:
        for name, ((_, _, words), *rows) in tables.items():
            below = [(re.sub(r"^\w+\.?", "", key), shape, said) for key, shape, said in rows]
            parts.append(_table(f"`{name}.yaml`", below, words))
    else:
        whole = [rows[0] for rows in tables.values() if len(rows) == 1]
        parts.append(_table("Of the whole pack", whole))
        parts += [_table(f"`{n}`", rows) for n, rows in tables.items() if len(rows) > 1]
    for name in _shared(schema):
        node = schema["$defs"][name]
        parts.append(_table(f"Shared shape: {name}", list(_rows(schema, node, ""))))
    return "\n".join(parts)


def _table(title: str, rows: list[Row], words: str = "") -> str:
    lines = [f"## {title}"]  # without an empty line: pages have 400 lines at most
    lines += [f"{words}.", ""] if words else []
    lines += ["| key | shape | what it is |", "|---|---|---|"] if rows else []
    lines += [f"| `{key}` | {shape} | {words} |" for key, shape, words in _merged(rows)]
    return "\n".join(lines) + "\n"


def _merged(rows: list[Row]) -> Iterator[Row]:
    """Put words in both languages, and the law beside them, into one row."""
    at = 0
    while at < len(rows):
        key, shape, words = rows[at]
        at += 1
        for ending in ("en", "law"):
            wanted = (re.sub(r"\bzh$", ending, key.partition("`")[0]), shape, PLAIN[ending])
            if words in TOGETHER and rows[at : at + 1] == [wanted]:
                key, words, at = f"{key}`, `{wanted[0]}", TOGETHER[words], at + 1
        yield key, shape, words


def _shared(schema: Mapping[str, Any]) -> list[str]:
    """The shapes that several keys have, with keys of their own."""
    return [n for n, node in schema["$defs"].items() if n not in SCALARS and list(_below(node))]


def _rows(schema: Mapping[str, Any], node: Any, at: str) -> Iterator[Row]:
    """Yield key, shape and words of everything that stands below a node."""
    for name, part, must in _below(node):
        key = f"{at}.{name}" if at else name
        key = key.replace(".[]", "[]")
        if name not in ("*", "[]"):
            words = part.get("description") or PLAIN.get(name, "")
            yield key, _shape(schema, part, must), words.replace("|", r"\|")
        yield from _rows(schema, part, key)


def _below(node: Any) -> Iterator[tuple[str, Any, bool]]:
    """Yield the parts directly below a node: name, schema, whether it must be given."""
    if not isinstance(node, Mapping):
        return
    required = node.get("required", ())
    for name, part in node.get("properties", {}).items():
        yield name, part, name in required
    if isinstance(more := node.get("additionalProperties"), Mapping):
        yield "*", more, False
    for part in node.get("patternProperties", {}).values():
        yield "*", part, False
    if "items" in node:
        yield "[]", node["items"], False
    for word in ("anyOf", "oneOf"):
        for part in node.get(word, ()):
            yield from _below(part)


def _shape(schema: Mapping[str, Any], node: Mapping[str, Any], must: bool = False) -> str:
    words = [_kind(schema, node)]
    if "default" in node:
        value = node["default"]
        said = ", ".join(value) if isinstance(value, list) else value
        words.append(f"default {said}")
    return ("**must** " if must else "") + "; ".join(words)


def _kind(schema: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return SCALARS.get(name) or f"shape [{name}](#shared-shape-{name})"
    if "const" in node:
        return f"`{node['const']}`"
    if "enum" in node:
        return " or ".join(f"`{value}`" for value in node["enum"])
    for word in ("anyOf", "oneOf"):
        if word in node:
            kinds = dict.fromkeys(_kind(schema, part) for part in node[word])
            return ", or ".join(kinds)
    if not node.get("type"):
        return "any value"
    kind = node["type"]
    if kind == "array":
        return f"list of {_kind(schema, node['items'])}"
    if kind == "object":
        return (
            "map by name"
            if "propertyNames" in node or "additionalProperties" not in node
            else "map"
        )
    if isinstance(kind, list):
        return _number(node, next(one for one in kind if one != "string"))
    return (
        "text that matches `" + node["pattern"].replace("|", r"\|") + "`"
        if "pattern" in node
        else "text"
    )


def _number(node: Mapping[str, Any], kind: str) -> str:
    words = {"integer": "whole number", "number": "number"}.get(kind, "value")
    if "minimum" in node and "maximum" in node:
        return f"{words}, {node['minimum']} to {node['maximum']}"
    return words
