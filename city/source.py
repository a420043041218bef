"""YAML into plain data with the line of every part.

Only the plain part of YAML 1.2: maps, lists and scalars. Scalars are text, because YAML's own
guesses change what an author wrote (``no``, ``12:30``, ``017``). Under ``form``, which is JSON
Schema, and in ``tests`` and ``example``, unquoted ``true``, ``null`` and whole numbers are JSON's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Protocol

import yaml

from city import cures
from city.characters import UNSAFE
from city.errors import SourceError

BYTES = 200_000
BOM = "\ufeff"
DEPTH = 24
NODES = 20_000
TYPED = ("form", "tests", "example")  # keys below which unquoted scalars are JSON's

Path = tuple[str | int, ...]
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,15})", re.ASCII)
_WORDS = {"true": True, "false": False, "null": None}


class Located(Protocol):
    """Data that know in which file and on which line each part stands."""

    @property
    def data(self) -> dict: ...

    def error(self, path: Path, zh: str, en: str) -> SourceError: ...


@dataclass(frozen=True, slots=True)
class Source:
    """A file as read: ``data`` (dict, list, str) and the line of each path into it."""

    file: str
    text: str
    data: dict
    lines: dict[Path, int] = field(repr=False)
    texts: dict[Path, int] = field(repr=False)  # the line on which a scalar's text begins

    def line(self, path: Path) -> int:
        """The line of a path, or of the nearest part above it that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def error(self, path: Path, zh: str, en: str, line: int = 0) -> SourceError:
        return SourceError(self.file, line or self.line(path), zh, en, path=path)


def text_of(path: File) -> str:
    """Return what a file says, in UTF-8; raises ``SourceError`` where it cannot be read as that."""
    try:
        with path.open("rb") as file:
            data = file.read(BYTES + 1)
    except OSError as error:
        why = error.strerror or "?"
        raise SourceError(str(path), 1, f"不能读取：{why}", f"cannot be read: {why}") from error
    if len(data) > BYTES:
        raise _too_long(str(path))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        zh = "不是 UTF-8 编码（也许是 GBK），请另存为 UTF-8"
        en = "not in UTF-8 (in GBK perhaps): save it as UTF-8"
        raise SourceError(str(path), line, zh, en) from error


def _too_long(file: str) -> SourceError:
    return SourceError(file, 1, f"文件超过 {BYTES // 1000} kB", f"over {BYTES // 1000} kB")


def read(text: str, file: str = "pack.yaml") -> Source:
    """Read a file's text; raises ``SourceError`` with the line of what is wrong."""
    if len(text.encode("utf-8", "surrogatepass")) > BYTES:
        raise _too_long(file)
    if text.startswith(BOM):
        zh = "文件以 BOM（U+FEFF）开头，请另存为不带 BOM 的 UTF-8"
        en = "the file begins with a BOM (U+FEFF): save it as UTF-8 without one"
        raise SourceError(file, 1, zh, en)
    if hidden := UNSAFE.search(text):
        raise SourceError(file, text.count("\n", 0, hidden.start()) + 1, *_hidden(hidden[0]))
    loader = _Loader(text, file)
    try:
        data = loader.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        why = cures.of_yaml(text.split("\n"), line) or (str(error.problem), str(error.problem))
        raise SourceError(
            file, line, f"不是有效的 YAML：{why[0]}", f"not valid YAML: {why[1]}"
        ) from error
    except yaml.YAMLError as error:
        raise SourceError(file, 1, "不是有效的 YAML", f"not valid YAML: {error}") from error
    except UnicodeError as error:
        raise SourceError(file, 1, "不是有效的 UTF-8", "not valid UTF-8") from error
    if not isinstance(data, dict):
        raise SourceError(file, 1, "文件应为“键: 值”的形式", "the file is a map of keys to values")
    return Source(file, text, data, loader.lines, loader.texts)


def _hidden(sign: str) -> tuple[str, str]:
    code = f"U+{ord(sign):04X}"
    return f"不允许的隐藏字符 {code}", f"hidden character {code}"


def _line(event: yaml.Event) -> int:
    """The line of an event, from 1."""
    return event.start_mark.line + 1 if event.start_mark else 1


class _Loader:
    """Builds data from YAML's events, so that nothing is expanded before it is counted."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.events = yaml.parse(
            text, Loader=yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
        )
        self.lines: dict[Path, int] = {}
        self.texts: dict[Path, int] = {}
        self.nodes = 0

    def document(self) -> object:
        next(self.events)  # start of stream
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            return None
        found = self._node(next(self.events), ())
        next(self.events)
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise self._error(after, "一个文件只能有一份文档", "one document a file")
        return found

    def _error(self, event: yaml.Event, zh: str, en: str) -> SourceError:
        return SourceError(self.file, _line(event), zh, en)

    def _node(self, event: yaml.Event, path: Path) -> object:
        self.nodes += 1
        self.lines.setdefault(path, _line(event))
        if self.nodes > NODES:
            raise self._error(event, f"内容超过 {NODES} 项", f"more than {NODES} parts")
        if len(path) > DEPTH:
            raise self._error(event, f"嵌套超过 {DEPTH} 层", f"nested deeper than {DEPTH}")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self._error(event, "不允许锚点（&）和引用（*）", "no anchors (&) or aliases (*)")
        if getattr(event, "tag", None):
            raise self._error(event, "不允许类型标签（!）", "no tags (!)")
        if isinstance(event, yaml.ScalarEvent):
            self._look(event)
            return self._scalar(event, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        return self._mapping(path)

    def _look(self, event: yaml.ScalarEvent) -> None:
        """Refuse what an escape sequence hides: the text of the file has been looked at before."""
        if hidden := UNSAFE.search(event.value):
            raise self._error(event, *_hidden(hidden[0]))

    def _scalar(self, event: yaml.ScalarEvent, path: Path) -> object:
        block = event.style in ("|", ">")
        self.texts[path] = _line(event) + block
        if not event.style and any(key in TYPED for key in path):
            if event.value in _WORDS:
                return _WORDS[event.value]
            if _INTEGER.fullmatch(event.value):
                return int(event.value)
        return event.value

    def _sequence(self, path: Path) -> list[object]:
        found: list[object] = []
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            found.append(self._node(event, (*path, len(found))))
        return found

    def _mapping(self, path: Path) -> dict[str, object]:
        found: dict[str, object] = {}
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if not isinstance(event, yaml.ScalarEvent):
                raise self._error(event, "键必须是文字", "a key must be text")
            self._look(event)
            key = event.value
            if key in found:
                raise self._error(event, f"“{key}”重复出现", f"{key!r} stands twice")
            if event.anchor or event.tag or key == "<<":
                raise self._error(event, "键上不允许锚点、标签或合并", "no anchors, tags or merges")
            self.lines[(*path, key)] = _line(event)
            found[key] = self._node(next(self.events), (*path, key))
        return found
