"""Bounds of dates, amounts and counts: what a form lets in, and what a registry may be believed.

A value outside its bounds is a fault in an answer, and unknown in a registry's record: nobody was
born in the year 1. Publishing demands bounds everywhere, so that each is somebody's decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from city.errors import SourceError
from city.source import Path, Source
from dmn import types as t
from dmn.errors import FeelError
from dmn.values import UNKNOWN, from_json

BOUNDED = {"date": t.DATE, "decimal": t.NUMBER}  # formats of texts, with what they are read as
_WORDS = {  # of a form's node: what bounds it, from and to
    "integer": ("minimum", "maximum"),
    "array": ("minItems", "maxItems"),
    "date": ("formatMinimum", "formatMaximum"),
    "decimal": ("formatMinimum", "formatMaximum"),
}


class Bounds(NamedTuple):
    """Both included; ``None`` where there is none."""

    least: Any = None
    most: Any = None

    def admit(self, value: Any) -> bool:
        """Whether a typed value lies within; what is not known lies nowhere else."""
        if value is None or value is UNKNOWN:
            return True
        if self.least is not None and value < self.least:
            return False
        return self.most is None or value <= self.most


OPEN = Bounds()


def read(kind: t.Type, least: object, most: object) -> Bounds:
    """Bounds as written in a pack; raises ``FeelError`` for what is no value of the type."""
    found = Bounds(_read(kind, least), _read(kind, most))
    if found.least is not None and found.most is not None and found.most < found.least:
        raise FeelError("bounds.order", "下限大于上限", "the minimum is above the maximum")
    return found


def _read(kind: t.Type, written: object) -> Any:
    if written is None:
        return None
    if not isinstance(written, str | int) or isinstance(written, bool):
        raise FeelError("bounds.value", "界限应为数字或日期", "a bound is a number or a date")
    return from_json(str(written), kind)


def of_node(node: Mapping[str, Any]) -> Bounds:
    """The bounds of a form's number or date; open where it has none, or wrong ones."""
    if node.get("type") == "integer":
        kind, words = t.NUMBER, _WORDS["integer"]
    elif node.get("type") == "string" and str(node.get("format")) in BOUNDED:
        kind, words = BOUNDED[str(node["format"])], _WORDS[str(node["format"])]
    else:
        return OPEN
    try:
        return read(kind, *(node.get(word) for word in words))
    except FeelError:
        return OPEN  # a fault of the form, which says so


def missing(source: Source, node: Any, path: Path) -> Iterator[SourceError]:
    """What in a form, or a block of it, has no bounds."""
    if not isinstance(node, Mapping):
        return
    kind = node.get("format") if node.get("type") == "string" else node.get("type")
    fixed = any(word in node for word in ("const", "enum", "oneOf"))
    for word in () if fixed else _WORDS.get(str(kind), ()):
        if word not in node:
            yield source.error(path, f"须写明 {word}", f"{word} is missing")
    properties = node.get("properties", {})
    for name, part in properties.items() if isinstance(properties, Mapping) else ():
        yield from missing(source, part, (*path, "properties", name))
    yield from missing(source, node.get("items"), (*path, "items"))


def missing_of_facts(source: Source, facts: Mapping[str, Any]) -> Iterator[SourceError]:
    """Which of the facts that registries answer (as written in the pack) have no bounds."""
    for name, part in facts.items():
        if str(part["from"]).startswith("answers."):
            continue  # bounded by the form
        path: Path = ("facts", name)
        if part["type"] == "list":
            if "max" not in part:
                zh, en = "列表须写明 max（最多几项）", "a list needs max, the most items"
                yield source.error(path, zh, en)
            of = part.get("of")
            for field, kind in of.items() if isinstance(of, Mapping) else ():
                written = kind if isinstance(kind, Mapping) else {"type": kind}
                yield from _missing_of(source, written, (*path, "of", field))
        else:
            yield from _missing_of(source, part, path)


def _missing_of(source: Source, part: Mapping[str, Any], path: Path) -> Iterator[SourceError]:
    if part["type"] in ("number", "date"):
        for word in ("min", "max"):
            if word not in part:
                zh = f"数字和日期须写明 {word}"
                yield source.error(path, zh, f"a number or a date needs {word}")
