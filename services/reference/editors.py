"""JSON Schemas for editors, one for each kind of file of a city's folder.

A file's first line names its schema for YAML language servers. The folder of a city that extends
another says only what differs, so nothing is required there and ``absent`` may stand anywhere:
``city/schemas/extending``. The reader itself checks a city's files when they are merged, by
``city/schema.json``, from which all of these come.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from city.reader import ABSENT, FILES, OWN, SCHEMA
from services.city_tests import SCHEMA as ADDED_TESTS
from services.edition import SCHEMA as PACK
from services.reference import ROOT

FOLDER = ROOT / "city" / "schemas"
EXTENDING = FOLDER / "extending"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def files() -> dict[Path, str]:
    """Return the text of each schema file by its place."""
    found = {EXTENDING / "all.json": _lines(extending(json.loads(SCHEMA.read_text("utf-8"))))}
    for name in FILES:
        below = f"#/properties/{name}"
        found[FOLDER / f"{name}.json"] = _pointer(
            f"{name}.yaml of a city", f"../schema.json{below}"
        )
        title = f"{name}.yaml of a city that extends another"
        found[EXTENDING / f"{name}.json"] = _pointer(title, f"all.json{below}")
    return found


def schema_of(file: Path) -> Path:
    """Return the schema of a file in a city's folder."""
    if file.parent.name == "services":
        return PACK
    if file.parent.name == "tests":
        return ADDED_TESTS
    is_extending = "\nextends:" in "\n" + (file.parent / "city.yaml").read_text("utf-8")
    return (EXTENDING if is_extending else FOLDER) / f"{file.stem}.json"


def extending(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of the files of a city that extends another."""
    found = {**_optional(schema), "title": "Files of a city that extends another"}
    city = found["properties"]["city"]
    found["properties"]["city"] = {**city, "required": [*OWN, "extends"]}
    return found


def _optional(node: Any) -> Any:
    """The same without what must be given; a value of a map may be ``absent``."""
    if isinstance(node, list):
        return [_optional(part) for part in node]
    if not isinstance(node, dict):
        return node
    found = {}
    for word, part in node.items():
        if word in ("required", "minProperties"):
            continue
        if word in ("properties", "patternProperties"):
            found[word] = {name: _or_absent(_optional(one)) for name, one in part.items()}
        elif word == "additionalProperties" and isinstance(part, dict):
            found[word] = _or_absent(_optional(part))
        elif word == "$defs":
            found[word] = {name: _optional(one) for name, one in part.items()}
        else:
            found[word] = _optional(part)
    return found


def _or_absent(node: Any) -> Any:
    if not isinstance(node, dict) or not node:
        return node
    notes = {word: node[word] for word in ("description", "default") if word in node}
    return {"anyOf": [{"const": ABSENT}, node], **notes}


def _pointer(title: str, target: str) -> str:
    return _text({"$schema": DIALECT, "title": title, "$ref": target})


def _lines(schema: dict[str, Any]) -> str:
    """One line for each file and each shared shape, so that a change shows in one place."""
    parts = []
    for word, part in schema.items():
        if word in ("properties", "$defs"):
            inner = ",\n".join(f"  {_line(name)}: {_line(one)}" for name, one in part.items())
            parts.append(f" {_line(word)}: {{\n{inner}\n }}")
        else:
            parts.append(f" {_line(word)}: {_line(part)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _text(schema: Any) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"
