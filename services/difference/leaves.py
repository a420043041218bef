"""A pack taken apart: every value that it says, by part, by name and by place within. Pure.

The walk goes over the fields of the pack's own classes, so what a pack may say tomorrow is compared
tomorrow too, before anybody writes a label for it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dmn
from dmn import types as t
from dmn.errors import FeelError
from services.difference.labels import EXPRESSIONS
from services.functions import FUNCTIONS
from services.pack.bounds import Bounds
from services.pack.filings import whole_form
from services.pack.model import ISSUED, Pack
from services.rulebook import Rulebook

Place = tuple[str, ...]
# keys that name an item among others of its kind
_IDS = ("id", "name", "kind", "question", "registry", "zh")
# where something stands in its file; what another part says already; what a name says
_LEFT_OUT = frozenset(
    {
        ("Table", "line"),
        ("Table", "text"),
        ("FilingSheet", "line"),
        ("FilingSheet", "text"),
        ("FilingItem", "form"),
        ("Case", "line"),
        ("Pack", "service"),
    }
)
_QUOTED = re.compile(r'("[^"]*")')


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value. ``meaning``: what two of them are compared by; ``of``: what it is a value of."""

    value: object
    meaning: object
    of: object = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """Something with a name in an edition; ``spec``: the pack's own object, or the form's node."""

    part: str
    id: str
    leaves: Mapping[Place, Leaf]
    spec: object = None


def items(book: Rulebook) -> Iterator[Item]:
    """Everything that an edition says, but for the rows of its tables (``tables``)."""
    pack = book.pack
    walk = _Walk(book)
    yield walk.service()
    yield Item("term", "clock", dict(walk.leaves(_terms(pack), ())), pack.clock)
    for name, figure in pack.parameters.items():
        yield Item("parameter", name, dict(walk.parameter(figure)), figure)
    for part, found in _named(pack):
        for id_, spec in found:
            yield Item(part, id_, dict(walk.leaves(spec, ())), spec)
    yield from walk.questions(whole_form(pack), "")


def _terms(pack: Pack) -> Mapping[str, object]:
    clock = pack.clock
    return {
        "promised": clock.promised,
        "statutory": clock.statutory,
        "extension": clock.extension,
        "joint": clock.joint,
        "correct_within": pack.correct_within,
    }


def _named(pack: Pack) -> Iterator[tuple[str, Iterator[tuple[str, Any]]]]:
    single = lambda id_, spec: iter([(id_, spec)] if spec is not None else [])  # noqa: E731
    yield "condition", ((one.id, one) for one in pack.requirements)
    yield "table", iter(pack.tables.items())
    yield "material", iter(pack.materials.items())
    yield "commitment", iter(pack.commitments.items())
    yield "source", ((one.zh, one) for one in pack.material_sources)
    yield "registry", iter(pack.registries.items())
    yield "fact", iter(pack.facts.items())
    yield "agency", ((one.id, one) for one in pack.consents)
    yield "guard", ((one.id, one) for one in pack.guards)
    yield "filing", iter(pack.filings.items.items() if pack.filings else ())
    yield "filing", single("filing", pack.filings.columns if pack.filings else None)
    yield "outcome", single("outcome", pack.outcomes)
    yield "certificate", single("certificate", pack.certificate)
    yield "endorsement", single("endorsement", pack.endorsement)
    yield "change", single("change", pack.changes)
    yield "entitlement", ((one.kind, one) for one in pack.entitlements)
    yield "quota", single("quota", pack.quota)
    yield "fee", single("fee", pack.fee)
    yield "inspection", single("inspection", pack.inspection)
    yield "provisional", single("provisional", pack.provisional)
    yield "offer", single("offer", pack.proactive)
    yield "test", ((one.name, one) for one in pack.cases)


# of a pack: what stands in parts of its own
_OWN = frozenset(
    {
        "registries", "form", "materials", "parameters", "facts", "requirements", "tables",
        "consents", "certificate", "entitlements", "outcomes", "endorsement", "filings", "guards",
        "changes", "quota", "fee", "commitments", "inspection", "material_sources", "proactive",
        "provisional", "cases", "clock", "correct_within", "service", "in_force_from",
    }
)  # fmt: skip


