"""What is wrong with a draft, and at which field of the page it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.conf import settings

from city.errors import SourceError
from city.source import Path
from people.language import in_language
from services import edition, publish, publishable, regressions
from services.editing import fields
from services.editing.fields import Card, Words
from services.pack import lint
from services.rulebook import Rulebook


def in_words(words: Words) -> str:
    """The reader's of two texts, in Chinese and in English."""
    return in_language(dict(zip(("zh", "en"), words, strict=True)))


@dataclass(slots=True)
class Examined:
    """Faults stop publishing, remarks do not; ``book`` is there where the text can be judged."""

    faults: Sequence[SourceError] = ()
    remarks: Sequence[SourceError] = ()
    book: Rulebook | None = None


def examined(text: str, file: str) -> Examined:
    """The checks of publishing, whole: with lint, the pack's own tests and regression cases."""
    try:
        checked = publish.check(text, file)
    except SourceError as error:
        return Examined(faults=error.all(), book=_judged(text, file))
    read = publishable.read(text, file)
    return Examined(
        faults=regressions.faults(read),
        remarks=[*checked.warnings, *regressions.remarks(read)],
        book=checked.rulebook,
    )


def while_typing(text: str, file: str) -> Examined:
    """What is wrong as one types: all but the pack's own tests, which take longer."""
    try:
        read = edition.draft(text, file, city=settings.CITY)
    except SourceError as error:
        return Examined(faults=error.all())
    results = list(lint.findings(read.source, read.pack, read.program))
    return Examined(
        faults=[fault for is_fault, fault in results if is_fault] + regressions.faults(read),
        remarks=[remark for is_fault, remark in results if not is_fault],
        book=read.rulebook(),
    )


def _judged(text: str, file: str) -> Rulebook | None:
    """The rulebook of a text that may not be published, where a case can be judged by it."""
    try:
        return edition.load(text, file, city=settings.CITY)
    except SourceError:
        return None


@dataclass(frozen=True, slots=True)
class Placed:
    """A fault and where it is shown: ``id`` of an element of the page, else ``section``."""

    line: int
    zh: str
    en: str
    section: str
    id: str = ""

    @property
    def words(self) -> Words:
        return self.zh, self.en


@dataclass(slots=True)
class Board:
    """The faults of a page: all of them in order, and by the element that each belongs to."""

    placed: list[Placed] = field(default_factory=list)
    by_id: dict[str, list[Placed]] = field(default_factory=dict)

    def add(self, one: Placed) -> None:
        self.placed.append(one)
        if one.id:
            self.by_id.setdefault(one.id, []).append(one)


def elements(cards: Sequence[Card]) -> dict[Path, str]:
    """The parts that a page has elements for, with the id of each: its cards and their fields."""
    return {card.path: card.id for card in cards} | {
        one.path: one.id for card in cards for one in card.fields
    }


def placed(faults: Iterable[SourceError], section: str, known: Mapping[Path, str]) -> Board:
    """Each fault at its field, or at its card; those of other forms name the form.

    ``known``: the elements of the page, by the part that each shows.
    """
    board = Board()
    for fault in faults:
        path = fault.path
        while path and path not in known:  # a key that is missing is its card's
            path = path[:-1]
        own = section if path else fields.section_of(fault.path)
        board.add(Placed(fault.line, fault.zh, fault.en, own, known.get(path, "")))
    return board


def cells(board: Board, table: Path, faults: Mapping[tuple[int, int], Words], line: int) -> None:
    """Add the faults of a table's cells, each at its cell."""
    for (row, column), (zh, en) in sorted(faults.items()):
        where = f"第 {row} 行第 {column} 列：" if row else "表头："
        board.add(Placed(line, where + zh, en, "tables", cell_id(table, row, column)))


def cell_id(table: Path, row: int, column: int) -> str:
    return f"{fields.element_id(table)}--{row}-{column}"
