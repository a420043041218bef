"""Answers and registry values in words: labels of the form, names and codes of the city."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, ngettext

from city.model import RegistryField
from people.language import language, mark
from services import divisions
from services.pack.materials import is_question
from services.tokens import masked


@dataclass(frozen=True, slots=True)
class Pair:
    name: str
    value: str


def answers(form: Any, filled: Any, lang: str) -> list[Pair]:
    """Return each question with its answer in words, blocks opened up."""
    pairs = []
    for name, node in form.get("properties", {}).items():
        value = filled.get(name)
        if node.get("type") == "object":
            pairs += answers(node, value or {}, lang)
        elif value is not None:
            pairs.append(Pair(node.get(f"x-{lang}", name), chosen(node, value, lang)))
    return pairs


def chosen(node: Any, value: Any, lang: str) -> str:
    """Return an answer to a question in words: the labels of its choices, the parts of records."""
    if is_question(node) and isinstance(value, list):
        return ngettext("%(n)d file", "%(n)d files", len(value)) % {"n": len(value)}
    if isinstance(value, list):
        join = mark(";") if node.get("items", {}).get("type") == "object" else "、"
        return join.join(chosen(node.get("items", {}), v, lang) for v in value)
    if isinstance(value, dict) and "properties" in node:
        parts = answers(node, masked(value), lang)
        return mark(",").join(f"{part.name} {part.value}" for part in parts)
    for option in node.get("oneOf", ()):
        if option["const"] == value:
            return str(option[f"x-{lang}"])
    return spoken(value)


def spoken(value: Any) -> str:
    """Return a canonical value in words: yes, no, none, records as they are."""
    if value is None:
        return gettext("none on record")
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return mark(";").join(spoken(v) for v in value) or gettext("none on record")
    if isinstance(value, dict):
        return mark(",").join(f"{k} {spoken(v)}" for k, v in value.items())
    return str(value)


def label(registry: str, name: str) -> str:
    """Return what the city's folder calls a field of a registry."""
    found = settings.CITY.registries.get(registry)
    return str(getattr(found.fields.get(name) if found else None, language(), name))


def of_registry(registry: str, name: str, value: Any) -> str:
    """Return a registry's value in words: what the city's folder calls its fields and codes."""
    found = settings.CITY.registries.get(registry)
    return in_words(found.fields.get(name) if found else None, value)


def in_words(described: RegistryField | str | None, value: Any) -> str:
    """Return a value of a field that the city's folder describes, codes by their words."""
    if not isinstance(described, RegistryField) or value is None:
        return spoken(value)
    if isinstance(value, list):
        return mark(";").join(_item(described.of, item) for item in value) or spoken(None)
    if described.is_division and isinstance(value, str):
        return divisions.name(value, language=language())
    known = (described.codes or {}).get(value) if isinstance(value, str) else None
    return known[language()] if known else spoken(value)


def _item(of: Any, value: Any) -> str:
    """Return one item of a list: a record with the names of its fields, or a value."""
    if not isinstance(value, dict) or not isinstance(of, Mapping):
        return spoken(value)
    parts = []
    for name, part in value.items():
        field = of.get(name)
        parts.append(f"{getattr(field, language(), name)} {in_words(field, part)}")
    return mark(",").join(parts)
