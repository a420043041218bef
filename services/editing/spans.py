"""Where each part of a YAML text stands: the offsets of keys and values, from YAML's own marks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import yaml

from city.source import Path

BLOCK_SCALAR = ("|", ">")


@dataclass(slots=True)
class Node:
    """A scalar, map or list, from offset ``start`` to ``end`` in the text.

    ``end`` is where its last character stands, however many comments and empty lines follow.
    ``in_flow``: between brackets or braces, of its own or of a part around it. ``style`` is that
    of a scalar: ``"`` ``'`` ``|`` ``>``, or empty. ``indent`` is the column of a block's keys or
    dashes.
    """

    kind: Literal["scalar", "map", "list"]
    start: int
    end: int
    in_flow: bool
    style: str = ""
    value: str = ""
    indent: int = 0
    entries: list[Entry] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)

    def entry(self, key: str) -> int:
        """The place of a key among the entries of a map; ``KeyError`` where there is none."""
        for place, entry in enumerate(self.entries):
            if entry.key == key:
                return place
        raise KeyError(key)


@dataclass(slots=True)
class Entry:
    """A key of a map, where it stands, and its value."""

    key: str
    start: int
    end: int
    value: Node


def tree(text: str) -> Node:
    """The parts of a text that ``city.source.read`` has read without a fault."""
    return _Tree(text).root()


def find(root: Node, path: Path) -> Node:
    """The node at a path; raises ``KeyError`` where there is none."""
    node = root
    for step in path:
        if isinstance(step, str):
            if node.kind != "map":
                raise KeyError(step)
            node = node.entries[node.entry(step)].value
        elif node.kind == "list" and 0 <= step < len(node.items):
            node = node.items[step]
        else:
            raise KeyError(step)
    return node


class _Tree:
    def __init__(self, text: str) -> None:
        self.text = text
        loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
        self.events: Iterator[yaml.Event] = yaml.parse(text, Loader=loader)

    def root(self) -> Node:
        next(self.events)  # start of stream
        next(self.events)  # start of document
        return self._node(next(self.events), in_flow=False)

    def _node(self, event: yaml.Event, in_flow: bool) -> Node:
        start, end, column = _marks(event)
        if isinstance(event, yaml.ScalarEvent):
            style = event.style or ""
            if style in BLOCK_SCALAR:
                end = self._trimmed(start, end)
            return Node("scalar", start, end, in_flow, style, event.value)
        flow = in_flow or bool(getattr(event, "flow_style", False))
        if isinstance(event, yaml.SequenceStartEvent):
            node = Node("list", start, end, flow, indent=column)
            self._items(node)
        else:
            node = Node("map", start, end, flow, indent=column)
            self._entries(node)
        return node

    def _trimmed(self, start: int, end: int) -> int:
        """The end of a block scalar without the empty lines after it; its own last line end in."""
        found = self.text[start:end].rstrip("\n\r ")
        after = self.text.find("\n", start + len(found), end)
        return end if after < 0 else after + 1

    def _items(self, node: Node) -> None:
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                self._close(node, event, node.items[-1].end if node.items else node.end)
                return
            node.items.append(self._node(event, node.in_flow))

    def _entries(self, node: Node) -> None:
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                self._close(node, event, node.entries[-1].value.end if node.entries else node.end)
                return
            assert isinstance(event, yaml.ScalarEvent)  # as city.source has read it
            start, end, _column = _marks(event)
            value = self._node(next(self.events), node.in_flow)
            node.entries.append(Entry(event.value, start, end, value))

    @staticmethod
    def _close(node: Node, event: yaml.Event, last: int) -> None:
        """A block ends with its last part; YAML's own mark stands after the comments below."""
        node.end = _marks(event)[1] if node.in_flow else last


def _marks(event: yaml.Event) -> tuple[int, int, int]:
    """The offsets between which an event stands, and the column in which it begins."""
    start, end = event.start_mark, event.end_mark
    assert start is not None and end is not None  # of a text that was parsed
    return start.index, end.index, start.column
