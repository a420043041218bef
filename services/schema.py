"""Answers checked against an edition's form (JSON Schema 2020-12), with faults people can correct.

Beside the schema: depth and size are bounded, text is trimmed and composed (NFC), and signs that
PostgreSQL or a reader's eye cannot take (NUL, lone surrogates, overrides of direction) are faults.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import jsonschema_rs

from city.characters import UNSAFE
from city.messages import FORMATS, sentence
from people import text
from services import filings, tokens
from services.pack.keywords import without_nulls
from services.rulebook import Rulebook

DEPTH = 32
SIZE = 64_000  # characters of all keys and texts together
FAULTS = 50
_WHOLE = 2**53  # beyond it JSON readers differ


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to correct: ``pointer`` (RFC 6901) into the answers, and why."""

    pointer: str
    zh: str
    en: str


class Invalid(Exception):
    """The answers do not fit the form; ``faults`` lists everything at once (一次性告知)."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{f.pointer}: {f.en}" for f in faults))
        self.faults = faults


def validate(
    rulebook: Rulebook,
    answers: object,
    *,
    protect: Callable[[str], str],
    on: datetime.date | None = None,
) -> dict[str, Any]:
    """The answers, cleaned, when they fit the edition's form; else raises ``Invalid``.

    ID numbers come back as ``protect`` makes them: ``people.protection.protect`` encrypts, and
    raises ``ValueError`` for what only looks encrypted. ``on`` is the day of receipt, which the
    blocks of filings depend on; without one, the first day of the edition.
    """
    cleaned = without_nulls(rulebook.form, clean(answers))
    found = [_fault(error) for error in rulebook.validator.iter_errors(cleaned)]
    if not found:
        found = list(_blocks(rulebook, cleaned, on or rulebook.pack.in_force_from))
    if not found:

        def change(text: str, pointer: str) -> str:
            try:
                return protect(text)
            except ValueError:
                found.append(Fault(pointer, *FORMATS[tokens.FORMAT]))
                return ""

        cleaned = tokens.change_numbers(rulebook.form, cleaned, change)
    if found:
        raise Invalid(sorted(found, key=lambda fault: fault.pointer)[:FAULTS])
    return cleaned


def _blocks(rulebook: Rulebook, answers: dict[str, Any], on: datetime.date) -> Iterator[Fault]:
    """Blocks of filings that are missing, and those that were not asked for."""
    blocks = answers.get("filings", {})
    opened = {one.item: one for one in filings.opened(rulebook, answers, on)}
    for item in blocks:
        if item not in opened:
            zh, en = "该备案不适用，不应填写", "that filing does not apply, so it is not asked"
            yield Fault(f"/filings/{item}", zh, en)
    for item, one in opened.items():
        if one.level == "mandatory" and item not in blocks:
            yield Fault(f"/filings/{item}", f"须填写{one.zh}", f"must be given for: {one.en}")


def clean(answers: object) -> dict[str, Any]:
    """The same answers with every text trimmed and composed; empty ones of the top left out."""
    if not isinstance(answers, dict):
        raise Invalid([Fault("", "应为一组键值", "must be an object")])
    cleaner = _Cleaner()
    cleaned = cleaner.value(answers, "", 1)
    if cleaner.faults:
        raise Invalid(cleaner.faults[:FAULTS])
    return {key: value for key, value in cleaned.items() if value != ""}


class _Cleaner:
    def __init__(self) -> None:
        self.size = 0
        self.faults: list[Fault] = []

    def fault(self, pointer: str, zh: str, en: str) -> None:
        self.faults.append(Fault(pointer, zh, en))

    def value(self, value: Any, pointer: str, depth: int) -> Any:
        if depth > DEPTH:
            self.fault("", f"嵌套超过 {DEPTH} 层", f"is nested deeper than {DEPTH}")
            return None
        if self.size > SIZE or len(self.faults) > FAULTS:
            return None
        if isinstance(value, str):
            return self.text(value, pointer)
        if isinstance(value, dict):
            found = {}
            for key, part in value.items():
                below = f"{pointer}/{_escape(key)}"
                found[self.text(key, below)] = self.value(part, below, depth + 1)
            return found
        if isinstance(value, list):
            self.spend(len(value))
            return [self.value(part, f"{pointer}/{i}", depth + 1) for i, part in enumerate(value)]
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return self.number(value, pointer)
        return value

    def spend(self, size: int) -> None:
        before = self.size
        self.size += size
        if before <= SIZE < self.size:
            self.fault("", f"填写内容超过 {SIZE} 字", f"all answers exceed {SIZE} characters")

    def text(self, value: str, pointer: str) -> str:
        self.spend(len(value) + 1)
        if sign := text.unsafe(value, lines=True):
            self.fault(_safe(pointer), f"含有不允许的字符 {sign}", f"holds the sign {sign}")
            return ""
        return text.normal(value)

    def number(self, value: Any, pointer: str) -> int:
        """Whole numbers only: decimals are texts, because binary fractions are not decimal."""
        if value != value or abs(value) > _WHOLE or value != int(value):
            zh, en = "应为整数（小数请写成文字）", "must be whole (write decimals as text)"
            self.fault(_safe(pointer), zh, en)
            return 0
        return int(value)


def _fault(error: jsonschema_rs.ValidationError) -> Fault:
    path = list(error.instance_path)
    if error.kind.name == "required":
        path.append(error.kind.as_dict()["property"])
    zh, en = sentence(error)
    return Fault("".join(f"/{_escape(part)}" for part in path), zh, en)


def pointer(name: str) -> str:
    """Return the pointer of an answer of the top, as it may be shown."""
    return _safe("/" + _escape(name))


def _escape(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _safe(pointer: str) -> str:
    return UNSAFE.sub("?", pointer)[:200]
