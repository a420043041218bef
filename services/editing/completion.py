"""What may be written next in an expression: names, functions, fields of records, values. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dmn import types as t
from dmn.checking.dialect import FUNCTIONS as BUILTINS
from services.editing.scope import Scope
from services.functions import FUNCTIONS

MOST = 12
_WORDS = ("and", "or", "not()", "every", "some", "in", "satisfies", "null", "true", "false")
_TEXT = re.compile(r'([a-z_][a-z0-9_.]*)\s*(?:!=|=|in)\s*(?:\[[^\]]*)?"([^"]*)$')
_FIELD = re.compile(r"([a-z_][a-z0-9_]*)\.([a-z0-9_]*)$")
_NAME = re.compile(r"[^\W\d]\w*$")
_EACH = re.compile(r"\b(?:every|some)\s+([a-z_][a-z0-9_]*)\s+in\s+([a-z_][a-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """``insert`` takes the place of the last ``over`` characters; ``zh`` and ``en`` explain it."""

    insert: str
    over: int
    kind: str  # of a name its type, else function, word or value
    zh: str
    en: str


def suggestions(scope: Scope, before: str, tested: t.Type | None = None) -> list[Suggestion]:
    """What may follow the text before the caret, at most ``MOST``; nothing within a text.

    ``tested``: the type of the column, in a cell of a decision table.
    """
    if match := _TEXT.search(before):
        kind = _type_of(scope, before, match[1])
        return list(_values(kind, match[2], 1 + len(match[2])))[:MOST]
    if before.count('"') % 2:
        start = before.rindex('"') + 1
        return list(_values(tested, before[start:], 1 + len(before) - start))[:MOST]
    if match := _FIELD.search(before):
        return list(_fields(_type_of(scope, before, match[1]), match[2]))[:MOST]
    match = _NAME.search(before)
    typed = match[0] if match else ""
    found = [*(_values(tested, typed, len(typed)) if tested else ()), *_names(scope, before, typed)]
    return found[:MOST]


def _names(scope: Scope, before: str, typed: str) -> Iterator[Suggestion]:
    over, low = len(typed), typed.lower()
    bound = dict(_EACH.findall(before))
    for name in bound:
        if name.startswith(low):
            yield Suggestion(
                name, over, "record", f"{bound[name]} 中的一条", f"one of {bound[name]}"
            )
    known = []
    for name, kind in scope.names.items():
        zh, en = scope.label(name)
        if name.startswith(low) or (low and (low in zh or low in en.lower())):
            known.append((not name.startswith(low), Suggestion(name, over, str(kind), zh, en)))
    yield from (suggestion for _later, suggestion in sorted(known, key=lambda pair: pair[0]))
    for name in sorted(BUILTINS | FUNCTIONS.keys()):
        if name.startswith(low):
            yield Suggestion(f"{name}()", over, "function", "函数", "function")
    for word in _WORDS:
        if low and word.startswith(low) and word != low:
            yield Suggestion(word, over, "word", "关键字", "word of the language")


def _fields(kind: t.Type | None, typed: str) -> Iterator[Suggestion]:
    of = kind.of if isinstance(kind, t.ListType) else kind
    for name, part in of.fields if isinstance(of, t.ContextType) else ():
        if name.startswith(typed):
            yield Suggestion(name, len(typed), str(part), "记录的字段", "field of the record")


def _values(kind: t.Type | None, typed: str, over: int) -> Iterator[Suggestion]:
    """The values that a type allows, quoted."""
    for value in (kind.allowed if kind is not None else None) or ():
        if isinstance(value, str) and value.startswith(typed):
            yield Suggestion(f'"{value}"', over, "value", "取值", "value")


def _type_of(scope: Scope, before: str, dotted: str) -> t.Type | None:
    """The type of a name, or of a field of one; `every x in list` names one of the list."""
    name, *rest = dotted.split(".")
    if each := dict(_EACH.findall(before)).get(name):
        name = each
    kind = scope.names.get(name)
    for part in rest:
        of = kind.of if isinstance(kind, t.ListType) else kind
        kind = of.field(part) if isinstance(of, t.ContextType) else None
    return t.base_type(kind) if kind is not None and kind.allowed is None else kind
