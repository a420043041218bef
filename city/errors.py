"""What is wrong with a pack or a city's file, in words by which its author can correct it."""

from __future__ import annotations


class SourceError(Exception):
    """One fault: ``file`` and ``line`` (from 1) where it stands, and why in both languages.

    ``others`` holds further faults found in the same pass, each a ``SourceError`` of its own;
    ``path`` is the part of the file that it is about, where that is known (``city.source.Path``).
    """

    def __init__(
        self,
        file: str,
        line: int,
        zh: str,
        en: str,
        others: tuple[SourceError, ...] = (),
        path: tuple[str | int, ...] = (),
    ) -> None:
        super().__init__(file, line, zh, en)
        self.file = file
        self.line = line
        self.zh = zh
        self.en = en
        self.others = others
        self.path = path

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.zh} / {self.en}"

    def all(self) -> tuple[SourceError, ...]:
        return (self, *self.others)


def first_of(faults: list[SourceError]) -> SourceError:
    """All of ``faults`` (at least one) as one error to raise, in the order of the file."""
    head, *rest = sorted(faults, key=lambda f: f.line)
    return SourceError(head.file, head.line, head.zh, head.en, tuple(rest), head.path)
