"""The OpenAPI document as a test reads it, and what is held against it."""

from __future__ import annotations

import copy
import re
from functools import cache
from typing import Any

import jsonschema_rs
from drf_spectacular.generators import SchemaGenerator


@cache
def document() -> dict[str, Any]:
    """The document as `/api/schema/` gives it, made in this process."""
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found


def operations() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Return (method, path, operation) by operation id."""
    return {
        operation["operationId"]: (method.upper(), path, operation)
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    }


def operation_of(method: str, address: str) -> dict[str, Any]:
    """Return the operation that answers at an address, without its query."""
    for _, (known, path, operation) in operations().items():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))
        if known == method and re.fullmatch(pattern, address.partition("?")[0]):
            return operation
    raise KeyError(f"{method} {address} is not described")


def _closed(node: Any) -> Any:
    """The same schema, in which nothing may stand that is not named."""
    if isinstance(node, list):
        return [_closed(one) for one in node]
    if not isinstance(node, dict):
        return node
    found = {key: _closed(value) for key, value in node.items()}
    named = isinstance(node.get("properties"), dict) and node.get("type") == "object"
    if named and not {"additionalProperties", "if", "allOf"} & node.keys():
        found["additionalProperties"] = False
    return found


@cache
def _components() -> dict[str, Any]:
    found: dict[str, Any] = _closed(copy.deepcopy(document()["components"]))
    return found


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    """Return what of ``value`` the schema does not allow or does not name."""
    whole = {**_closed(schema), "components": _components()}
    validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    return [f"{one.instance_path}: {one.message}" for one in validator.iter_errors(value)]


def faults_of_answer(method: str, address: str, status: int, value: Any) -> list[str]:
    """Return what of an answer in JSON its operation does not describe."""
    responses = operation_of(method, address)["responses"]
    if str(status) not in responses:
        return [f"{status} is not described"]
    (content,) = responses[str(status)]["content"].values()
    return faults(content["schema"], value)
