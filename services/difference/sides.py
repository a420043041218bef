"""One of two editions that are compared, and how it says its values. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cached_property

from city.model import City
from dmn import Table
from dmn import types as t
from dmn.tables.model import Rule
from dmn.values import to_json
from services.difference.labels import CODES, EXPRESSIONS, GIVES, NONE
from services.difference.leaves import Item, Leaf, Place
from services.difference.tables import Head
from services.explain import Wording, written_date
from services.guide.deciding import DecidingSections
from services.guide.values import TooDeep
from services.guide.words import ANY, Pair
from services.pack.bounds import Bounds
from services.pack.lint import requirements
from services.pack.model import AS_OF, Parameter, Requirement
from services.rulebook import Rulebook

NOTHING: Pair = ("", "")
LANGUAGES = ("zh", "en")


class Side:
    """One of two editions; what it says is said as of the day on which it begins."""

    def __init__(self, book: Rulebook, city: City | None) -> None:
        self.book, self.pack = book, book.pack
        on = book.in_force_from
        self.writers = [DecidingSections(book, on, language, city) for language in LANGUAGES]

    # values

    def in_words(self, leaf: Leaf | None, place: Place) -> Pair:
        """A value in words of both languages; empty where there is none."""
        if leaf is None:
            return NOTHING
        zh, en = (self._in_one(leaf, place, number) or NONE[number] for number in (0, 1))
        return zh, en

    def _in_one(self, leaf: Leaf, place: Place, number: int) -> str:
        writer, value, of = self.writers[number], leaf.value, leaf.of
        if isinstance(of, Parameter) and place[0] == "values":
            return self._figure(of, place[1], number)
        if isinstance(of, Requirement) and leaf.key in LANGUAGES:
            return self.writers[leaf.key == "en"].wording.filled(of)
        return self._value(value, (of.__class__.__name__, leaf.key), writer, number)

    def _value(
        self, value: object, owner: tuple[str, str], writer: DecidingSections, number: int
    ) -> str:
        match value:
            case None | "":
                return ""
            case bool():
                return ("是", "yes")[number] if value else ("否", "no")[number]
            case str() if owner in EXPRESSIONS:
                return writer.rule_of(value)
            case str() if value in CODES.get(owner, {}):
                return CODES[owner][value][number]
            case datetime.date():
                return written_date(value.isoformat(), LANGUAGES[number])
            case Bounds(least=least, most=most):
                parts = [self._value(one, owner, writer, number) for one in (least, most)]
                return " – ".join(parts) if any(parts) else ""
            case Mapping() if set(value) == {"zh", "en"}:
                return str(value[LANGUAGES[number]])
            case tuple() | list() | frozenset():
                several = sorted(value, key=str) if isinstance(value, frozenset) else value
                return writer.listed([self._value(one, owner, writer, number) for one in several])
            case Decimal():
                return f"{value:f}"
            case t.Type():
                return str(value)
        return str(value)

    def _figure(self, figure: Parameter, since: str, number: int) -> str:
        wording = Wording(self.book, {AS_OF: since}, LANGUAGES[number])
        wording.terms = self.writers[number].terms
        return wording.parameter(figure.name)

    def raw(self, leaf: Leaf) -> str:
        """A value as its pack has it, where the words of two are the same."""
        value = leaf.value
        if isinstance(value, Mapping) and set(value) == {"zh", "en"}:
            return " / ".join(map(str, value.values()))
        if isinstance(value, str | tuple | list):
            return str(value)
        try:
            return str(to_json(value))
        except (TypeError, ValueError):
            return str(value)

    # names

    def called(self, item: Item) -> Pair:
        """What a part is called."""
        spec = item.spec
        if item.part == "condition" and isinstance(spec, Requirement):
            return self.condition(spec.id)
        if item.part == "service":
            return self.pack.name["zh"], self.pack.name["en"]
        if isinstance(spec, Mapping):
            if "x-zh" in spec:
                return str(spec["x-zh"]), str(spec.get("x-en", ""))
            return {"/": ("申请表", "the form")}.get(item.id, (item.id, item.id))
        label = getattr(spec, "label", None)
        if isinstance(label, Mapping):
            return label["zh"], label["en"]
        zh, en = getattr(spec, "zh", ""), getattr(spec, "en", "")
        if zh:
            return zh, en
        if item.part == "material":
            first, second = (writer.words.question(item.id) for writer in self.writers)
            return first, second
        names = {"clock": ("办理期限", "the handling"), "offer": ("主动推荐", "offers")}
        return names.get(item.id, (item.id, item.id))

    def condition(self, id_: str) -> Pair:
        return self._conditions[id_]

    @cached_property
    def _conditions(self) -> Mapping[str, Pair]:
        zh, en = (writer.wording for writer in self.writers)
        return {one.id: (zh.filled(one), en.filled(one)) for one in self.pack.requirements}

    def resting_on(self, name: str) -> Iterator[str]:
        """The conditions that rest on a name, by themselves or by way of a table."""
        names = {name}
        for table in self.book.program.table_runs:  # each after those that it reads
            if names & set(table.reads):
                names.add(table.name)
        for one in requirements(self.pack, self.book.program):
            if names & set(one.names()):
                yield one.id

    # tables

    def table(self, name: str) -> Table | None:
        found = (one.table for one in self.book.program.table_runs if one.name == name)
        return next(found, None)

    def filings(self) -> Table | None:
        sheet = self.pack.filings
        return self.writers[0].table(sheet.text) if sheet else None

    def row(self, table: Table, rule: Rule) -> Pair:
        """When a row applies and what it gives; as it is written where no sentence says it."""
        try:
            zh, en = (self._row(number, table, rule) for number in (0, 1))
        except TooDeep:
            return self.written_row(rule, table)
        return zh, en

    def _row(self, number: int, table: Table, rule: Rule) -> str:
        writer = self.writers[number]
        columns = tuple(column.expression for column in table.inputs)
        when = writer.row_of(columns, rule) or ANY[number]
        given = writer.listed([writer.sentences.result(node) for node in rule.outputs])
        label = f"{rule.label} " if rule.label and not rule.label.isdecimal() else ""
        return label + GIVES[number].format(when, given)

    def written_row(self, rule: Rule, table: Table) -> Pair:
        """A row as its pack has it."""
        texts = [one.text for one in self.pack.tables.values()]
        texts += [self.pack.filings.text] if self.pack.filings else []
        for text in texts:
            lines = text.splitlines()
            at = rule.place.line - 1
            if at < len(lines) and self.writers[0].table(text) == table:
                return lines[at].strip(), lines[at].strip()
        return str(rule.outputs), str(rule.outputs)

    def part(self, head: Head | None) -> Pair:
        """A column or a default in words."""
        if head is None:
            return NOTHING
        zh, en = (self._part(head, writer) for writer in self.writers)
        return zh, en

    def _part(self, head: Head, writer: DecidingSections) -> str:
        said = ""
        if head.node is not None:
            try:
                said = writer.sentences.result(head.node)
            except TooDeep:
                said = str(head.node)
        return " ".join(filter(None, (said, head.detail)))
