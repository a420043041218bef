"""The shape of a pack, by the JSON Schema that editors use too (schema.json)."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path as File

import jsonschema_rs

from services.messages import sentence
from services.pack.errors import PackError
from services.pack.reader import Path, Source

SCHEMA = File(__file__).with_name("schema.json")


@lru_cache(maxsize=1)
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        json.loads(SCHEMA.read_text("utf-8")), pattern_options=jsonschema_rs.RegexOptions()
    )


def faults(source: Source) -> list[PackError]:
    """Everything in which the pack departs from the shape, at most 50 faults."""
    found: list[PackError] = []
    for error in _validator().iter_errors(source.data):
        found.append(_fault(source, error))
        if len(found) == 50:
            break
    return found


def _fault(source: Source, error: jsonschema_rs.ValidationError) -> PackError:
    path: Path = tuple(error.instance_path)
    zh, en = sentence(error)
    if error.kind.name == "required":
        missing = error.kind.as_dict()["property"]
        where = _dotted((*path, missing))
    else:
        where = _dotted(path)
        if error.kind.name == "additionalProperties":
            path = (*path, error.kind.as_dict()["unexpected"][0])
    return source.error(path, f"{where}：{zh}", f"{where}: {en}")


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path) or "pack"
