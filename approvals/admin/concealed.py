"""The file of a case as an auditor reads it: whole, with names and numbers of people masked."""

from copy import copy
from dataclasses import fields, is_dataclass, replace
from typing import Any

from django.db.models import Model, TextField

from people.masking import masked


def concealed(value: Any, names: frozenset[str]) -> Any:
    """Return a copy of what a page shows, with each of ``names`` and each number masked."""
    if isinstance(value, str):
        return masked(value, names) if type(value) is str else value
    if isinstance(value, list | tuple):
        return type(value)(concealed(item, names) for item in value)
    if isinstance(value, dict):
        return {key: concealed(item, names) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        changes = {f.name: concealed(getattr(value, f.name), names) for f in fields(value)}
        return replace(value, **changes)
    return _row(value, names) if isinstance(value, Model) else value


def _row(row: Model, names: frozenset[str]) -> Model:
    """Return a row with what officers and others wrote in it masked; shown only, never saved."""
    texts = [f.attname for f in row._meta.concrete_fields if isinstance(f, TextField)]
    before = {name: getattr(row, name) for name in texts}
    after = {name: concealed(text, names) for name, text in before.items()}
    if after == before:
        return row
    shown = copy(row)
    for name, text in after.items():
        setattr(shown, name, text)
    return shown