class _Walk:
    def __init__(self, book: Rulebook) -> None:
        self.book = book
        self.names = {**ISSUED, **book.program.names}

    def service(self) -> Item:
        pack = self.book.pack
        plain = {
            slot.name: getattr(pack, slot.name)
            for slot in dataclasses.fields(pack)
            if slot.name not in _OWN
        }
        found: dict[Place, Leaf] = {}
        for name, value in plain.items():
            found |= self.leaves(value, (name,), pack, name)
        start = self.book.in_force_from
        found["in_force_from",] = Leaf(start, start)
        for name, several in (("conditions", pack.requirements), ("tests", pack.cases)):
            order = tuple(getattr(one, "id", "") or getattr(one, "name", "") for one in several)
            found["order", name] = Leaf(order, order)
        return Item("service", pack.service, found, pack)

    def parameter(self, figure: Any) -> Iterator[tuple[Place, Leaf]]:
        for since, value in figure.values:
            yield ("values", since.isoformat()), Leaf(value, (value.__class__, value), figure)
        for slot in dataclasses.fields(figure):
            if slot.name not in ("name", "values"):
                yield from self.leaves(getattr(figure, slot.name), (slot.name,), figure, slot.name)

    def questions(self, node: Mapping[str, Any], pointer: str) -> Iterator[Item]:
        required = node.get("required", ())
        own = {k: v for k, v in node.items() if k not in ("properties", "required")}
        if not pointer:
            own = {**own, "order": tuple(node.get("properties", {}))}
            yield Item("question", "/", dict(self.schema(own, ())), node)
        for name, child in node.get("properties", {}).items():
            at, inner = f"{pointer}/{name}", child.get("items", {})
            outer = {k: v for k, v in child.items() if k not in ("properties", "required")}
            outer["required"] = name in required
            if "properties" in child:
                outer["order"] = tuple(child["properties"])
            if "properties" in inner:
                several = {k: v for k, v in inner.items() if k not in ("properties", "required")}
                outer["items"] = {**several, "order": tuple(inner["properties"])}
            yield Item("question", at, dict(self.schema(outer, ())), child)
            if "properties" in child:
                yield from self.questions_within(child, at)
            elif "properties" in inner:
                yield from self.questions_within(inner, f"{at}/*")

    def questions_within(self, node: Mapping[str, Any], pointer: str) -> Iterator[Item]:
        return self.questions(node, pointer)

    def schema(self, value: Any, place: Place) -> Iterator[tuple[Place, Leaf]]:
        """The keywords of a form's node; choices by their code."""
        if isinstance(value, Mapping):
            if set(value) >= {"const", "x-zh"}:
                yield place, Leaf({"zh": value["x-zh"], "en": value.get("x-en", "")}, dict(value))
                return
            for key, part in value.items():
                yield from self.schema(part, (*place, str(key)))
        elif isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
            for number, one in enumerate(value):
                yield from self.schema(one, (*place, str(one.get("const", number))))
        else:
            plain = tuple(map(str, value)) if isinstance(value, list) else value
            yield place, Leaf(plain, (value.__class__, str(value)), value, place[-1])

    def leaves(
        self, value: Any, place: Place, of: object = None, key: str = ""
    ) -> Iterator[tuple[Place, Leaf]]:
        """The values within a value, each with its place."""
        if isinstance(value, t.Type | Bounds) or not _is_compound(value):
            yield place, Leaf(value, self.meaning(value, of, key), of, key)
        elif dataclasses.is_dataclass(value):
            name = value.__class__.__name__
            for slot in dataclasses.fields(value):
                if (name, slot.name) not in _LEFT_OUT:
                    inner = getattr(value, slot.name)
                    yield from self.leaves(inner, (*place, slot.name), value, slot.name)
        elif isinstance(value, Mapping):
            if set(value) == {"zh", "en"}:
                yield place, Leaf(value, dict(value), of, key)
                return
            for name, inner in value.items():
                yield from self.leaves(inner, (*place, str(name)), of, key)
        else:
            taken: dict[str, int] = {}
            for one in value:
                id_ = _id(one)
                taken[id_] = taken.get(id_, 0) + 1
                at = id_ if taken[id_] == 1 else f"{id_} {taken[id_]}"
                yield from self.leaves(one, (*place, at), of, key)
            order = tuple(map(_id, value))
            yield (*place, "order"), Leaf(order, order)

    def meaning(self, value: object, of: object, key: str) -> object:
        if (of.__class__.__name__, key) in EXPRESSIONS:
            if isinstance(value, tuple):
                return tuple(self.meaning(one, of, key) for one in value)
            return self.expression(str(value))
        return value.__class__, value

    def expression(self, text: str) -> object:
        """What an expression says, however it is spaced."""
        try:
            return dmn.parse(text, dialect="total", names=self.names, functions=FUNCTIONS)
        except FeelError:
            parts = _QUOTED.split(text)
            return "".join(p if p.startswith('"') else " ".join(p.split()) for p in parts)


def _is_compound(value: object) -> bool:
    if isinstance(value, tuple | list):
        return any(_is_compound(one) for one in value)
    return isinstance(value, Mapping) or (
        dataclasses.is_dataclass(value) and not isinstance(value, type)
    )


def _id(value: object) -> str:
    for name in _IDS:
        found = value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
        if isinstance(found, str):
            return found
    if isinstance(value, tuple) and value:
        return str(value[0])
    return str(value)
