"""Hearing what other agencies tell us: authentic, fresh, and each message once."""

import datetime
import hashlib
import logging
import re
from collections.abc import Mapping

import orjson
from django.db import connection

from exchange import webhook_client, webhook_secrets
from exchange.models import Message, Partner, ReusedId
from exchange.webhook_secrets import IN
from ledger.encryption import DecryptionError
from ledger.identifiers import uuid7
from people.errors import ActionRejected

log = logging.getLogger(__name__)
BODY_MAX = 1_000_000  # bytes
_KIND = re.compile(r"[a-z_.]{1,40}")


class IdReused(ActionRejected):
    """The message id came before with another body (409).

    Whoever catches it calls ``report`` once the transaction that was refused is over.
    """

    def __init__(self, before: Message, refused: Message) -> None:
        super().__init__(
            "message_id_reused",
            "同一消息编号先前带有不同内容",
            "This message id came before with another body.",
        )
        self.before, self.refused = before, refused


class Repeated(Exception):
    """The same message has come before and has taken effect."""

    def __init__(self, message: Message) -> None:
        super().__init__(f"message {message.message_id} of {message.partner_id} came before")
        self.message = message


_WORDS = {
    "headers": (400, "bad_webhook_headers", "签名相关的请求头缺失或格式不符"),
    "stale": (401, "stale_webhook", "消息时间与当前时间相差超过五分钟"),
    "body": (400, "bad_webhook_body", "消息体不是 UTF-8 文本"),
    "signature": (401, "bad_signature", "签名不符；请对发送的原始字节签名"),
}


def accept(
    partner_code: str, headers: Mapping[str, str], raw: bytes, now: datetime.datetime
) -> Message:
    """Verify ``raw`` as it came and record it, in the caller's transaction.

    The effect belongs in the same transaction: if it is refused, so is the record, and the sender
    may try again. Raises ``ActionRejected`` or, when the very same message came before,
    ``Repeated``; ``IdReused`` for a message id that comes again with another body.
    """
    partner, secrets = _sender(partner_code, now)
    if len(raw) > BODY_MAX:
        raise ActionRejected(
            "too_large", "消息超过 1 MB", "The message is larger than 1 MB.", status=413
        )
    try:
        message_id = webhook_client.verify(secrets, headers, raw, at=now)
    except webhook_client.Invalid as error:
        status, code, zh = _WORDS[error.reason]
        raise ActionRejected(code, zh, f"{error}.", status=status) from None
    if b"\0" in raw:
        raise ActionRejected(
            "bad_webhook_body", "消息体含空字符", "The body holds a NUL character.", status=400
        )
    message = Message(
        id=uuid7(),
        partner=partner,
        message_id=message_id,
        kind=_kind(raw),
        body_hash=hashlib.sha256(raw).digest(),
        body=raw.decode(),
        received_at=now,
    )
    if not _record(message):
        _compare(message)
    return message


def _sender(code: str, now: datetime.datetime) -> tuple[Partner, list[str]]:
    if len(code) <= 40 and code.isascii() and code.isprintable():
        partner = Partner.objects.filter(code=code, active=True).first()
        if partner is not None:
            try:
                return partner, webhook_secrets.active(partner, IN, now)
            except DecryptionError:
                log.exception("no message of partner %s can be verified", code)
    raise ActionRejected("no_such_partner", "没有这个部门", "There is no such partner.", status=404)


def _kind(raw: bytes) -> str:
    """What the message says that it is, for lists only; whoever acts on it looks for himself."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return ""
    kind = body.get("type") if isinstance(body, dict) else None
    return kind if isinstance(kind, str) and _KIND.fullmatch(kind) else ""


def _record(message: Message) -> bool:
    """Insert unless (partner, message id) is there; a concurrent twin is waited for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO exchange_message"
            " (id, partner_id, message_id, kind, body_hash, body, received_at, result)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, '')"
            " ON CONFLICT (partner_id, message_id) DO NOTHING",
            [
                message.id,
                message.partner_id,
                message.message_id,
                message.kind,
                bytes(message.body_hash),
                message.body,
                message.received_at,
            ],
        )
        return bool(cursor.rowcount)


def _compare(message: Message) -> None:
    before = Message.objects.get(partner_id=message.partner_id, message_id=message.message_id)
    if bytes(before.body_hash) == message.body_hash:
        raise Repeated(before)
    raise IdReused(before, message)


def report(reused: IdReused) -> None:
    """Keep for operators that a message id was used twice, and say so in the log; once a body."""
    refused = reused.refused
    log.error(
        "ALARM: partner %s sent message %s again with another body",
        refused.partner_id,
        refused.message_id,
    )
    ReusedId.objects.get_or_create(
        message=reused.before,
        body_hash=refused.body_hash,
        defaults={"kind": refused.kind, "at": refused.received_at},
    )
