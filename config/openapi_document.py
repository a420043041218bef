"""Completes the OpenAPI document that is made from the views: what no view describes.

Servers, tags, links from one operation to the next, the webhooks in both directions, the public
keys and the status lists. OpenAPI 3.1: https://spec.openapis.org/oas/v3.1.1.html
"""

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from approvals.api import described, messages
from certificates.verification import statuslist
from exchange.delivery import MEDIA_TYPE
from exchange.outgoing import KINDS

Node = dict[str, Any]

_NUMBER = re.compile(r"^/api/v1/([a-z-]+)")
TAGS = {
    "applications": "Apply for people; read, correct and take back what you applied for",
    "bundles": "Several services in one form (一件事)",
    "certificates": "What was issued, and whether it is in force",
    "consents": "Approvals that your agency is asked for",
    "disputes": "Records that people call wrong",
    "filings": "Licences that your agency was notified of (多证合一)",
    "lookups": "Which registries were read for your applications",
    "keys": "Public keys, and signed lists of what is no longer in force",
    "personas": "Fictional people of a sandbox",
    "services": "What can be applied for, with forms and conditions",
    "statistics": "Your applications in figures",
    "tasks": "What waits for your agency",
    "webhooks": "Your endpoints, what was sent to them, and what you send",
}
SAME = {"bundle-cases": "bundles"}  # tagged as another

# operation and the statuses of its answers: what can be asked next with what stands in the body
_OF_CASE = {"number": "$response.body#/number"}
_OF_ENDPOINT = {"key": "$response.body#/id"}
LINKS: dict[str, dict[str, dict[str, str]]] = {
    "submit": dict.fromkeys(
        (
            *("application", "receipt", "documents", "caseCertificates"),
            *("withdraw", "correct", "dispute"),
        ),
        _OF_CASE,
    ),
    "submit_bundle": {"bundled_case": _OF_CASE},
    "addEndpoint": dict.fromkeys(("changeEndpoint", "renewSecret", "endEndpoint"), _OF_ENDPOINT),
}

SIGNATURE = {
    "type": "apiKey",
    "in": "header",
    "name": "webhook-signature",
    "description": "Standard Webhooks: HMAC-SHA-256 over `webhook-id`, `webhook-timestamp` and the"
    " body as it is sent; several, with spaces between, while a secret is being changed",
}


def complete(result: Node, generator: Any, request: HttpRequest | None, public: bool) -> Node:
    """Return the document, completed (drf-spectacular calls it)."""
    site = request.build_absolute_uri("/").rstrip("/") if request else settings.SITE_URL
    result["servers"] = [{"url": site, "description": settings.CITY.en}]
    result["info"]["contact"] = {"name": settings.CITY.en, "url": settings.SITE_URL}
    result["paths"] |= {**_keys(), **_taken()}
    result["webhooks"] = {kind: _sent(kind) for kind in KINDS}
    components = result["components"]
    components["securitySchemes"]["webhookSignature"] = SIGNATURE
    components["schemas"] |= _message_schemas()
    known = {}
    for path, operation in _operations(result["paths"]):
        operation.setdefault("security", [])
        operation.setdefault("tags", [])[:] = [_tag(path)]
        known[operation["operationId"]] = operation
        _complete_problems(operation)
    _link(known)
    used = sorted({tag for operation in known.values() for tag in operation["tags"]})
    result["tags"] = [{"name": tag, "description": TAGS.get(tag, tag)} for tag in used]
    return _plain(result)


def _operations(paths: Node) -> Iterator[tuple[str, Node]]:
    for path, methods in paths.items():
        for operation in methods.values():
            yield path, operation


def _tag(path: str) -> str:
    found = _NUMBER.match(path)
    if found:
        return SAME.get(found[1], found[1])
    return "webhooks" if path.startswith("/webhooks/") else "keys"


def _complete_problems(operation: Node) -> None:
    """A problem is the same document, whichever app describes the operation."""
    for status, response in operation["responses"].items():
        content = response.get("content", {})
        if described.PROBLEM in content:
            content[described.PROBLEM]["schema"] = {"$ref": "#/components/schemas/ProblemShape"}
            response["description"] = response["description"] or described.WHY[int(status)]
        response["description"] = response["description"] or "done"


def _link(known: dict[str, Node]) -> None:
    for name, followers in LINKS.items():
        for status, response in known[name]["responses"].items():
            if status.startswith("2"):
                response["links"] = {
                    follower: {"operationId": follower, "parameters": parameters}
                    for follower, parameters in followers.items()
                }


def _plain(result: Node) -> Node:
    """Return the document without what only its making needed: see ``_rewritten``."""
    schemas = result["components"]["schemas"]
    names = {name: name.removesuffix("Shape") for name in schemas}
    assert len(set(names.values())) == len(names), "two components of one name"
    result["components"]["schemas"] = dict(sorted((names[k], v) for k, v in schemas.items()))
    return dict(_rewritten(result, names))


