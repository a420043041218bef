"""The sheet of filings in a pack (``filings``), as its author wrote it; compiled in ``filings``."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from city.errors import SourceError
from city.source import Path, Source
from services.pack import keywords, types
from services.pack.model import FilingItem, FilingSheet
from services.pack.types import words

Data = Mapping[str, Any]


def read(source: Source, faults: list[SourceError]) -> FilingSheet | None:
    """The table, its columns and items; appends to ``faults`` what is wrong."""
    part = source.data.get("filings")
    if part is None:
        return None
    columns = {head: (words(w["if"]), words(w["not"])) for head, w in part["columns"].items()}
    items = {
        item["id"]: _item(source, ("filings", "items", place), item, faults)
        for place, item in enumerate(part["items"])
    }
    if len(items) != len(part["items"]):
        zh, en = "备案编号重复", "an id of a filing stands twice"
        faults.append(source.error(("filings", "items"), zh, en))
    line = source.line(("filings", "table")) + 1
    return FilingSheet(part["table"], line, columns, items)


def _item(source: Source, path: Path, part: Data, faults: list[SourceError]) -> FilingItem:
    if ("only_if" in part) != ("otherwise" in part):
        zh, en = "only_if 和 otherwise 应同时出现", "only_if and otherwise go together"
        faults.append(source.error(path, zh, en))
    dated = []
    for on, status in part["status"].items():
        since = types.day(on)
        if since is None:
            faults.append(
                source.error((*path, "status", on), f"{on} 不是日期", f"{on} is not a date")
            )
        dated.append((since or datetime.date(1, 1, 1), status))
    return FilingItem(
        id=part["id"],
        number=int(part["number"]),
        receiver=part["receiver"],
        **words(part),
        law=part["law"],
        status=tuple(sorted(dated)),
        ended=words(part["ended"]) if "ended" in part else None,
        provisional=part.get("provisional") == "yes",
        form=keywords.plain(part["form"]) if "form" in part else None,
        only_if=part.get("only_if", ""),
        otherwise=words(part["otherwise"]) if "otherwise" in part else None,
    )
