"""A pack's text with other data in it: what stays equal stays as it was written, byte for byte."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from city.errors import SourceError
from city.source import read
from services.interchange.yamltext import writing
from services.interchange.yamltext.marks import Entry, Node, tree


def rewrite(text: str, data: dict[str, Any], file: str = "pack.yaml") -> str:
    """The text changed to say ``data``; raises ``SourceError`` where YAML cannot hold it.

    Entries that are equal keep their text with its comments. What is read back is compared with
    ``data``, so that a text which says anything else never leaves.
    """
    before = read(text, file).data
    if before == data:
        return text
    root = tree(text)
    changed = _Rewriter(text).part(root, before, data)
    found = text[: root.start] + changed + text[root.end :]
    if read(found, file).data != data:
        zh, en = "改写后的文本与内容不符", "the rewritten text does not say what was read"
        raise SourceError(file, 1, zh, en)
    return found


@dataclass(frozen=True, slots=True)
class _Piece:
    """An entry as it stands: ``above`` are its comments, ``body`` goes to the next entry."""

    above: str
    body: str


class _Rewriter:
    def __init__(self, text: str) -> None:
        self.text = text

    def part(self, node: Node, old: Any, new: Any) -> str:
        """What stands from ``node.start`` to ``node.end``, saying ``new``."""
        if old == new:
            return self.text[node.start : node.end]
        if isinstance(old, str) and isinstance(new, str):
            return self._scalar(node, new)
        keys = self._keys(node, old)
        wanted = _keyed(new)
        if keys is None or wanted is None or old.__class__ is not new.__class__:
            return self._fresh(node, new)
        if list(keys) == list(wanted):
            return self._in_place(node, keys, wanted)
        if node.is_flow or not node.entries or not wanted:
            return self._fresh(node, new)
        return self._reordered(node, keys, wanted)

    def _scalar(self, node: Node, new: str) -> str:
        column = self._indent(node.start) + writing.STEP
        return writing.scalar(new, is_flow=node.is_flow, column=column)

    def _indent(self, at: int) -> int:
        """The column of the first sign of the line, dashes of lists passed over."""
        line = self.text[self._line(at) :]
        return len(line) - len(line.lstrip(" -"))

    def _line(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def _keys(self, node: Node, old: Any) -> dict[str, tuple[Entry, Any]] | None:
        keyed = _keyed(old)
        if keyed is None or len(keyed) != len(node.entries):
            return None
        return {
            key: (entry, part)
            for entry, (key, part) in zip(node.entries, keyed.items(), strict=True)
        }

    def _in_place(
        self, node: Node, keys: dict[str, tuple[Entry, Any]], wanted: dict[str, Any]
    ) -> str:
        made, at = [], node.start
        for key, (entry, old) in keys.items():
            made += [self.text[at : entry.value.start], self.part(entry.value, old, wanted[key])]
            at = entry.value.end
        return "".join(made) + self.text[at : node.end]

    def _fresh(self, node: Node, new: Any) -> str:
        """The part written anew, on one line in braces where it stood so."""
        if node.is_flow or isinstance(new, str) or not new:
            return writing.flow(new)
        if node.kind == "scalar":  # it stood on the line of its key
            column = self._indent(node.start) + writing.STEP
            return "\n" + " " * column + self._block(new, column)
        return self._block(new, node.column)

    def _block(self, new: Any, column: int) -> str:
        if isinstance(new, list):
            lines = [writing.item(part, column) for part in new]
        else:
            lines = [writing.entry(key, part, column) for key, part in new.items()]
        return (" " * column).join(lines).removesuffix("\n")

    def _reordered(
        self, node: Node, keys: dict[str, tuple[Entry, Any]], wanted: dict[str, Any]
    ) -> str:
        """Entries of a block: those that stay with their text, new ones written anew."""
        pieces = self._pieces(node, [entry for entry, _old in keys.values()])
        column, is_list = node.column, node.kind == "list"
        made = []
        for key, new in wanted.items():
            if key not in keys:
                body = writing.item(new, column) if is_list else writing.entry(key, new, column)
                made.append(" " * column + body)
                continue
            entry, old = keys[key]
            piece = pieces[id(entry)]
            head = self.text[self._begin(entry, is_list) : entry.value.start]
            tail = piece.body[entry.value.end - self._begin(entry, is_list) :]
            body = head + self.part(entry.value, old, new) + tail
            made.append(piece.above + " " * column + body)
        whole = "".join(line if line.endswith("\n") else line + "\n" for line in made)
        return whole.lstrip(" ").rstrip("\n")

    def _begin(self, entry: Entry, is_list: bool) -> int:
        """Where an entry begins: at its key, or at the dash before it."""
        return self.text.rindex("-", 0, entry.start) if is_list else entry.start

    def _pieces(self, node: Node, entries: list[Entry]) -> dict[int, _Piece]:
        is_list = node.kind == "list"
        starts = [self._begin(entry, is_list) for entry in entries]
        above = [self._above(at) if place else at for place, at in enumerate(starts)]
        ends = [*above[1:], node.end]
        found = {}
        for entry, start, top, end in zip(entries, starts, above, ends, strict=True):
            comments = self.text[top : self._line(start)] if top < start else ""
            found[id(entry)] = _Piece(comments, self.text[start:end])
        return found

    def _above(self, start: int) -> int:
        """The beginning of the lines of comment right above, or of the line itself."""
        at = self._line(start)
        while at:
            before = self._line(at - 1)
            if not self.text[before:at].lstrip().startswith("#"):
                break
            at = before
        return at


def _keyed(data: Any) -> dict[str, Any] | None:
    """Entries by key; of a list of maps by their ``id``, else by place. None: a scalar."""
    if isinstance(data, dict):
        return data
    if not isinstance(data, list):
        return None
    ids = [str(part["id"]) for part in data if isinstance(part, dict) and "id" in part]
    if len(ids) == len(data) and len(set(ids)) == len(ids):
        return dict(zip(ids, data, strict=True))
    return {str(place): part for place, part in enumerate(data)}
