"""Strict JSON (RFC 8259, I-JSON of RFC 7493): what is ambiguous is refused, not guessed."""

import json
import math
import re
from collections.abc import Mapping
from typing import IO, Any, Protocol

from django.conf import settings
from django.http import HttpRequest
from rest_framework.parsers import BaseParser

from materials.content import LARGEST as LARGEST_FILE
from people import text as texts
from people.errors import ActionRejected

MAX_DEPTH = 32
MAX_DIGITS = 15  # more do not survive an IEEE 754 double on the other side
FAULTS = 50  # named in one answer; more help nobody
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_ODD = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")  # the only ways to write a NUL or a surrogate


def _bad(code: str, zh: str, en: str, status: int = 400) -> ActionRejected:
    return ActionRejected(code, zh, en, status=status)


def strict_loads(raw: bytes) -> Any:
    """Parse ``raw``; raises ``ActionRejected`` (400) for what two readers could read apart."""
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise _bad(
            "json_bom", "JSON 请用不带 BOM 的 UTF-8 编码", "Send JSON as UTF-8 without a BOM."
        )
    _refuse_deep(raw)
    try:
        text = raw.decode("utf-8")
        value = _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise _bad(
            "json_encoding",
            f"第 {error.start} 字节不是 UTF-8",
            f"Byte {error.start} is not UTF-8.",
        ) from error
    except json.JSONDecodeError as error:
        raise _bad(
            "json_malformed",
            f"JSON 格式错误：第 {error.lineno} 行第 {error.colno} 列",
            f"Malformed JSON at line {error.lineno}, column {error.colno}.",
        ) from error
    except RecursionError as error:
        raise _too_deep() from error
    if _ODD.search(text):
        _refuse_odd_text(value, "")
    return value


def _refuse_deep(raw: bytes) -> None:
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return  # nearly every body
    depth = 0
    for match in _BRACKET.finditer(_STRING.sub(b"", raw)):
        depth += 1 if match[0] in b"[{" else -1
        if depth > MAX_DEPTH:
            raise _too_deep()


def _too_deep() -> ActionRejected:
    return _bad(
        "json_too_deep",
        f"JSON 嵌套不能超过 {MAX_DEPTH} 层",
        f"JSON may be nested {MAX_DEPTH} deep at most.",
    )


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        twice = readable(twice)
        raise _bad(
            "json_duplicate_key",
            f"键“{twice}”重复出现",
            f'The key "{twice}" stands there twice.',
        )
    return found


def _constant(name: str) -> Any:
    raise _bad("json_number", f"{name} 不是合法的 JSON 数字", f"{name} is not a JSON number.")


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise _bad(
            "json_number", "数字过大，请以文本传递", "That number is too large; send it as text."
        )
    return int(digits)


def _fraction(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _bad("json_number", "数字过大，请以文本传递", "That number is too large.")
    return value


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs,
    parse_constant=_constant,
    parse_int=_integer,
    parse_float=_fraction,
)


def readable(text: str) -> str:
    """Return what may be quoted in an answer: short, and printable."""
    return "".join(c if c.isprintable() else "?" for c in text[:60])


def pointer(*steps: object) -> str:
    """Return a JSON pointer (RFC 6901) that may be shown."""
    return "".join("/" + readable(str(s)).replace("~", "~0").replace("/", "~1") for s in steps)


def _refuse_odd_text(value: Any, where: str) -> None:
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
            refused = _bad(
                "bad_text",
                "文本含有空字符或残缺的字符",
                "The text has a NUL or half a character (a lone surrogate).",
            )
            refused.field = where or "/"
            raise refused
    elif isinstance(value, dict):
        for key, item in value.items():
            _refuse_odd_text(key, where)
            _refuse_odd_text(item, where + pointer(key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            _refuse_odd_text(item, f"{where}/{place}")


def require_safe(value: Any, where: str = "") -> None:
    """Raise ``ActionRejected`` (422) for a text of a document with a character that may not be."""
    if isinstance(value, str):
        texts.clean(value, longest=settings.DATA_UPLOAD_MAX_MEMORY_SIZE, field=where, lines=True)
    elif isinstance(value, dict):
        for key, item in value.items():
            require_safe(key, where)
            require_safe(item, where + pointer(key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            require_safe(item, f"{where}/{place}")


def require_length(request: HttpRequest, limit: int = 0) -> None:
    """Raise ``ActionRejected`` for a body without a length (411), or one above the limit (413).

    WSGI reads exactly ``Content-Length`` bytes: a chunked body would look empty.
    """
    meta = request.META
    if meta.get("HTTP_TRANSFER_ENCODING") and not meta.get("CONTENT_LENGTH"):
        raise _bad(
            "length_required",
            "请在 Content-Length 头中给出长度，不要分块发送",
            "Send a Content-Length; a chunked body is not taken.",
            411,
        )
    length = meta.get("CONTENT_LENGTH") or "0"
    limit = limit or settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if length.isdecimal() and int(length[:20]) > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> ActionRejected:
    return _bad(
        "too_large",
        f"请求体超过 {limit:,} 字节",
        f"The body is larger than {limit:,} bytes.",
        413,
    )


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_limited(stream: _Readable, limit: int = 0) -> bytes:
    """Read a body; raises ``ActionRejected``: 413 above the limit, 400 when it breaks off."""
    limit = limit or settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    try:
        raw = stream.read(limit + 1)
    except OSError as error:
        raise _bad(
            "body_broken_off", "请求体没有完整到达", "The body did not arrive whole."
        ) from error
    if len(raw) > limit:
        raise _too_large(limit)
    return raw


class FileParser(BaseParser):
    """A body that is one file, as it is; ``materials`` says how large it may be."""

    media_type = "application/octet-stream"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        raw = read_limited(stream, LARGEST_FILE)
        if parser_context:
            parser_context["request"].raw_body = raw
        return raw


class StrictJSONParser(BaseParser):
    """DRF's parser; the raw bytes stay on the request for hashing."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        raw = read_limited(stream)
        if parser_context:
            parser_context["request"].raw_body = raw
        return strict_loads(raw)
