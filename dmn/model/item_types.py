"""Types of a model: item definitions and references to them (DMN 1.5, 7.3.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from dmn import types as t
from dmn.errors import FeelError
from dmn.evaluate.conformance import Restricted
from dmn.evaluate.rules import compile_tree
from dmn.feel.tree import UnaryTests
from dmn.language import parse
from dmn.model.elements import Import, ItemDefinition, Model
from dmn.types import Type


def import_key(one: Import) -> str:
    """The name of an import; for one without, a key that no name can be."""
    return one.name or f"\0{one.namespace}"


def is_unnamed(key: str) -> bool:
    return key.startswith("\0")


class ItemTypes:
    """The types a model can refer to; `imported` holds those of its imports by import name."""

    def __init__(self, model: Model, imported: Mapping[str, ItemTypes], faults: list[str]) -> None:
        self.definitions = {item.name: item for item in model.types}
        self.imported = imported
        self.faults = faults
        self.made: dict[str, Type] = {}
        self.making: set[str] = set()

    def resolve(self, reference: str) -> Type | None:
        """The type of a reference; None for no reference, Any (and a fault) for one to nothing."""
        reference = reference.strip()
        if not reference:
            return None
        try:
            found = self.lookup(reference) or t.parse_type(reference.rpartition(":")[2])
        except FeelError as error:
            self.faults.append(str(error))
            return t.ANY
        if isinstance(found, t.NamedType):
            self.faults.append(f"没有类型 / there is no type: {reference}")
            return t.ANY
        return resolved(found, self.lookup) if "<" in reference else found

    def lookup(self, reference: str) -> Type | None:
        """The definition of a name, here or in an import; None when there is none."""
        local = reference.rpartition(":")[2]
        for name in (reference, local):
            if name in self.definitions:
                return self._defined(name)
        for name, types in self.imported.items():
            if reference.startswith(f"{name}."):
                return types.lookup(reference[len(name) + 1 :])
            if is_unnamed(name) and reference in types.definitions:
                return types.lookup(reference)
            if local != reference and local in types.definitions:  # by an XML prefix
                return types.lookup(local)
        return None

    def _defined(self, name: str) -> Type:
        if name in self.made:
            return self.made[name]
        if name in self.making:  # a type that holds itself
            return t.ANY
        self.making.add(name)
        self.made[name] = self._make(self.definitions[name])
        self.making.discard(name)
        return self.made[name]

    def _make(self, item: ItemDefinition) -> Type:
        if item.components:
            kind: Type = t.ContextType(
                fields=tuple((part.name, self._make(part)) for part in item.components)
            )
        elif item.function is not None:
            parameters, result = item.function
            kind = t.FunctionType(
                parameters=tuple(self.resolve(p.type_ref) or t.ANY for p in parameters),
                result=self.resolve(result) or t.ANY,
            )
        else:
            kind = self.resolve(item.type_ref) or t.ANY
        kind = self._restricted(item.name, kind, item.allowed_values)
        if item.is_collection:
            kind = t.list_of(kind)
        return self._restricted(item.name, kind, item.type_constraint)

    def _restricted(self, name: str, kind: Type, text: str) -> Type:
        if not text.strip():
            return kind
        try:
            node = parse(text, kind="unary_tests", names=self.fields())
        except FeelError as error:
            self.faults.append(f"{error}: {text[:80]}")
            return kind
        run = compile_tree(node, missing=None)
        tests = node if isinstance(node, UnaryTests) else None
        return Restricted(name, base=kind, tests=tests, test=lambda value: run({"?": value}))

    def fields(self) -> set[str]:
        """The names of all components, which may stand in paths."""
        names = {name for item in self.definitions.values() for name in _component_names(item)}
        return names.union(*(types.fields() for types in self.imported.values()))


def _component_names(item: ItemDefinition) -> Iterator[str]:
    for part in item.components:
        yield part.name
        yield from _component_names(part)


def resolved(kind: Type, find: Callable[[str], Type | None]) -> Type:
    """The type with the names in it replaced by what they stand for."""
    match kind:
        case t.NamedType(name=name):
            return find(name) or kind
        case t.ListType(of=of) | t.RangeType(of=of):
            return replace(kind, of=resolved(of, find))
        case t.ContextType(fields=fields):
            return replace(kind, fields=tuple((n, resolved(f, find)) for n, f in fields))
        case t.FunctionType(parameters=parameters, result=result):
            inner = tuple(resolved(p, find) for p in parameters)
            return replace(kind, parameters=inner, result=resolved(result, find))
    return kind
