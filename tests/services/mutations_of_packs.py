"""Single changes of one meaningful value of a pack, drawn at random with a seed."""

from __future__ import annotations

import datetime
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
# what says nothing of the service, or may have one value only
_FIXED = {"service", "as_of", "type", "additionalProperties", "areas", "$schema", "uniqueItems"}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SWAPS = (
    (" <= ", " < "), (" >= ", " > "), (" < ", " <= "), (" > ", " >= "), (" != ", " = "),
    (" = ", " != "), (" and ", " or "), (" or ", " and "), ("every ", "some "), (" + ", " - "),
)  # fmt: skip
_OTHER = {
    "refer": "return", "return": "refer", "yes": "no", "no": "yes", "working": "calendar",
    "calendar": "working", "month": "quarter", "year": "month", "approve": "refer",
    "licence": "confirmation", "benefit": "confirmation", "confirmation": "benefit",
}  # fmt: skip
_EXPRESSIONS = ("must", "applies", "when", "amount", "where", "barred_if", "only_if", "value")


@dataclass(frozen=True)
class Mutation:
    """A changed pack; ``path``: of the value; ``old``, ``new``: that value."""

    text: str
    path: tuple[Any, ...]
    old: str
    new: str


def dumped(node: yaml.Node) -> str:
    return str(yaml.serialize(node, Dumper=_Dumper, allow_unicode=True, width=10**6))


def composed(text: str) -> yaml.Node:
    return yaml.compose(text, Loader=_Loader)


def plain(text: str) -> str:
    """The same pack in another spelling: no comments, other spaces and line ends."""
    return dumped(composed(text))


def mutations(text: str, seed: int) -> Iterator[Mutation]:
    """Endless single changes; some are refused when they are read."""
    data = composed(text)
    places = [p for p in _scalars(data, ()) if not _FIXED & {str(part) for part, _ in p[:2]}]
    places = [p for p in places if p[-1][0] not in _FIXED]
    roots = sorted({p[0][0] for p in places})
    chance = random.Random(seed)
    while True:
        root = chance.choice(roots)
        place = chance.choice([p for p in places if p[0][0] == root])
        path, node = tuple(part for part, _ in place), place[-1][1]
        old = node.value
        new = _other(old, path, chance)
        if new is not None and new != old:
            node.value = new
            changed = dumped(data)
            node.value = old
            yield Mutation(changed, path, old, new)


def _scalars(node: yaml.Node, place: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Every scalar by its place: pairs of a key and the node under it."""
    if isinstance(node, yaml.ScalarNode):
        yield place
    elif isinstance(node, yaml.MappingNode):
        for key, part in node.value:
            yield from _scalars(part, (*place, (key.value, part)))
    else:
        for number, part in enumerate(node.value):
            yield from _scalars(part, (*place, (number, part)))


def _other(old: str, path: tuple[Any, ...], chance: random.Random) -> str | None:
    if path[-1] == "table":
        return _other_cell(old, chance)
    if path[-1] in _EXPRESSIONS:
        found = [(a, b) for a, b in _SWAPS if a in old]
        if not found:
            return f"not({old})" if path[-1] in ("must", "applies", "when") else None
        a, b = chance.choice(found)
        return old.replace(a, b, 1)
    if old in _OTHER:
        return _OTHER[old]
    if _DAY.fullmatch(old):
        return str(datetime.date.fromisoformat(old) + datetime.timedelta(days=1))
    numbers = list(re.finditer(r"\d+", old))
    if re.fullmatch(r"P?\d+[YMDT]*\d*[A-Z]?", old) or old.isdecimal():
        one = numbers[0]
        return old[: one.start()] + str(int(one[0]) + 1) + old[one.end() :]
    if path[-1] in ("zh", "en", "law", "basis", "doubt", "x-zh", "x-en", "name"):
        return old + ("（改）" if re.search("[一-鿿]", old) else " anew")
    return None


def _other_cell(old: str, chance: random.Random) -> str | None:
    """A table with one number of one row moved by one, or one row fewer."""
    lines = old.split("\n")
    rows = [n for n in range(1, len(lines)) if lines[n].strip()]
    n = chance.choice(rows)
    numbers = [m for m in re.finditer(r"\d+", lines[n]) if m.start() > lines[n].find("|") > 0]
    if numbers and chance.random() < 0.7:
        one = chance.choice(numbers)
        moved = str(int(one[0]) + 1)
        lines[n] = lines[n][: one.start()] + moved + lines[n][one.end() :]
        return "\n".join(lines)
    return "\n".join(lines[:n] + lines[n + 1 :])
