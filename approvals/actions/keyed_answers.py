"""What is done under a program's key is done once, and answered the same for 24 hours.

The key is written in the transaction of what it stands for: a process that dies leaves neither.
Answers are encrypted, for they tell of persons; one that shows a secret is kept for
``SECRET_KEPT`` alone.
"""

import datetime
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection, transaction

from approvals.models import KeyedAnswer
from ledger import encryption
from people.actors import Actor
from people.errors import ActionRejected

KEPT = datetime.timedelta(hours=24)
SECRET_KEPT = datetime.timedelta(minutes=10)
_PURPOSE = "partner"  # of the key that encrypts


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """Who asks under which key, and the SHA-256 of all that the request says."""

    by: Actor
    key: str
    hash: bytes

    @property
    def bound(self) -> bytes:
        return hashlib.sha256(f"{self.by.caller}\n{self.key}".encode()).digest()


def once(
    asked: KeyedRequest, do: Callable[[], bytes], *, now: datetime.datetime, secret: bool = False
) -> bytes:
    """Return the answer of ``do``, called in a transaction, or what it was before under the key.

    Raises ``ActionRejected``: 422 for another request under the same key, 409 while the first is
    under way or where its answer showed a ``secret`` and is forgotten; and whatever ``do`` raises,
    with which the key stays free.
    """
    with transaction.atomic():
        if not _is_alone(asked):
            raise ActionRejected(
                "key_in_use",
                "使用该幂等键的请求正在处理，请稍后重试",
                "A request with this Idempotency-Key is under way; try again in a moment.",
                field="Idempotency-Key",
            )
        if (before := answered(asked, now=now)) is not None:
            return before
        answer = do()
        keep(asked, answer, now=now, secret=secret)
    return answer


def answered(asked: KeyedRequest, *, now: datetime.datetime) -> bytes | None:
    """Return what was answered under the key, None where nothing was; raises as ``once`` does."""
    row = KeyedAnswer.objects.filter(client=asked.by.caller, key=asked.key).first()
    if row is None:
        return None
    if bytes(row.request_hash) != asked.hash:
        raise ActionRejected(
            "key_reused",
            "该幂等键已用于另一项内容不同的请求",
            "This Idempotency-Key was used before for another request.",
            status=422,
            field="Idempotency-Key",
        )
    if row.readable_until is not None and row.readable_until <= now:
        raise ActionRejected(
            "secret_forgotten",
            "该请求已经完成，其密钥仅保留十分钟；如未收到，请以新的幂等键更换密钥",
            "This was done, and its secret was kept for ten minutes; if you did not get it, make a"
            " new one with a new key.",
            field="Idempotency-Key",
        )
    data, bound = encryption.decrypt(_PURPOSE, bytes(row.answer))
    if bound != asked.bound:
        raise encryption.DecryptionError("an answer was moved from another row")
    return data


def keep(
    asked: KeyedRequest, answer: bytes, *, now: datetime.datetime, secret: bool = False
) -> None:
    """Write an answer under its key; one that is there already stays."""
    row = KeyedAnswer(
        client=asked.by.caller,
        key=asked.key,
        request_hash=asked.hash,
        answer=encryption.encrypt(_PURPOSE, answer, asked.bound),
        created_at=now,
        readable_until=now + SECRET_KEPT if secret else None,
    )
    KeyedAnswer.objects.bulk_create([row], ignore_conflicts=True)


def forget(*, now: datetime.datetime) -> None:
    """Delete keys after 24 hours, and before that each answer that shows a secret."""
    KeyedAnswer.objects.filter(created_at__lt=now - KEPT).delete()
    shown = KeyedAnswer.objects.filter(readable_until__isnull=False, readable_until__lte=now)
    shown.exclude(answer=b"").update(answer=b"")


def _is_alone(asked: KeyedRequest) -> bool:
    """Take the key until the transaction ends, if nobody has it."""
    with connection.cursor() as cursor:
        number = int.from_bytes(asked.bound[:8], signed=True)
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])
