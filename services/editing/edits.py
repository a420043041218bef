"""Changing one part of a pack's text: a value, a key, an item of a list; the rest stays as it is.

A change is written into the span of its part, in the style that the part has where that can hold
it, and read again: what comes out must be the tree as it was with that one part changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from city import source as sources
from city.characters import UNSAFE
from city.errors import SourceError
from city.source import Path
from services.editing import spans
from services.editing.spans import Entry, Node

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PLAIN = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`][^\n\t]*|-(?=[^\s-])[^\n\t]*")
STEP = 2  # columns by which what is added stands under its key


class EditRefused(Exception):
    """A change that cannot be made so: ``path`` is the field, ``zh`` and ``en`` say why."""

    def __init__(self, path: Path, zh: str, en: str) -> None:
        super().__init__(path, zh, en)
        self.path, self.zh, self.en = path, zh, en


def set_value(text: str, path: Path, value: str) -> str:
    """The text with another scalar at a path; raises ``EditRefused`` where that cannot be.

    A block (``|``) keeps its line ends at the end, and a line of it that stays is not touched.
    """
    _require_safe(path, value)
    node = _find(text, path)
    if node.kind != "scalar":
        raise EditRefused(path, "这里不是一个值", "this part is not a single value")
    if node.style == "|":
        value = value.rstrip("\n") + node.value[len(node.value.rstrip("\n")) :]
    if value == node.value:
        return text
    wanted = _with(text, path, value)
    for written in _writings(text, node, value):
        made = text[: node.start] + written + text[node.end :]
        if _reads_as(made, wanted):
            return made
    raise EditRefused(path, "这个值不能写入", "this value cannot be written here")


def add_key(text: str, path: Path, value: str) -> str:
    """The text with a key, the last of the path, that a map has not had; its value is a scalar.

    A day stands among the days, in order; anything else at the end.
    """
    _require_safe(path, value)
    parent, key = _find(text, path[:-1]), str(path[-1])
    if parent.kind != "map" or any(entry.key == key for entry in parent.entries):
        raise EditRefused(path, f"{key} 已经有了", f"{key} is there already")
    wanted = _with(text, path, value)
    for written in _scalars(value, parent.in_flow, parent.indent + STEP):
        made = _inserted(text, parent, key, written)
        if _reads_as(made, wanted):
            return made
    raise EditRefused(path, "这个值不能写入", "this value cannot be written here")


def remove_key(text: str, path: Path) -> str:
    """The text without a key of a map; its comment on the same line goes with it."""
    parent, key = _find(text, path[:-1]), str(path[-1])
    try:
        place = parent.entry(key)
    except KeyError:
        raise EditRefused(path, f"没有 {key}", f"there is no {key}") from None
    if len(parent.entries) == 1:
        raise EditRefused(path, "不能删去最后一项", "the last part of a map is not removed")
    made = _without(text, parent.entries, place, parent.in_flow)
    if _reads_as(made, _with(text, path, None)):
        return made
    raise EditRefused(path, "这一项不能删去", "this part cannot be removed here")


def add_item(text: str, path: Path, after: int, lines: Sequence[str], item: Any) -> str:
    """The text with an item more in a list of blocks, after the item of that place.

    ``lines`` are the item as written, without indent and dash; ``item`` is what they read as.
    """
    node = _find(text, path)
    if node.kind != "list" or node.in_flow or not 0 <= after < len(node.items):
        raise EditRefused(path, "这里不能添加", "nothing can be added here")
    end = _line_end(text, node.items[after].end)
    pad, newline = " " * node.indent, _newline(text)
    block = [f"{pad}- {lines[0]}", *(f"{pad}  {line}" for line in lines[1:])]
    made = _lines_at(text, end, newline.join(block) + newline)
    wanted = sources.read(text).data
    _part(wanted, path).insert(after + 1, item)
    if _reads_as(made, wanted):
        return made
    raise EditRefused(path, "这里不能添加", "nothing can be added here")


def remove_item(text: str, path: Path) -> str:
    """The text without an item of a list of blocks, the last step of the path is its place."""
    node, place = _find(text, path[:-1]), path[-1]
    if node.kind != "list" or node.in_flow or not isinstance(place, int) or len(node.items) < 2:
        raise EditRefused(path, "这一项不能删去", "this part cannot be removed here")
    item = node.items[place]
    start = text.rfind("\n", 0, item.start) + 1
    made = text[:start] + text[_line_end(text, item.end) :]
    wanted = sources.read(text).data
    del _part(wanted, path[:-1])[place]
    if _reads_as(made, wanted):
        return made
    raise EditRefused(path, "这一项不能删去", "this part cannot be removed here")


def apply(text: str, changes: Mapping[Path, str | None]) -> str:
    """The text with several values changed: set, added where there was none, removed with None.

    Raises ``EditRefused`` for the first that cannot be.
    """
    for path, value in changes.items():
        if value is None:
            text = remove_key(text, path)
        elif _has(text, path):
            text = set_value(text, path, value)
        else:
            text = add_key(text, path, value)
    return text


def _has(text: str, path: Path) -> bool:
    try:
        spans.find(spans.tree(text), path)
    except KeyError:
        return False
    return True


def _find(text: str, path: Path) -> Node:
    try:
        return spans.find(spans.tree(text), path)
    except KeyError:
        raise EditRefused(path, "没有这一部分", "there is no such part") from None


def _require_safe(path: Path, value: str) -> None:
    if hidden := UNSAFE.search(value):
        sign = f"U+{ord(hidden[0]):04X}"
        raise EditRefused(path, f"不允许的隐藏字符 {sign}", f"the hidden character {sign}")
    if not value:
        raise EditRefused(path, "不能为空", "it cannot be empty")


def _part(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def _with(text: str, path: Path, value: str | None) -> Any:
    """What the text should read as afterwards. Below typed keys a written value stays a text."""
    data = sources.read(text).data
    parent = _part(data, path[:-1])
    if value is None:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return data


def _reads_as(text: str, wanted: Any) -> bool:
    try:
        found = sources.read(text).data
    except SourceError:
        return False
    return _same(found, wanted)


def _same(one: Any, other: Any) -> bool:
    """Equal in kind too: 1 is not true."""
    if one.__class__ is not other.__class__:
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _writings(text: str, node: Node, value: str) -> Iterator[str]:
    """Ways to write a value in place of a scalar, its own style first."""
    line = text[text.rfind("\n", 0, node.start) + 1 : node.start]
    indent = len(line) - len(line.lstrip(" -")) + STEP
    if node.style == "|":
        yield from _block_lines(text, node, value)
    tail = _newline(text) if node.style in spans.BLOCK_SCALAR else ""
    own = {'"': _double, "'": _single}.get(node.style)
    if own is not None and (node.style == '"' or "\n" not in value):
        yield own(value)
    gap = " " if node.start == node.end else ""  # behind the colon of a key without a value
    for written in _scalars(value, node.in_flow, indent):
        yield gap + written + ("" if written.endswith("\n") else tail)


def _block_lines(text: str, node: Node, value: str) -> Iterator[str]:
    """A literal block with other lines; those that stay the same stay byte for byte."""
    header, *old = text[node.start : node.end].splitlines(keepends=True)
    before, after = node.value.split("\n"), value.split("\n")
    if not old or not after[0].strip():
        return
    first = next((line for line in old if line.strip()), "")
    pad = first[: len(first) - len(first.lstrip(" "))]
    newline = _newline(text)
    ends = not value.endswith("\n")  # `|-`: the text's last line has no end of its own
    after = after if ends else after[:-1]
    before = before if not node.value.endswith("\n") else before[: len(old)]
    same = 0
    while same < min(len(before), len(after), len(old)) and before[same] == after[same]:
        same += 1
    tail = 0
    while (
        tail < min(len(old), len(after), len(before)) - same
        and before[: len(old)][-1 - tail] == after[-1 - tail]
    ):
        tail += 1
    middle = after[same : len(after) - tail]
    made = [(pad + line if line else "") + newline for line in middle]
    yield header + "".join([*old[:same], *made, *old[len(old) - tail :]])


def _scalars(value: str, in_flow: bool, indent: int) -> Iterator[str]:
    """Ways to write a new value, the plainest first; what does not read back is not taken."""
    if _PLAIN.fullmatch(value) and value == value.strip():
        yield value
    if "\n" not in value and "\t" not in value:
        yield _single(value)
    elif not in_flow and value.strip("\n"):
        lines = value.rstrip("\n").split("\n")
        chomp = "" if value.endswith("\n") else "-"
        yield f"|{chomp}\n" + "".join(f"{' ' * indent}{line}".rstrip(" ") + "\n" for line in lines)
    yield _double(value)


def _single(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _double(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _line_end(text: str, at: int) -> int:
    """The offset after the line end of the line in which the part that ends here stands."""
    if at and text[at - 1] == "\n":
        return at
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _lines_at(text: str, at: int, lines: str) -> str:
    if at and text[at - 1] != "\n":
        return text[:at] + _newline(text) + lines.rstrip("\r\n") + text[at:]
    return text[:at] + lines + text[at:]


def _inserted(text: str, parent: Node, key: str, written: str) -> str:
    """A map with an entry more: a day after the day before it, anything else at the end."""
    entries = parent.entries
    earlier = [place for place, entry in enumerate(entries) if _is_before(entry.key, key)]
    place = earlier[-1] if earlier else None
    line = f"{key}: {written}"
    if parent.in_flow:
        if place is None:
            at = entries[0].start if entries else parent.end - 1
            return text[:at] + line + (", " if entries else "") + text[at:]
        at = entries[place].value.end
        return text[:at] + f", {line}" + text[at:]
    newline = _newline(text)
    line = line if line.endswith("\n") else line + newline
    pad = " " * parent.indent
    if place is None:
        at = entries[0].start
        return text[:at] + line + pad + text[at:]
    return _lines_at(text, _line_end(text, entries[place].value.end), pad + line)


def _is_before(key: str, added: str) -> bool:
    if DAY.fullmatch(added):
        return bool(DAY.fullmatch(key)) and key < added
    return True


def _without(text: str, entries: Sequence[Entry], place: int, in_flow: bool) -> str:
    entry = entries[place]
    last = place == len(entries) - 1
    if in_flow:
        if last:
            return text[: entries[place - 1].value.end] + text[entry.value.end :]
        return text[: entry.start] + text[entries[place + 1].start :]
    start = text.rfind("\n", 0, entry.start) + 1
    if text[
        start : entry.start
    ].strip():  # behind the dash of an item: the next key takes its place
        return text[: entry.start] + text[entries[place + 1].start :]
    return text[:start] + text[_line_end(text, entry.value.end) :]
