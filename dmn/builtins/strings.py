"""String functions (DMN 1.5, table 74). Lengths and positions count Unicode code points."""

from __future__ import annotations

import operator
from decimal import Decimal

from dmn.builtins.backtrack import occurs
from dmn.builtins.patterns import compiled, marks_of, may_be_slow, pattern, substitution, unspaced
from dmn.builtins.registry import builtin
from dmn.limits import Budget


@builtin("substring(string: string, start position: number, length?: number)")
def substring(text: str, start: Decimal, length: Decimal | None = None) -> object:
    at = int(start)
    if not at or abs(at) > len(text) or (length is not None and length < 1):
        return None
    begin = at - 1 if at > 0 else len(text) + at
    return text[begin:] if length is None else text[begin : begin + int(length)]


@builtin("string length(string: string)")
def length_of(text: str) -> object:
    return Decimal(len(text))


@builtin("substring before(string: string, match: string)")
def before(text: str, match: str) -> object:
    return text.partition(match)[0] if match and match in text else ""


@builtin("substring after(string: string, match: string)")
def after(text: str, match: str) -> object:
    return text.partition(match)[2] if match else text


# Python's own, called without a frame of ours: word lists are gone through item by item.
builtin("contains(string: string, match: string)")(operator.contains)
builtin("starts with(string: string, match: string)")(str.startswith)
builtin("ends with(string: string, match: string)")(str.endswith)
builtin("upper case(string: string)")(str.upper)
builtin("lower case(string: string)")(str.lower)


@builtin("matches(input: string, pattern: string, flags?: string)", needs=("budget",))
def matches(text: str, wanted: str, flags: str | None = None, *, budget: Budget) -> object:
    budget.spend(len(text) // 16)
    flags = flags or ""
    made = compiled(wanted, flags)
    if not may_be_slow(wanted, flags, len(text)):
        return made.search(text) is not None
    plain = unspaced(wanted) if "x" in flags else wanted
    return occurs(text, plain, marks_of(flags), lambda steps: budget.spend(steps // 10))


@builtin(
    "replace(input: string, pattern: string, replacement: string, flags?: string)",
    needs=("budget",),
)
def replace(
    text: str, wanted: str, new: str, flags: str | None = None, *, budget: Budget
) -> object:
    """Null for a pattern that matches the empty string, as XPath's fn:replace demands."""
    budget.spend(len(text) // 16)
    found = pattern(wanted, flags or "", length=len(text))
    if found.search(""):
        return None
    made = found.sub(substitution(new, found, literal="q" in (flags or "")), text)
    budget.make(len(made) // 16)
    return made


@builtin("split(string: string, delimiter: string)", needs=("budget",))
def split(text: str, delimiter: str, *, budget: Budget) -> object:
    """The delimiter is a regular expression; its groups are not part of the result.

    Null for one that matches the empty string, as XPath's fn:tokenize demands.
    """
    found, at, made = pattern(delimiter, "", length=len(text)), 0, []
    if found.search(""):
        return None
    for match in found.finditer(text):
        made.append(text[at : match.start()])
        at = match.end()
    budget.make(len(made))
    return [*made, text[at:]]


@builtin("string join(list: list, delimiter?: string)", needs=("budget",))
def join(parts: list[object], delimiter: str | None = None, *, budget: Budget) -> object:
    """Nulls are left out; anything else that is no string gives null."""
    texts = [part for part in parts if isinstance(part, str)]
    if len(texts) + parts.count(None) != len(parts):
        return None
    joint = delimiter or ""
    total = sum(len(text) for text in texts) + len(joint) * len(texts)
    budget.make(total // 16)
    return joint.join(texts)
