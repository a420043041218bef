"""The shape of a file, by a JSON Schema (2020-12) that editors can use, too."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path as File
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema_rs

from city import cures
from city.errors import SourceError
from city.messages import sentence
from city.source import Located, Path

MOST = 50  # faults that one pass reports


def read(address: str) -> Any:
    """Return the schema at a ``file:`` address, whose path may have spaces (%20) in it."""
    return json.loads(File(unquote(urlsplit(address).path)).read_text("utf-8"))


@lru_cache(maxsize=16)
def _validator(schema: File) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        json.loads(schema.read_text("utf-8")),
        pattern_options=jsonschema_rs.RegexOptions(),
        base_uri=schema.resolve().as_uri(),  # a schema may name another file beside it
        retriever=read,
    )


@lru_cache(maxsize=16)
def _keys(schema: File) -> frozenset[str]:
    """Every key that a schema knows, at whatever place, those of a file that it names included."""
    found: set[str] = set()
    todo: list[Any] = [json.loads(schema.read_text("utf-8"))]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            found |= set(node.get("properties", ()))
            other = str(node.get("$ref", "")).partition("#")[0]
            found |= _keys(schema.parent / other) if other else frozenset()
        todo += node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return frozenset(found)


def faults(source: Located, schema: File) -> list[SourceError]:
    """Return where ``source`` departs from the schema in the file ``schema``, at most ``MOST``."""
    found: list[SourceError] = []
    for error in _validator(schema).iter_errors(source.data):
        found.append(_fault(source, error, schema))
        if len(found) == MOST:
            break
    return found


def _fault(source: Located, error: jsonschema_rs.ValidationError, schema: File) -> SourceError:
    path = _written(source.data, error.instance_path)
    zh, en = sentence(error)
    if error.kind.name == "required":
        missing = error.kind.as_dict()["property"]
        where = _dotted((*path, missing))
    elif error.kind.name == "propertyNames":
        path = (*path, _key(error))
        where = _dotted(path)
    else:
        where = _dotted(path)
        if error.kind.name == "pattern" and (
            cure := cures.OF_PATTERN.get(error.kind.as_dict()["pattern"])
        ):
            zh, en = f"{zh}；{cure[0]}", f"{en}; {cure[1]}"
        if error.kind.name == "additionalProperties":
            key = error.kind.as_dict()["unexpected"][0]
            value = error.instance.get(key) if isinstance(error.instance, dict) else None
            if cure := cures.of_key(key, value, _keys(schema)):
                zh, en = f"{zh}；{cure[0]}", f"{en}; {cure[1]}"
            path = (*path, key)
    return source.error(path, f"{where}：{zh}", f"{where}: {en}")


def _written(data: Any, path: Sequence[str | int]) -> Path:
    """A path with its keys as they are written: the validator gives one of digits as a number."""
    found: list[str | int] = []
    for part in path:
        key = str(part) if isinstance(data, dict) else part
        found.append(key)
        data = data[key]
    return tuple(found)


def _key(error: jsonschema_rs.ValidationError) -> str:
    """Return the key whose spelling is refused; the validator says it in its message alone."""
    try:
        return str(json.JSONDecoder().raw_decode(error.message)[0])
    except ValueError:
        return ""


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path) or "file"
