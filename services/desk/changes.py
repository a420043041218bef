"""What the form of a section asks to be changed in a draft's text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from city import source as sources
from city.errors import SourceError
from services.desk import tables
from services.desk.examined import Placed
from services.editing import edits, fields
from services.editing.edits import EditRefused
from services.models import Draft

TEXT = "text"  # the field of the whole text
NEW_REQUIREMENT = {"must": "1 = 1", "zh": "（请填写）", "en": "(fill in)", "law": "（请填写）"}


def parsed(text: str) -> Mapping[str, Any] | None:
    """The data of a text; None where it is no YAML, so that there is nothing but the text."""
    try:
        return sources.read(text).data
    except SourceError:
        return None


def base_text(draft: Draft, version: int) -> str:
    """The text that a page of that version showed; the present one where there is none such."""
    if version == draft.version:
        return draft.source
    found = draft.texts.filter(version=version).first()
    return found.source if found else draft.source


def refusal(error: EditRefused | tables.CellRefused, section: str) -> Placed:
    """A change that cannot be made, at its field."""
    if isinstance(error, tables.CellRefused):
        return Placed(0, error.zh, error.en, section, error.id)
    return Placed(0, error.zh, error.en, section, fields.element_id(error.path))


def edited(text: str, section: str, form: Mapping[str, str]) -> str:
    """A draft's text with what the form of a section has changed, and the button that was pressed.

    Raises ``EditRefused`` or ``tables.CellRefused`` for a change that cannot be made so.
    """
    if section == "raw":
        typed = form.get(TEXT, text)
        return text if _unchanged(typed, text) else typed.replace("\r\n", "\n")
    data = parsed(text)
    if data is None:
        return text
    if section == "tables":
        made = tables.edited(text, data, form)
    else:
        made = edits.apply(text, fields.changes(list(fields.CARDS[section](data)), form))
    return _pressed(made, section, form.get("do", ""))


def _unchanged(typed: str, text: str) -> bool:
    """Whether an area of lines was sent back as it was: browsers send other line ends."""
    return typed.replace("\r\n", "\n") == text.replace("\r\n", "\n")


def _pressed(text: str, section: str, do: str) -> str:
    """What a button beside a row, a value or a requirement does; ``VERB:POINTER[:ROW]``."""
    verb, _, where = do.partition(":")
    data = parsed(text)
    if not verb or data is None:
        return text
    if section == "tables":
        name, _, row = where.rpartition(":")
        number = int(row) if row.isascii() and row.isdigit() and len(row) < 5 else 0
        return tables.moved(text, data, verb, name, number)
    if verb == "add" and section == "requirements":
        return _with_requirement(text, data)
    if verb == "remove":
        return _removed(text, section, data, where)
    return text


def _removed(text: str, section: str, data: Mapping[str, Any], where: str) -> str:
    for card in fields.CARDS[section](data):
        if section == "requirements" and fields.pointer(card.path) == where:
            return edits.remove_item(text, card.path)
        for field in card.fields:
            if section == "parameters" and field.name == where and field.is_dated:
                return _without_value(text, card, field)
    return text


def _without_value(text: str, card: fields.Card, field: fields.Field) -> str:
    days = [one for one in card.fields if one.is_dated]
    if len(days) < 2:
        zh, en = "参数至少要有一个值", "a parameter has a value at least"
        raise EditRefused(field.path, zh, en)
    return edits.remove_key(text, field.path)


def _with_requirement(text: str, data: Mapping[str, Any]) -> str:
    known = {card.title for card in fields.requirements(data)}
    name = next(made for n in range(1, 1_000) if (made := f"condition_{n}") not in known)
    item = {"id": name, **NEW_REQUIREMENT}
    lines = [f"{key}: {value}" for key, value in item.items()]
    return edits.add_item(text, ("requirements",), len(known) - 1, lines, item)
