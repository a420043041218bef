"""What is wrong with a pack, said so that its author can mend it."""

from __future__ import annotations


class PackError(Exception):
    """One fault: ``file`` and ``line`` (from 1) where it stands, and why in both languages.

    ``others`` holds further faults found in the same pass, each a ``PackError`` of its own.
    """

    def __init__(
        self, file: str, line: int, zh: str, en: str, others: tuple[PackError, ...] = ()
    ) -> None:
        super().__init__(file, line, zh, en)
        self.file = file
        self.line = line
        self.zh = zh
        self.en = en
        self.others = others

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.zh} / {self.en}"

    def all(self) -> tuple[PackError, ...]:
        return (self, *self.others)


def first_of(faults: list[PackError]) -> PackError:
    """All of ``faults`` (at least one) as one error to raise, in the order of the file."""
    head, *rest = sorted(faults, key=lambda f: f.line)
    return PackError(head.file, head.line, head.zh, head.en, tuple(rest))
