"""What a certificate says, as lines of text for a page: nothing that its picture alone shows."""

import re
from collections.abc import Mapping
from typing import Any

from services.explain import written_date

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def lines(payload: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """Return (label, value) pairs of a certificate's fields, as the holder reads them.

    ``payload`` as in certificates.payload; ``language``: zh or en, of the labels; what was printed
    in Chinese stays so.
    """
    holder = payload["holder"]
    found = [
        (str(field[language]), written(field["value"], language) or "—")
        for field in payload["fields"]
        if field["id"] != "name" or field["value"] != holder["name"]
    ]
    names = {"zh": ("持证人", "签发日期", "有效期至"), "en": ("Holder", "Issued on", "Valid until")}
    who, issued, expires = names[language]
    dates = [(issued, written(payload["issued"], language))]
    if payload["expires"]:
        dates.append((expires, written(payload["expires"], language)))
    return [(who, " ".join(filter(None, (holder["name"], holder["number"])))), *found, *dates]


def written(value: Any, language: str) -> str:
    """Write a printed value: dates as pages do, truth as yes and no, lists in one line."""
    if isinstance(value, list):
        return "、".join(written(item, language) for item in value)
    if isinstance(value, Mapping):
        return " ".join(written(item, language) for item in value.values())
    if value in ("true", "false"):
        return {"zh": ("是", "否"), "en": ("yes", "no")}[language][value == "false"]
    text = str(value)
    if _DATE.fullmatch(text):
        return written_date(text, language)
    return text
