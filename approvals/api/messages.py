"""The bodies of webhooks in both directions, as JSON Schema (2020-12).

``SENT`` is what agencies receive from us, by kind of notice; ``TAKEN`` what our own webhook takes
from them. The OpenAPI document shows both. What is really sent is held against ``SENT``, and what
is really taken or refused against ``TAKEN``, by tests.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from approvals.api.webhooks import CASES_MAX
from approvals.rows.disputes import ANSWER_LONGEST, CLAIM_LONGEST, REASON_LONGEST
from approvals.states import REACHABLE, Outcome
from certificates.states import State
from exchange import named_persons
from exchange.outgoing import KINDS

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
UUID: Schema = {"type": "string", "format": "uuid"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
DIGITS: Schema = {"type": "string", "pattern": "^[0-9]+$"}
PERSON: Schema = {
    "type": "string",
    "maxLength": named_persons.LONGEST,
    "description": "the ID number as a compact JWE (dir, A256GCM), encrypted for its receiver",
}


def _described(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}


def _choice(values: Iterable[Any], description: str = "") -> Schema:
    found: Schema = {"type": "string", "enum": [str(value) for value in values]}
    return {**found, "description": description} if description else found


def _object(
    required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None, **more: Any
) -> Schema:
    properties = {**required, **(optional or {})}
    return {"type": "object", "properties": properties, "required": sorted(required), **more}


_DISTRICT = _described(TEXT, "code of the district (GB/T 2260); empty: of the whole city")
_CASE: dict[str, Schema] = {
    "application": _described(TEXT, "number of the application"),
    "service": _described(TEXT, "code of the service"),
    "district": _DISTRICT,
}
_CERTIFICATE: dict[str, Schema] = {
    "id": _described(TEXT, "public id, as in /verify/ID"),
    "identifier": _described(TEXT, "GB/T 36904"),
    "number": _described(TEXT, "as printed"),
    "state": _choice(State.values),
    "service": TEXT,
    "district": _DISTRICT,
}
_DISPUTE: dict[str, Schema] = {
    "dispute": UUID,
    **_CASE,
    "registry": _described(TEXT, "your registry, by its code"),
    "field": _described(TEXT, "of the record"),
}
_DISPUTED = _object(
    _DISPUTE
    | {
        "applicant": _described(TEXT, "whom it is about"),
        "record_value": {"description": "what your record said; numbers as text; null: nothing"},
        "version": _described(TEXT, "of the record"),
        "claim": _described({"type": "string", "maxLength": CLAIM_LONGEST}, "what it should be"),
        "value": {"description": "the claim, where the field has such values; else null"},
        "reason": {"type": "string", "maxLength": REASON_LONGEST},
        "files": _described(
            {"type": "array", "items": {"type": "string", "pattern": "^[0-9a-f]{64}$"}},
            "SHA-256 of each file that came with it",
        ),
        "law": TEXT,
        "due_at": _described(TEXT, "by when you answer (RFC 3339); empty: no such day"),
    }
)
_FILING = _object(
    {
        "filing": UUID,
        "item": TEXT,
        "zh": TEXT,
        "en": TEXT,
        "basis": _described(TEXT, "the law that it rests on"),
        "cause": _described(TEXT, "why: issued, changed, or what ended the licence or this part"),
        "attempt": _described(DIGITS, "how often it was pushed"),
        "answer_by": _described(TEXT, "RFC 3339; empty: no answer is awaited"),
        "service": TEXT,
        "district": _DISTRICT,
        "certificate": _object(
            _CERTIFICATE
            | {
                "version": DIGITS,
                "holder": TEXT,
                "fields": _described(
                    {"type": "object", "additionalProperties": True}, "as the licence says"
                ),
            }
        ),
        "data": _described(
            {"type": "object", "additionalProperties": True}, "what your own form asked"
        ),
    }
)
_CONSENT: dict[str, Schema] = {
    "application": _described(TEXT, "your number of the case"),
    "item": _described(TEXT, "what is asked, by its code"),
}

MEANINGS: Mapping[str, str] = {
    "application.decided": "A case of yours is decided",
    "approval.answered": "What your city asked us to approve is answered",
    "approval.reminded": "Your answer to a request for approval is due soon",
    "approval.requested": "Your approval is asked for",
    "certificate.changed": "A certificate that you relied on has another state",
    "dispute.opened": "A record that you keep is called wrong",
    "dispute.reminded": "Your answer to a dispute is late",
    "dispute.withdrawn": "A dispute is taken back; no answer is awaited",
    "filing.pushed": "A licence, or a change of one, is filed with you",
    "filing.reminded": "Your receipt for a filing is late",
    "filing.revoked": "What was filed with you is withdrawn",
}
# kind: what its ``data`` is
_SENT: Mapping[str, Schema] = {
    "application.decided": _object(
        _CASE
        | {
            "state": _choice([state.value for state in REACHABLE]),
            "outcome": _choice(Outcome.values),
            "decided_at": INSTANT,
            "receipt": _described(TEXT, "path of the signed decision"),
        }
    ),
    "approval.answered": _object(
        _CONSENT | {"granted": {"type": "boolean"}, "reason": _described(TEXT, "why not; or empty")}
    ),
    "approval.reminded": _object(
        _CASE
        | {
            "item": _CONSENT["item"],
            "zh": TEXT,
            "en": TEXT,
            "asked_at": INSTANT,
            "due_at": INSTANT,
        }
    ),
    "approval.requested": _object(
        _CASE
        | {
            "item": _CONSENT["item"],
            "zh": TEXT,
            "en": TEXT,
            "law": TEXT,
            "applicant": _described(TEXT, "name"),
            "answers": _described(
                {"type": "object", "additionalProperties": True},
                "by the service's form; ID numbers, telephones and others' names masked",
            ),
            "due_at": INSTANT,
        },
        {"person": PERSON},
    ),
    "certificate.changed": _object(_CERTIFICATE),
    "dispute.opened": _DISPUTED,
    "dispute.reminded": _DISPUTED,
    "dispute.withdrawn": _object(_DISPUTE),
    "filing.pushed": _FILING,
    "filing.reminded": _FILING,
    "filing.revoked": _FILING,
}

_REASON = {"type": "string", "maxLength": 400}
# kind: what its ``data`` is; what else stands there is passed over
_TAKEN: Mapping[str, Schema] = {
    "approval.answered": _object(
        {
            "application": _described({**TEXT, "minLength": 1, "maxLength": 120}, "as we asked"),
            "item": {**TEXT, "minLength": 1, "maxLength": 120},
            "granted": {"type": "boolean"},
        },
        {"reason": _described(_REASON, "why not; required of a refusal")},
        **{
            "if": {"properties": {"granted": {"const": False}}},
            "then": {"required": ["reason"], "properties": {"reason": {"pattern": r"\S"}}},
        },
    ),
    "approval.requested": _object(
        {
            **_CONSENT,
            "application": {"type": "string", "pattern": r"\S", "maxLength": 40},
            "applicant": _described(TEXT, "name"),
            "person": PERSON,
        },
        {"answers": {"type": "object", "additionalProperties": True}},
        description="for partners that are other cities, about what both have agreed on",
    ),
    "dispute.answered": _object(
        {"dispute": UUID, "corrected": {"type": "boolean"}},
        {
            "reason": _described(
                {"type": "string", "maxLength": ANSWER_LONGEST},
                "why your record stands; required then, and read by the applicant",
            )
        },
        **{
            "if": {"properties": {"corrected": {"const": False}}},
            "then": {"required": ["reason"], "properties": {"reason": {"pattern": r"\S"}}},
        },
    ),
    "filing.receipt": _object(
        {"filing": UUID, "outcome": _choice(["accepted", "returned"])},
        {
            "receipt": _described({"type": "string", "maxLength": 400}, "your own number"),
            "reason": _described(_REASON, "required of a return"),
        },
        **{
            "if": {"properties": {"outcome": {"const": "returned"}}},
            "then": {"required": ["reason"], "properties": {"reason": {"minLength": 1}}},
        },
    ),
    "record.changed": _object(
        {
            "registry": _described({**TEXT, "minLength": 1, "maxLength": 120}, "which you keep"),
            "cases": _described(
                {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": CASES_MAX,
                    "items": {"type": "string", "minLength": 1, "maxLength": 40},
                },
                "case numbers of those questions of ours that the records answered",
            ),
        }
    ),
}


def _sent(kind: str) -> Schema:
    """The whole body: CloudEvents 1.0 in its JSON format, and Standard Webhooks' own names."""
    return _object(
        {
            "type": {"type": "string", "const": kind},
            "timestamp": _described(INSTANT, "when it was written; as `time`"),
            "data": _SENT[kind],
            "specversion": {"type": "string", "const": "1.0"},
            "id": _described(UUID, "as `webhook-id`: the same however often it is sent"),
            "source": {"type": "string", "format": "uri"},
            "subject": _described(TEXT, "messages of one subject come in order"),
            "time": INSTANT,
            "datacontenttype": {"type": "string", "const": "application/json"},
        }
    )


def _taken(kind: str) -> Schema:
    return _object({"type": {"type": "string", "const": kind}, "data": _TAKEN[kind]})


SENT: Mapping[str, Schema] = {kind: _sent(kind) for kind in KINDS}
TAKEN: Mapping[str, Schema] = {kind: _taken(kind) for kind in _TAKEN}
