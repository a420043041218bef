"""Standard Webhooks for both sides: one file that a partner may take as it is.

Needs Python's standard library and ``standardwebhooks``, whose signature it uses. That library's
own check lets malformed headers escape as half a dozen kinds of exception, reads the machine's
clock and accepts several spellings of a signature; this one raises ``Invalid`` and nothing else,
is given the time, and accepts one spelling.

    headers = sign(secret, message_id, body, at=now)       # send these with ``body``, unchanged
    message_id = verify(secret, headers, raw_body, at=now)   # before the body is parsed

While a secret is being changed give both: a message has a signature of each, and one that fits
any of them is authentic.

See the Standard Webhooks specification, sections "Webhook headers" and "Signature scheme".
"""

import binascii
import datetime
import hmac
import json
import re
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

TOLERANCE = 300  # seconds that a message may be old, or early
SIGNATURES_LENGTH = 4096  # characters of one header; several only while a secret is being changed

_ID = re.compile(r"(?=.{1,255}$)[\x21-\x7e]+( +[\x21-\x7e]+)*")  # the value of a header in ASCII
_SECONDS = re.compile(r"[1-9][0-9]{0,11}")
_SIGNATURE = re.compile(r"v1,[A-Za-z0-9+/]{43}=")


class Invalid(Exception):
    """The message is not authentic. ``reason``: headers, stale, signature or body."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def _signers(secret: str | Sequence[str]) -> list[Webhook]:
    secrets = [secret] if isinstance(secret, str) else secret
    try:
        return [Webhook(one) for one in secrets]
    except (binascii.Error, EmptyWebhookSecretError, RuntimeError, ValueError) as error:
        raise ValueError("not a webhook secret: whsec_ and base64 are expected") from error


def sign(
    secret: str | Sequence[str], message_id: str, body: bytes, *, at: datetime.datetime
) -> dict[str, str]:
    """Return the three headers of a message; ``at`` is aware. ``body`` is sent as it is."""
    if not _ID.fullmatch(message_id):
        raise ValueError("a message id has 1 to 255 ASCII characters, and no space around it")
    moment = at.astimezone(datetime.UTC)  # the library takes any other zone for UTC
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(
            signer.sign(message_id, moment, body.decode()) for signer in _signers(secret)
        ),
    }


def verify(
    secret: str | Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    at: datetime.datetime,
) -> str:
    """Return the message id of an authentic message not older than five minutes at ``at``.

    ``body`` is the raw body as received. Raises ``Invalid``, whatever the headers hold.
    """
    lowered = {str(name).lower(): str(value) for name, value in headers.items()}
    message_id = lowered.get("webhook-id", "")
    timestamp = lowered.get("webhook-timestamp", "")
    header = lowered.get("webhook-signature", "")
    # other versions (v1a is Ed25519) and whatever is to come are passed over, as the spec says
    signatures = [s for s in header.split() if _SIGNATURE.fullmatch(s)]
    if not _ID.fullmatch(message_id):
        raise Invalid("headers", "webhook-id is missing or malformed")
    if not _SECONDS.fullmatch(timestamp):
        raise Invalid("headers", "webhook-timestamp is missing or malformed")
    if len(header) > SIGNATURES_LENGTH or not signatures:
        raise Invalid("headers", "webhook-signature holds no v1 signature, or too many")
    if abs(at.timestamp() - int(timestamp)) > TOLERANCE:
        raise Invalid("stale", "webhook-timestamp is more than five minutes away")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Invalid("body", "the body is not UTF-8") from None
    moment = datetime.datetime.fromtimestamp(int(timestamp), datetime.UTC)
    expected = [signer.sign(message_id, moment, text) for signer in _signers(secret)]
    if sum(hmac.compare_digest(ours, one) for ours in expected for one in signatures) == 0:
        raise Invalid("signature", "no signature fits; sign the body's bytes as they are sent")
    return message_id


def send(
    url: str,
    secret: str,
    message: Mapping[str, Any],
    *,
    at: datetime.datetime,
    message_id: str = "",
    seconds: float = 10.0,
) -> tuple[int, bytes]:
    """POST ``message`` as JSON; return HTTP status and body. Repeat with the same ``message_id``.

    Raises ``OSError`` when the other side cannot be reached; then repeat later.
    """
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    headers = sign(secret, message_id or str(uuid.uuid4()), body, at=at)
    request = urllib.request.Request(  # noqa: S310  # the partner's own configuration
        url, data=body, headers={**headers, "Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=seconds) as response:  # noqa: S310
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def approval_answered(
    application: str, item: str, granted: bool, reason: str = ""
) -> dict[str, Any]:
    """Return the message that answers an ``approval.requested`` of ours."""
    return {
        "type": "approval.answered",
        "data": {"application": application, "item": item, "granted": granted, "reason": reason},
    }


def dispute_answered(dispute: str, corrected: bool, reason: str = "") -> dict[str, Any]:
    """Return the message that answers a ``dispute.opened`` or ``dispute.reminded`` of ours.

    Corrected: answer our next question with the corrected record. It stands: with a ``reason``,
    which the applicant reads.
    """
    return {
        "type": "dispute.answered",
        "data": {"dispute": dispute, "corrected": corrected, "reason": reason},
    }


def filing_receipt(
    filing: str, accepted: bool, receipt: str = "", reason: str = ""
) -> dict[str, Any]:
    """Return the message that answers a ``filing.pushed`` or ``filing.reminded`` of ours.

    ``receipt`` is your own number; a return needs its ``reason``.
    """
    outcome = "accepted" if accepted else "returned"
    return {
        "type": "filing.receipt",
        "data": {"filing": filing, "outcome": outcome, "receipt": receipt, "reason": reason},
    }


def record_changed(registry: str, cases: list[str]) -> dict[str, Any]:
    """Return the message that tells of changed records of your registry.

    ``cases``: the case numbers in those questions of ours that the records answered, at most
    1,000. We ask again; what you answer then counts.
    """
    return {"type": "record.changed", "data": {"registry": registry, "cases": cases}}
