"""``Idempotency-Key`` (draft-ietf-httpapi-idempotency-key-header): a write that counts once."""

import hashlib
import re
from collections.abc import Callable

import orjson
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.actions import keyed_answers
from approvals.actions.keyed_answers import KeyedRequest
from approvals.actions.submission import Key
from approvals.api import described
from ledger.clock import now
from people.actors import Actor
from people.errors import ActionRejected
from people.text import require_no_id_number

_KEY = re.compile(described.KEY)


def required_key(request: Request) -> Key:
    """Return the key and the hash of the body; raises ``ActionRejected`` (400) without a key."""
    return Key(_value(request), hashlib.sha256(_raw(request)).digest())


def once(
    request: Request, by: Actor, do: Callable[[], Response], *, secret: bool = False
) -> Response:
    """Answer with what ``do`` returns, in a transaction; with a key, as often as it is repeated.

    ``secret``: the answer shows one. Raises as ``keyed_answers.once`` does.
    """
    if (asked := _asked(request, by)) is None:
        return do()
    first: list[Response] = []

    def answer() -> bytes:
        first.append(do())
        return _packed(first[0])

    packed = keyed_answers.once(asked, answer, now=now(), secret=secret)
    return first[0] if first else _unpacked(packed)


def once_outside(request: Request, by: Actor, do: Callable[[], Response]) -> Response:
    """As ``once``, for what takes seconds, holds no lock, and done twice comes to the same."""
    if (asked := _asked(request, by)) is None:
        return do()
    if (before := keyed_answers.answered(asked, now=now())) is not None:
        return _unpacked(before)
    response = do()
    keyed_answers.keep(asked, _packed(response), now=now())
    return response


def _asked(request: Request, by: Actor) -> KeyedRequest | None:
    if "HTTP_IDEMPOTENCY_KEY" not in request.META:
        return None
    head = f"{request.method}\n{request.path}\n".encode()
    return KeyedRequest(by, _value(request), hashlib.sha256(head + _raw(request)).digest())


def _value(request: Request) -> str:
    value: str = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    if not _KEY.fullmatch(value):
        raise ActionRejected(
            "key_required",
            "请在 Idempotency-Key 头中提供 8 至 120 个可见字符的幂等键",
            "Send an Idempotency-Key header of 8 to 120 visible ASCII characters.",
            status=400,
            field="Idempotency-Key",
        )
    require_no_id_number(value, "Idempotency-Key")
    return value


def _raw(request: Request) -> bytes:
    request.data  # noqa: B018 - parsing keeps the raw body, unless there is none
    return bytes(getattr(request, "raw_body", b""))


def _packed(response: Response) -> bytes:
    kept = {name: response[name] for name in ("Cache-Control", "Location") if name in response}
    return orjson.dumps([response.status_code, kept, response.data])


def _unpacked(packed: bytes) -> Response:
    status, headers, body = orjson.loads(packed)
    return Response(body, status=status, headers=headers)
