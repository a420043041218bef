"""Texts that nobody may hand in, and what statements that write were given of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from city.characters import UNSAFE

MARK, LONGEST = "MARK", 5_000
CLASSES: dict[str, str | bytes] = {
    "NUL": "\x00",
    "C0": "\x07",
    "C1": "\x85",
    "bidi": "\u202e",
    "zero width": "\u200b",
    "tag": "\U000e0041",
    "non-character": "\U0001fffe",
    "over-long": "长" * (LONGEST + 1),
    "not normalised": "e\u0301",
    "half a character": b"\xed\xa0\x80",
    "other encoding": "汉字".encode("gbk"),
}


def marked(name: str) -> bytes:
    """A text of a class behind a mark, by which it is found again."""
    text = CLASSES[name]
    return MARK.encode() + (text if isinstance(text, bytes) else text.encode())


class Kept:
    """What statements that write were given; ``faults`` is what they should not have been."""

    def __init__(self, *, besides: str = "") -> None:
        self.texts: list[str] = []
        self.besides = besides  # statements that hold a document as it came

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        writes = re.search(r"\bINSERT INTO\b|(?<!FOR )(?<!KEY )\bUPDATE\b", str(sql))
        if writes and not (self.besides and self.besides in str(sql)):
            self.texts += (t for t in _texts(params) if MARK in t)
        return execute(sql, params, many, context)

    @property
    def faults(self) -> list[str]:
        found = []
        for text in self.texts:
            for match in re.finditer(f"{MARK}.{{0,{LONGEST + 10}}}", text, re.DOTALL):
                part = match[0]
                if sign := UNSAFE.search(part.replace("\r", "")):
                    found.append(f"U+{ord(sign[0]):04X} is kept")
                if "\ufffd" in part:
                    found.append("what could not be read is kept")
                if not unicodedata.is_normalized("NFC", part):
                    found.append("kept as it came, not in normal form")
                if "长" * LONGEST in part:
                    found.append(f"more than {LONGEST} characters are kept")
        return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), value)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif hasattr(value, "obj"):  # psycopg's Json and Jsonb
        yield from _texts(value.obj)


@contextmanager
def undone(*, besides: str = "") -> Iterator[Kept]:
    """What happens inside leaves nothing behind."""
    kept = Kept(besides=besides)
    with transaction.atomic(), connection.execute_wrapper(kept):
        yield kept
        transaction.set_rollback(True)
