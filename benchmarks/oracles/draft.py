"""A case before it is handed in, and what may be wrong with it."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.oracles.case import Record


@dataclass
class Draft:
    """A case before it is handed in; faults change it in place."""

    on: datetime.date
    answers: dict[str, Any]
    own: dict[str, Record] = field(default_factory=dict)
    others: dict[tuple[str, str], Record] = field(default_factory=dict)

    def change(self, registry: str, number: str = "", **values: Any) -> None:
        """Let a registry that has a record say something else in it."""
        found = self.others.get((registry, number)) if number else self.own.get(registry)
        if found is not None and not found.is_absent:
            self.put(registry, number, Record(found | values))

    def put(self, registry: str, number: str, record: Record) -> None:
        if number:
            self.others[registry, number] = record
        else:
            self.own[registry] = record


Fault = Callable[[Draft], None]
Drafted = tuple[Draft, list[Fault]]  # with the faults that it may have
