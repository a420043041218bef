"""Where each part of a YAML text begins and ends, by characters: for changing one part alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

Kind = Literal["scalar", "map", "list"]


@dataclass(slots=True)
class Node:
    """One part: ``start`` and ``end`` (of what it says, without comments after it)."""

    kind: Kind
    start: int
    end: int
    column: int
    is_flow: bool = False  # in braces or brackets, or within them
    style: str = ""  # of a scalar: "", ', ", | or >
    entries: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class Entry:
    """One entry of a map (``key``) or list (no key): where it begins, and its value."""

    key: str
    start: int
    value: Node


def tree(text: str) -> Node:
    """The root of a text that ``city.source.read`` has read."""
    events = iter(
        yaml.parse(text, Loader=yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader)
    )
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            break
    return _Reader(text, events).node(next(events))


class _Reader:
    def __init__(self, text: str, events: Iterator[yaml.Event]) -> None:
        self.text = text
        self.events = events

    def node(self, event: Any, is_flow: bool = False) -> Node:
        """The node that an event begins; the hints of YAML's events say too little of them."""
        start, column = event.start_mark.index, event.start_mark.column
        if isinstance(event, yaml.ScalarEvent):
            style = event.style or ""
            end = _index(event.end_mark)
            if style in ("|", ">"):  # YAML's mark stands after the blank lines that follow
                end = start + len(self.text[start:end].rstrip())
            return Node("scalar", start, end, column, is_flow, style)
        is_map = isinstance(event, yaml.MappingStartEvent)
        is_flow = is_flow or bool(event.flow_style)
        node = Node("map" if is_map else "list", start, start, column, is_flow)
        part: Any
        for part in self.events:
            if isinstance(part, yaml.CollectionEndEvent):
                if event.flow_style:
                    node.end = _index(part.end_mark)
                break
            if is_map:
                value = self.node(next(self.events), is_flow)
                node.entries.append(Entry(part.value, _index(part.start_mark), value))
            else:
                value = self.node(part, is_flow)
                node.entries.append(Entry("", value.start, value))
            if not event.flow_style:
                node.end = value.end
        return node


def _index(mark: Any) -> int:
    """Where a mark stands, by characters; YAML's events have theirs always."""
    return int(mark.index)
