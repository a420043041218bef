"""What is drawn of an edition: boxes, and an arrow for each use in the typed tree. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import dmn
from services.explain import requirements_in_words
from services.guide.words import OUTCOMES
from services.pack.model import ANSWERS, APPLICANT, AS_OF
from services.rulebook import Rulebook

Kind = Literal["input", "figure", "table", "condition", "outcome"]
LETTERS = {
    "input": ("录", "I"),
    "figure": ("参", "F"),
    "table": ("表", "T"),
    "condition": ("条", "C"),
}
APPROVE = "approve"
_OF_CASE = {AS_OF: ("受理之日", "day of receipt"), APPLICANT: ("申请人", "applicant")}
_GROUPS = {
    ANSWERS: ("申请人填报", "What the applicant fills in"),
    APPLICANT: ("申请人", "The applicant"),
    "": ("办件", "The case"),
    "figures": ("参数", "Figures"),
    "tables": ("决策表", "Decision tables"),
}


@dataclass(frozen=True, slots=True)
class Node:
    """One box. ``id``: kind and name, unique; ``mark``: its number on paper; ``level``: column."""

    id: str
    kind: Kind
    mark: str
    words: str
    note: str = ""  # the law of a condition
    group: str = ""
    level: int = 0


@dataclass(frozen=True, slots=True)
class Graph:
    """Boxes in order, and arrows as pairs of ids, each once."""

    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]

    def sources(self, id_: str) -> list[Node]:
        wanted = {a for a, b in self.edges if b == id_}
        return [one for one in self.nodes if one.id in wanted]

    def targets(self, id_: str) -> list[Node]:
        wanted = {b for a, b in self.edges if a == id_}
        return [one for one in self.nodes if one.id in wanted]


def graph(book: Rulebook, language: str) -> Graph:
    """The picture of an edition as of the day on which it begins; ``language``: zh… or en…."""
    maker = _Maker(book, language.startswith("en"))
    nodes = tuple(maker.nodes())
    return Graph(nodes, tuple(dict.fromkeys(maker.edges())))


class _Maker:
    def __init__(self, book: Rulebook, english: bool) -> None:
        self.book, self.english = book, english
        self.counts: dict[str, int] = {}
        self.kinds: dict[str, str] = {}  # of a name: the id of its box
        self.levels: dict[str, int] = {}  # of a table: how many tables it stands behind
        for run in book.program.table_runs:
            read = [self.levels[name] for name in run.reads if name in self.levels]
            self.levels[run.name] = max(read, default=-1) + 1

    def node(self, kind: Kind, name: str, words: str, group: str) -> Node:
        self.counts[kind] = number = self.counts.get(kind, 0) + 1
        id_ = self.kinds[name] = f"{kind}:{name}"
        mark = f"{LETTERS[kind][self.english]}{number}"
        level = 1 + self.levels[name] if kind == "table" else 0
        return Node(id_, kind, mark, words, group=group, level=level)

    def nodes(self) -> Iterator[Node]:
        pack, english = self.book.pack, self.english
        sources = dict.fromkeys(fact.source for fact in pack.facts.values())
        for source in sources:
            registry = pack.registries.get(source)
            group = _GROUPS.get(source, (source, source))[english]
            if registry is not None:
                group = registry.en if english else registry.zh
            for fact in (one for one in pack.facts.values() if one.source == source):
                yield self.node("input", fact.name, fact.en if english else fact.zh, group)
        named = {name for _, used in self.uses() for name in used}
        for name, pair in _OF_CASE.items():
            if name in named and name not in self.kinds:
                yield self.node("input", name, pair[english], _GROUPS[""][english])
        key = "en" if english else "zh"
        for figure in pack.parameters.values():
            words = figure.label[key] if figure.label else figure.name
            yield self.node("figure", figure.name, words, _GROUPS["figures"][english])
        for name in sorted(self.levels, key=lambda one: self.levels[one]):
            label = pack.tables[name].label
            words = label[key] if label else name
            yield self.node("table", name, words, _GROUPS["tables"][english])
        said = requirements_in_words(self.book, self.book.in_force_from, key)
        for number, one in enumerate(pack.requirements, 1):
            mark = f"{LETTERS['condition'][english]}{number}"
            yield Node(f"condition:{one.id}", "condition", mark, said[one.id], one.law)
        for outcome in (APPROVE, *dict.fromkeys(one.unmet for one in pack.requirements)):
            yield Node(f"outcome:{outcome}", "outcome", "", OUTCOMES[outcome][english])

    def uses(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each table and condition with the names that it uses."""
        for run in self.book.program.table_runs:
            yield f"table:{run.name}", run.reads
        trees = self.book.program.trees
        for place, one in enumerate(self.book.pack.requirements):
            used: dict[str, None] = {}
            for key in ("applies", "must"):
                if (tree := trees.get(("requirements", place, key))) is not None:
                    used |= dict.fromkeys(dmn.names(tree))
            yield f"condition:{one.id}", tuple(used)

    def edges(self) -> Iterator[tuple[str, str]]:
        for user, used in self.uses():
            for name in used:
                yield self.kinds[name], user
        for one in self.book.pack.requirements:
            yield f"condition:{one.id}", f"outcome:{APPROVE}"
            yield f"condition:{one.id}", f"outcome:{one.unmet}"
