"""What an expression of a pack may name, with types and words, although the pack has faults. Pure.

As far as the pack can be read: the facts and parameters of its model, and each table's result for
what stands after the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from city import shape
from city.errors import SourceError
from city.model import City
from city.source import read
from dmn.errors import FeelError
from dmn.types import Type
from services.edition import SCHEMA
from services.pack import city_values, language, tables
from services.pack.build import build
from services.pack.model import Pack


@dataclass(frozen=True, slots=True)
class Scope:
    """``names``: of expressions of requirements; ``above``: by table, what its cells may name."""

    names: Mapping[str, Type] = field(default_factory=dict)
    above: Mapping[str, Mapping[str, Type]] = field(default_factory=dict)
    pack: Pack | None = None

    def label(self, name: str) -> tuple[str, str]:
        """What a name is called in both languages; twice itself where it has no words."""
        for known in (self.pack.facts, self.pack.parameters, self.pack.tables) if self.pack else ():
            part = known.get(name)
            words = getattr(part, "label", None) or part
            if isinstance(words, Mapping):
                return words["zh"], words["en"]
            if zh := getattr(words, "zh", ""):
                return zh, words.en  # type: ignore[union-attr]
        return name, name

    def unit(self, name: str) -> tuple[str, str]:
        """What a parameter counts, in both languages; empty for all else."""
        part = self.pack.parameters.get(name) if self.pack else None
        return (part.unit["zh"], part.unit["en"]) if part and part.unit else ("", "")


def scope(text: str, city: City) -> Scope:
    """The scope of a pack; an empty one where it cannot be read so far."""
    try:
        source = read(text)
        if shape.faults(source, SCHEMA):
            return Scope()
        source, _taken = city_values.resolve(source, city.values(source.data["service"]))
        pack = build(source)
    except SourceError:
        return Scope()
    names, above = dict(language.scope(pack)), {}
    for name, spec in pack.tables.items():
        above[name] = dict(names)
        try:
            names[name] = tables.read(spec, names, pack).type
        except FeelError:
            continue
    return Scope(names, above, pack)
