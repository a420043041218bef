"""Another agency's webhook, signed or forged, sent in this process."""

from __future__ import annotations

import datetime
import json
import uuid
from typing import Any

from django.test import Client

from exchange.webhook_client import sign
from ledger.clock import now


def post(
    partner: str,
    secret: str,
    message: dict[str, Any] | bytes,
    *,
    at: datetime.datetime | None = None,
    message_id: str = "",
    headers: dict[str, str] | None = None,
    path: str = "",
) -> Any:
    raw = message if isinstance(message, bytes) else json.dumps(message).encode()
    signed = sign(secret, message_id or str(uuid.uuid4()), raw, at=at or now())
    return Client(headers={**signed, **(headers or {})}).post(
        path or f"/webhooks/{partner}/", raw, content_type="application/json"
    )
