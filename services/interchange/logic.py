"""The decision logic of a pack as plain data: what spreadsheets and decision models carry.

Parameters and requirements are those of the pack's YAML; tables are grids. ``filings`` is the
table of filings, where the pack has one (no other table can have that name).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from city.source import Source
from dmn.errors import FeelError
from services.interchange import grids
from services.interchange.grids import Grid
from services.interchange.yamltext.rewriting import rewrite
from services.pack import types

FILINGS = "filings"
WORDS = ("zh", "en", "law")
Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Logic:
    """``parameters`` by name, ``tables``: words and grid by name, ``requirements`` in order."""

    service: str
    parameters: dict[str, Data]
    tables: dict[str, tuple[Data, Grid]]
    requirements: list[Data]


def of(source: Source) -> Logic:
    """The logic of a pack that was read; raises ``SourceError`` for a table that is none."""
    data = source.data
    tables = {name: _table(source, ("tables", name), p) for name, p in _map(data, "tables").items()}
    if FILINGS in data:
        whole = data[FILINGS]
        tables[FILINGS] = _table(source, (FILINGS, "table"), {"table": whole["table"]})
    return Logic(
        data["service"],
        _plain(_map(data, "parameters")),
        tables,
        _plain(data["requirements"]),
    )


def put(source: Source, logic: Logic) -> str:
    """The pack's text with this logic in it; parts that mean the same stay as they are written.

    Raises ``SourceError`` for another service, or a table of filings in a pack without one.
    """
    if logic.service != source.data["service"]:
        raise source.error(
            ("service",),
            f"文件属于事项 {logic.service}，不是 {source.data['service']}",
            f"the file is of the service {logic.service}, not {source.data['service']}",
        )
    data: Data = copy.deepcopy(source.data)
    if (FILINGS in logic.tables) != (FILINGS in data):
        zh, en = (
            "备案表只能随事项包增减",
            "the table of filings is added and removed in the pack alone",
        )
        raise source.error((FILINGS,), zh, en)
    _set(data, "parameters", logic.parameters)
    _set(data, "requirements", logic.requirements)
    tables: Data = {}
    for name, (words, grid) in logic.tables.items():
        if name == FILINGS:
            data[FILINGS]["table"] = grids.rewrite(data[FILINGS]["table"], grid)
            continue
        before = _map(source.data, "tables").get(name, {})
        text = before if isinstance(before, str) else before.get("table", "")
        changed = grids.rewrite(text, grid)
        is_bare = isinstance(before, str) and not words
        tables[name] = changed if is_bare else {**words, "table": changed}
    _set(data, "tables", tables)
    return rewrite(source.text, data, source.file)


def type_of(part: Mapping[str, Any]) -> str | list[str]:
    """The type of a parameter: a name of ``types.NAMED``, ``list of`` one, or the texts allowed.

    Empty where its value is the city's.
    """
    values = [value for key, value in part.items() if key[0].isdigit()]
    if not values:
        return ""
    if "type" not in part:
        return _named(str(types.inferred(values[0])))
    kind = part["type"]
    if isinstance(kind, list):
        return kind
    return f"list of {kind}" if isinstance(values[0], list) else str(kind)


def with_type(part: Data, kind: str | list[str], before: Mapping[str, Any]) -> Data:
    """A parameter with its type written where its values do not show it, or where it was."""
    if not kind or ("type" not in before and type_of(part) == kind):
        return part
    written = kind.removeprefix("list of ") if isinstance(kind, str) else kind
    dated = {key: value for key, value in part.items() if key[0].isdigit()}
    return {"type": written, **dated, **{k: v for k, v in part.items() if k not in dated}}


def _named(written: str) -> str:
    """A type as packs name it, from how DMN writes it."""
    if written.startswith("list<"):
        return f"list of {_named(written[5:-1])}"
    return next((name for name, kind in types.NAMED.items() if kind.name == written), "text")


def _map(data: Mapping[str, Any], key: str) -> Data:
    found: Data = data.get(key, {})
    return found


def _table(source: Source, path: tuple[str, ...], part: Any) -> tuple[Data, Grid]:
    text = part if isinstance(part, str) else part["table"]
    words = {} if isinstance(part, str) else {key: part[key] for key in WORDS if key in part}
    try:
        return _plain(words), grids.read(text)
    except (FeelError, ValueError) as error:
        raise source.error(path, f"决策表有误：{error}", f"the table is wrong: {error}") from error


def _set(data: Data, key: str, wanted: Any) -> None:
    """Put a section into the data, before the requirements where it is new."""
    if key in data:
        if wanted:
            data[key] = _kept(data[key], wanted)
        elif data[key]:
            del data[key]
    elif wanted:
        names = list(data)
        later = names[names.index("requirements") :]
        rest = {name: data.pop(name) for name in later}
        data |= {key: wanted, **rest}


def _kept(old: Any, new: Any) -> Any:
    """``new`` with the old spelling of whatever means the same: blanks around a text mean none."""
    if isinstance(old, str) and isinstance(new, str):
        return old if old.strip() == new.strip() else new
    if isinstance(old, dict) and isinstance(new, dict):
        return {key: _kept(old.get(key), new[key]) for key in _order(list(old), list(new))}
    if isinstance(old, list) and isinstance(new, list):
        ids = {part["id"]: part for part in old if isinstance(part, dict) and "id" in part}
        if ids:
            return [_kept(ids.get(part["id"]), part) for part in new]
        if len(old) == len(new):
            return [_kept(one, other) for one, other in zip(old, new, strict=True)]
    return new


def _order(old: list[str], new: list[str]) -> list[str]:
    """The old order; further days of a parameter stand after those that it has."""
    kept, added = [key for key in old if key in new], [key for key in new if key not in old]
    days = [key for key in added if key[0].isdigit()]
    last = max((at for at, key in enumerate(kept) if key[0].isdigit()), default=len(kept) - 1)
    rest = [key for key in added if key not in days]
    return [*kept[: last + 1], *days, *kept[last + 1 :], *rest]


def _plain(data: Any) -> Any:
    """A copy with the blanks around every text taken off."""
    if isinstance(data, dict):
        return {key: _plain(part) for key, part in data.items()}
    if isinstance(data, list):
        return [_plain(part) for part in data]
    return data.strip() if isinstance(data, str) else data
