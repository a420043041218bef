"""Whether a value is what a registry's field may hold. Pure."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any

from city.model import Registry, RegistryField

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)
_PERSON = re.compile("[0-9a-f]{32}|[1-9][0-9]{16}[0-9X]|idn:.+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
Fault = tuple[str, str]  # what is wrong, in Chinese and in English


def record_faults(registry: Registry, record: Mapping[str, Any]) -> list[Fault]:
    """Return what in ``record`` (field: value, canonical JSON) the registry could not answer."""
    found = []
    for name, value in record.items():
        field = registry.fields.get(name)
        if field is None:
            found.append((f"{registry.code} 没有字段 {name}", f"{registry.code} has no {name}"))
        elif fault := field_fault(field, value):
            found.append((f"{name}：{fault[0]}", f"{name}: {fault[1]}"))
    return found


def field_fault(field: RegistryField, value: Any) -> Fault | None:
    """Return why ``value`` cannot stand in ``field``, or None. Numbers are decimal text."""
    if value is None:
        return None if field.nullable else ("不能为空值", "cannot be null")
    if field.type == "list":
        return _list_fault(field, value)
    if field.type == "boolean":
        return None if isinstance(value, bool) else ("应为 true 或 false", "is true or false")
    if not isinstance(value, str):
        return "应为文字", "is written as text"
    return _text_fault(field, value)


def _list_fault(field: RegistryField, value: Any) -> Fault | None:
    if not isinstance(value, list):
        return "应为列表", "is a list"
    for item in value:
        if isinstance(field.of, str):
            fault = field_fault(RegistryField("", field.of, "", ""), item)
        elif not isinstance(item, Mapping):
            fault = ("列表的每一项应为一组键值", "each item is a map of fields")
        else:
            fault = _item_fault(field.of, item)
        if fault:
            return fault
    return None


def _item_fault(fields: Mapping[str, RegistryField], item: Mapping[str, Any]) -> Fault | None:
    for name, value in item.items():
        if name not in fields:
            return f"没有字段 {name}", f"has no field {name}"
        if fault := field_fault(fields[name], value):
            return f"{name}：{fault[0]}", f"{name}: {fault[1]}"
    return None


def _text_fault(field: RegistryField, value: str) -> Fault | None:
    if field.type == "number":
        return None if _NUMBER.fullmatch(value) else ("应为数字", "is a number")
    if field.type == "date":
        return None if _is_date(value) else ("应为日期，例如 2026-01-31", "is a date: 2026-01-31")
    if field.codes is not None and value not in field.codes:
        codes = "、".join(field.codes)
        return f"只能是 {codes}", f"is one of {', '.join(field.codes)}"
    if field.is_number and not _PERSON.fullmatch(value):
        return "应为身份证号码或其索引", "is an ID number, or its index"
    if field.pattern and not re.fullmatch(field.pattern, value):
        example = field.example or field.pattern
        return f"写法应如 {example}", f"is written like {example}"
    return None


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True
