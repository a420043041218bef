"""The shape of a file, by a JSON Schema (2020-12) that editors can use, too."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path as File

import jsonschema_rs

from city.errors import SourceError
from city.messages import sentence
from city.source import Located, Path

MOST = 50  # faults that one pass reports


@lru_cache(maxsize=16)
def _validator(schema: File) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        json.loads(schema.read_text("utf-8")), pattern_options=jsonschema_rs.RegexOptions()
    )


def faults(source: Located, schema: File) -> list[SourceError]:
    """Return where ``source`` departs from the schema in the file ``schema``, at most ``MOST``."""
    found: list[SourceError] = []
    for error in _validator(schema).iter_errors(source.data):
        found.append(_fault(source, error))
        if len(found) == MOST:
            break
    return found


def _fault(source: Located, error: jsonschema_rs.ValidationError) -> SourceError:
    path: Path = tuple(error.instance_path)
    zh, en = sentence(error)
    if error.kind.name == "required":
        missing = error.kind.as_dict()["property"]
        where = _dotted((*path, missing))
    elif error.kind.name == "propertyNames":
        path = (*path, _key(error))
        where = _dotted(path)
    else:
        where = _dotted(path)
        if error.kind.name == "additionalProperties":
            path = (*path, error.kind.as_dict()["unexpected"][0])
    return source.error(path, f"{where}：{zh}", f"{where}: {en}")


def _key(error: jsonschema_rs.ValidationError) -> str:
    """Return the key whose spelling is refused; the validator says it in its message alone."""
    try:
        return str(json.JSONDecoder().raw_decode(error.message)[0])
    except ValueError:
        return ""


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path) or "file"