def _rewritten(node: Any, names: dict[str, str]) -> Any:
    """Components are named without the ``Shape`` that their classes end in; anything or null is
    anything."""
    if isinstance(node, list):
        return [_rewritten(one, names) for one in node]
    if not isinstance(node, dict):
        return node
    found = {
        key: f"#/components/schemas/{names[value.rpartition('/')[2]]}"
        if key == "$ref" and isinstance(value, str)
        else _rewritten(value, names)
        for key, value in node.items()
        if key != "x-spec-enum-id"
    }
    if found.get("oneOf") == [{}, {"type": "null"}]:
        del found["oneOf"]
    return found


def _pascal(kind: str) -> str:
    return "".join(part.capitalize() for part in re.split(r"[._]", kind))


def _message_schemas() -> Node:
    sent = {f"{_pascal(kind)}Sent": schema for kind, schema in messages.SENT.items()}
    return sent | {f"{_pascal(kind)}Taken": schema for kind, schema in messages.TAKEN.items()}


def _header(name: str, description: str, **schema: Any) -> Node:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": description,
        "schema": {"type": "string", **schema},
    }


_HEADERS = [
    _header("webhook-id", "the same however often it is sent", minLength=1, maxLength=255),
    _header(
        "webhook-timestamp", "seconds since 1970, of this attempt", pattern="^[1-9][0-9]{0,11}$"
    ),
]


def _sent(kind: str) -> Node:
    schema = f"#/components/schemas/{_pascal(kind)}Sent"
    return {
        "post": {
            "operationId": f"on{_pascal(kind)}",
            "summary": messages.MEANINGS[kind],
            "description": f"Goes to {KINDS[kind].partition(':')[0]}. At least once; messages of"
            " one `subject` in order.",
            "tags": ["webhooks"],
            "security": [{"webhookSignature": []}],
            "parameters": _HEADERS,
            "requestBody": {
                "required": True,
                "content": {MEDIA_TYPE: {"schema": {"$ref": schema}}},
            },
            "responses": {
                "2XX": {"description": "taken"},
                "410": {"description": "switches your endpoint off"},
                "429": {"description": "sent again after `Retry-After`"},
                "4XX": {"description": "sent again later, for three days"},
                "5XX": {"description": "sent again later, for three days"},
            },
        }
    }


def _problems(*statuses: int) -> Node:
    content = {described.PROBLEM: {"schema": {"$ref": "#/components/schemas/ProblemShape"}}}
    return {
        str(status): {"description": described.WHY[status], "content": content}
        for status in statuses
    }


def _taken() -> Node:
    found = [{"$ref": f"#/components/schemas/{_pascal(kind)}Taken"} for kind in messages.TAKEN]
    return {
        "/webhooks/{partner}": {
            "post": {
                "operationId": "sendMessage",
                "summary": "Answer what you were asked, or say what has changed",
                "description": "Standard Webhooks, signed with your inbound secret. The same"
                " message again has no further effect.",
                "security": [{"webhookSignature": []}],
                "parameters": [
                    {
                        "name": "partner",
                        "in": "path",
                        "required": True,
                        "description": "code of your agency",
                        "schema": {"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,40}$"},
                    },
                    *_HEADERS,
                ],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"oneOf": found}}},
                },
                "responses": {
                    "204": {"description": "it took effect, now or when it came before"},
                    **_problems(400, 401, 403, 404, 409, 411, 413, 422, 503),
                },
            }
        }
    }


def _keys() -> Node:
    key = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("kid", "kty", "crv", "x", "use")},
        "required": ["kid", "kty"],
    }
    jwks = {
        "type": "object",
        "properties": {"keys": {"type": "array", "items": key}},
        "required": ["keys"],
    }
    return {
        "/.well-known/jwks.json": {
            "get": {
                "operationId": "keys",
                "summary": "The public keys of receipts, certificates and lists (RFC 7517)",
                "responses": {
                    "200": {
                        "description": "all that anything may still be checked with",
                        "content": {"application/jwk-set+json": {"schema": jwks}},
                    },
                    "405": {"description": "it can only be read"},
                },
            }
        },
        "/status/{purpose}/{number}": {
            "get": {
                "operationId": "statusList",
                "summary": "Which certificates are revoked or suspended: a signed bit string",
                "description": "Bitstring Status List v1.0, as a `vc+jwt`: its bit at the"
                " certificate's `status` index says whether it is.",
                "parameters": [
                    {
                        "name": "purpose",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string", "enum": list(statuslist.PURPOSES)},
                    },
                    {
                        "name": "number",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "integer", "minimum": 0, "maximum": 1_000_000},
                    },
                ],
                "responses": {
                    "200": {
                        "description": "the list, signed",
                        "content": {"application/vc+jwt": {"schema": {"type": "string"}}},
                    },
                    "404": {"description": "there is no such list"},
                },
            }
        },
    }
