"""The OpenAPI document narrowed to what succeeds, for a fuzzer that follows a case step by step.

What it draws from the whole document is refused nearly always: check digits and forms say more than
a schema can. Here a body is one of a few that are good, and a key is one that is given out.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any


def narrowed(
    document: dict[str, Any], bodies: dict[str, Sequence[Any]], others: Sequence[str]
) -> dict[str, Any]:
    """Return the document with, of each operation in ``bodies``, these bodies alone.

    Of parameters those that are required stay. Operations that are in neither ``bodies`` nor
    ``others`` are left out.
    """
    found = copy.deepcopy(document)
    kept = {*bodies, *others}
    for path, methods in list(found["paths"].items()):
        for method, operation in list(methods.items()):
            name = operation["operationId"]
            if name not in kept:
                del methods[method]
                continue
            kept.discard(name)
            if name in bodies:
                content = operation["requestBody"]["content"]["application/json"]
                content["schema"] = {"enum": list(bodies[name])}
            given = operation.get("parameters", [])  # with any other `If-Match` nothing is done
            operation["parameters"] = [one for one in given if one.get("required")]
            for response in operation["responses"].values():
                links = response.get("links", {})
                response["links"] = {k: v for k, v in links.items() if k in {*bodies, *others}}
        if not methods:
            del found["paths"][path]
    assert not kept, f"not in the document: {kept}"
    return found
