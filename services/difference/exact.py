"""Everything that differs between two editions, in words, for officers. Pure.

What a citizen notices stands in ``applicant``; this says of each part exactly what it was and what
it is: a figure with its unit and its day, a condition's sentence, a table's rows, the law cited.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from city.model import City
from dmn import Table
from services.difference import tables
from services.difference.labels import (
    COLUMN,
    DEFAULT,
    KEYS,
    KINDS,
    PARTS,
    RESTING,
    ROW,
    SINCE,
)
from services.difference.leaves import Item, Leaf, Place, items
from services.difference.sides import NOTHING, Side
from services.guide.words import POLICIES, Pair
from services.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Line:
    """One value: what it is called, what it was and what it is; empty: it was, or is, not there."""

    label: Pair
    old: Pair
    new: Pair


@dataclass(frozen=True, slots=True)
class Resting:
    """A condition that rests on what differs, in words."""

    id: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Change:
    """One part that differs. ``affects``: the conditions that rest on it."""

    part: str
    kind: str  # added, changed, removed
    id: str
    zh: str
    en: str
    lines: tuple[Line, ...]
    affects: tuple[Resting, ...] = ()

    @property
    def head(self) -> Pair:
        """What differs: “条件有变化：满 18 周岁”."""
        part, kind = PARTS[self.part], KINDS[self.kind]
        if self.kind == "changed":
            return f"{part[0]}{kind[0]}：{self.zh}", f"{part[1]}, changed: {self.en}"
        return f"{kind[0]}{part[0]}：{self.zh}", f"{kind[1]} {part[1].lower()}: {self.en}"

    def sentences(self, language: str) -> Iterator[str]:
        """The change in one language: what differs, then each value before and after."""
        english = language.startswith("en")
        yield self.head[english]
        for line in self.lines:
            yield _sentence(line, english)
        for one in self.affects:
            yield f"{RESTING[english]}{_colon(english)}{one.en if english else one.zh}"


def _colon(english: bool) -> str:
    return ": " if english else "："


def _sentence(line: Line, english: bool) -> str:
    label, old, new = line.label[english], line.old[english], line.new[english]
    if old and new:
        return f"{label}: {old} → {new}" if english else f"{label}：{old} → {new}"
    word = (("新增", "new"), ("取消", "removed"))[bool(old)][english]
    return f"{label}{_colon(english)}{word} {old or new}"


def exact(old: Rulebook, new: Rulebook, city: City | None = None) -> tuple[Change, ...]:
    """Everything that differs, part by part; nothing where only comments or spaces do.

    ``city``: whose registries the editions read, for the words of their codes.
    """
    return tuple(_Comparison(Side(old, city), Side(new, city)).changes())


class _Comparison:
    def __init__(self, old: Side, new: Side) -> None:
        self.old, self.new = old, new

    def changes(self) -> Iterator[Change]:
        before = {(one.part, one.id): one for one in items(self.old.book)}
        after = {(one.part, one.id): one for one in items(self.new.book)}
        order = list(PARTS)
        both = {**after, **before}
        for part, id_ in sorted(both, key=lambda key: order.index(key[0])):
            found = self.change(before.get((part, id_)), after.get((part, id_)))
            if found is not None:
                yield found

    def change(self, a: Item | None, b: Item | None) -> Change | None:
        item = b or a
        assert item is not None  # one of the two editions has it
        lines = [*self.lines(a, b), *self.rows(item)]
        if not lines and a and b:
            return None
        kind = "changed" if a and b else "added" if b else "removed"
        side = self.new if b else self.old
        zh, en = side.called(item)
        return Change(
            part=item.part,
            kind=kind,
            id=item.id,
            zh=zh,
            en=en,
            lines=() if item.part == "test" and kind != "changed" else tuple(lines),
            affects=self.affected(item),
        )

    def lines(self, a: Item | None, b: Item | None) -> Iterator[Line]:
        one, other = (a.leaves if a else {}), (b.leaves if b else {})
        for place in {**other, **one}:
            before, after = one.get(place), other.get(place)
            if before and after and before.meaning == after.meaning:
                continue
            if not (a and b) and not _says(before or after):
                continue
            yield self.line(place, before, after, b or a)

    def line(
        self, place: Place, before: Leaf | None, after: Leaf | None, item: Item | None
    ) -> Line:
        old = self.old.in_words(before, place)
        new = self.new.in_words(after, place)
        if before and after and (old[0] == new[0] or old[1] == new[1]):
            # the words of one language are the same: say it as it is written, too
            raw = self.old.raw(before), self.new.raw(after)
            if raw[0] != raw[1]:
                old, new = (raw[0], raw[0]), (raw[1], raw[1])
        return Line(_label(place, item), old, new)

    def rows(self, item: Item) -> Iterator[Line]:
        """The rows of a table that differ, and what does of its head."""
        if item.part == "table":
            a, b = self.old.table(item.id), self.new.table(item.id)
        elif (item.part, item.id) == ("filing", "columns"):
            a, b = self.old.filings(), self.new.filings()
        else:
            return
        if a is not None and b is not None:
            yield from self.head(a, b)
            yield from (self.row_line(a, b, one) for one in tables.rows(a, b))
            return
        for table in filter(None, (a, b)):
            for number, rule in enumerate(table.rules, 1):
                said = (self.old if table is a else self.new).row(table, rule)
                yield _of_row(
                    number, said if table is a else NOTHING, said if table is b else NOTHING
                )

    def row_line(self, a: Table, b: Table, one: tables.RowPair) -> Line:
        old = self.old.row(a, one.old) if one.old else NOTHING
        new = self.new.row(b, one.new) if one.new else NOTHING
        if one.old and one.new and (old[0] == new[0] or old[1] == new[1]):
            old, new = self.old.written_row(one.old, a), self.new.written_row(one.new, b)
        return _of_row(one.number, old, new)

    def head(self, a: Table, b: Table) -> Iterator[Line]:
        if (a.policy, a.aggregator) != (b.policy, b.aggregator):
            old, new = POLICIES[a.policy + a.aggregator], POLICIES[b.policy + b.aggregator]
            yield Line(KEYS["policy"], old, new)
        for one in tables.heads(a, b):
            label = DEFAULT
            if one.kind != "default":
                label = COLUMN[0].format(one.number), COLUMN[1].format(one.number)
            yield Line(label, self.old.part(one.old), self.new.part(one.new))

    def affected(self, item: Item) -> tuple[Resting, ...]:
        """The conditions of the later edition that rest on a figure, table or input."""
        if item.part not in ("parameter", "table", "fact"):
            return ()
        return tuple(Resting(id_, *self.new.condition(id_)) for id_ in self.new.resting_on(item.id))


def _of_row(number: int, old: Pair, new: Pair) -> Line:
    return Line((ROW[0].format(number), ROW[1].format(number)), old, new)


def _says(leaf: Leaf | None) -> bool:
    """Whether a value of a part that is new or gone says anything."""
    return leaf is not None and leaf.value not in (None, "", (), False) and leaf.key != "order"


def _label(place: Place, item: Item | None) -> Pair:
    if item is not None and item.part == "parameter" and place[0] == "values":
        return SINCE[0].format(place[1]), SINCE[1].format(place[1])
    parts = [KEYS.get(one, (one, one)) for one in place] or [KEYS["value"]]
    return " · ".join(p[0] for p in parts), " · ".join(p[1] for p in parts)
