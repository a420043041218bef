"""What an edition computes from a case's inputs beside the verdict. Pure."""

from __future__ import annotations

import datetime
import hashlib
import itertools
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any

from dmn import to_json
from dmn.values import UNKNOWN
from services import divisions
from services.inputs import Inputs, gather_inputs
from services.pack.model import APPLICANT, ITEM, Guard
from services.pack.program import EntryItem
from services.rulebook import Rulebook, run_safely

_INDEX = re.compile("[0-9a-f]{32}", re.ASCII)  # people.identity.index
_written = json.JSONEncoder(ensure_ascii=False).encode


def printed_values(rulebook: Rulebook, inputs: Inputs) -> dict[str, object]:
    """What a certificate prints: each field's value; None where nothing is known.

    A field that is a fact is printed in words where the fact has codes: names of divisions, and of
    what was chosen in the form.
    """
    values, words = inputs.values, _printed_words(rulebook)
    found = {}
    for name, run in rulebook.program.printed:
        value = run_safely(run, values)
        found[name] = None if value is UNKNOWN else words[name](value) if name in words else value
    return found


@lru_cache(maxsize=256)
def _printed_words(rulebook: Rulebook) -> Mapping[str, Callable[[object], object]]:
    """What puts a field's value in words, by field: of those that are a fact with codes."""
    found: dict[str, Callable[[object], object]] = {}
    for field in rulebook.certificate.fields if rulebook.certificate else ():
        fact = rulebook.facts.get(field.value)
        if fact is None:
            continue
        if fact.is_division:
            found[field.id] = _division
        elif fact.source == "answers":
            node = rulebook.form["properties"].get(fact.field, {})
            options = (node.get("items") or node).get("oneOf", ())
            if labels := {o["const"]: o["x-zh"] for o in options if isinstance(o["const"], str)}:
                found[field.id] = partial(_labelled, labels)
    return found


def _division(code: object) -> object:
    return divisions.name(code) if isinstance(code, str) else code


def _labelled(labels: Mapping[str, str], value: object) -> object:
    if isinstance(value, list):
        return [_labelled(labels, item) for item in value]
    return labels.get(value, value) if isinstance(value, str) else value


def fee_due(rulebook: Rulebook, inputs: Inputs) -> Decimal | None:
    """Yuan due for an application, by its answers; None: no amount is given, or none is known.

    Nobody is told that we owe them: an amount below nothing is none.
    """
    if rulebook.program.fee is None:
        return None
    found = run_safely(rulebook.program.fee, inputs.values)
    return found if isinstance(found, Decimal) and found >= 0 else None


@dataclass(frozen=True, slots=True)
class Entered:
    """A record that a certificate enters in a registry; ``subject`` None: about the holder.

    ``is_person``: the subject is an index already. ``replaces``: see ``model.RegistryEntry``.
    """

    registry: str
    subject: str | None
    record: Mapping[str, Any]  # as JSON, numbers and dates as text
    is_person: bool = False
    replaces: str = ""


def entries(
    rulebook: Rulebook, values: Mapping[str, object], issued: Mapping[str, object]
) -> list[Entered]:
    """What a certificate enters in the city's registries.

    ``values``: the typed facts of its case; ``issued``: what ``pack.model.ISSUED`` names.
    What is not known is left out, and nothing is entered about a subject that is not known.
    """
    known = {**values, **issued}
    found = []
    for entry in rulebook.program.entries:
        record = _known_values(entry.record, known)
        named = None if entry.subject is None else run_safely(entry.subject, known)
        subjects = named if isinstance(named, list) else [named]
        if entry.subject is None:
            found.append(Entered(entry.registry, None, record, replaces=entry.replaces))
            continue
        texts = dict.fromkeys(text for text in subjects if isinstance(text, str) and text)
        if entry.is_person:  # anything else than an index names nobody
            texts = {text: None for text in texts if _INDEX.fullmatch(text)}
        found += [
            Entered(entry.registry, text, record, entry.is_person, entry.replaces) for text in texts
        ]
    return found


def _known_values(runs: Iterable[tuple[str, Any]], known: Mapping[str, object]) -> dict[str, Any]:
    """Compute each field, or each field of each record of a list; what is unknown is left out."""
    found: dict[str, Any] = {}
    for field, run in runs:
        if isinstance(run, tuple):
            found[field] = [record for item in run for record in _records(item, known)]
        elif (value := run_safely(run, known)) is not UNKNOWN:
            found[field] = to_json(value)
    return found


def _records(item: EntryItem, known: Mapping[str, object]) -> list[dict[str, Any]]:
    """The record of a list, or one for every item of the list that ``each`` gives."""
    if item.each is None:
        return [_known_values(item.parts, known)]
    items = run_safely(item.each, known)
    texts = [text for text in items if isinstance(text, str)] if isinstance(items, list) else []
    return [_known_values(item.parts, {**known, ITEM: text}) for text in texts]


def cosigners(rulebook: Rulebook, inputs: Inputs) -> list[str]:
    """Indices (identity.index) of all who must confirm, the applicant perhaps too; or []."""
    if rulebook.program.cosigners is None:
        return []
    found = run_safely(rulebook.program.cosigners, inputs.values)
    return [str(number) for number in found] if isinstance(found, list) else []


def need_cosigners(rulebook: Rulebook, inputs: Inputs) -> bool:
    """Whether others have to confirm; an unknown list counts as some."""
    if rulebook.program.cosigners is None:
        return False
    people = run_safely(rulebook.program.cosigners, inputs.values)
    return people is UNKNOWN or bool(people)


def district_of(rulebook: Rulebook, inputs: Inputs) -> str | None:
    """The code of the district that the case belongs to; None: not known, or the whole city's."""
    if rulebook.program.district is None:
        return None
    found = run_safely(rulebook.program.district, inputs.values)
    return found if isinstance(found, str) and found else None


@dataclass(frozen=True, slots=True)
class GuardKey:
    """What may exist once: ``key`` is 64 hex characters, equal when scope and values are."""

    guard: Guard
    key: str


def guard_keys(rulebook: Rulebook, inputs: Inputs, applicant: str) -> list[GuardKey]:
    """The keys that a case holds while it is open, or while its certificate is live.

    ``applicant``: identity.index. A list in a key gives one key for each of its items; a value
    that is missing gives none. Texts are compared in one form (NFKC, no spaces, small letters).
    """
    values = {**inputs.values, APPLICANT: applicant}
    found = []
    for run in rulebook.program.guards:
        parts = [_texts(run_safely(part, values)) for part in run.parts]
        for key in itertools.product(*parts):
            text = _written([run.guard.scope, *key])
            found.append(GuardKey(run.guard, hashlib.sha256(text.encode()).hexdigest()))
    return found


def not_asked(rulebook: Rulebook, answers: Mapping[str, Any], on: datetime.date) -> frozenset[str]:
    """The entries of the pack's registries that are not asked with these answers; mostly none."""
    if not rulebook.program.asked:
        return frozenset()
    values = gather_inputs(rulebook, answers, {}, {}, on).values
    asked = rulebook.program.asked
    skipped = {name for name, run in asked if run_safely(run, values) is not True}
    for later in rulebook.rounds:  # nobody is named by who is not asked
        if rulebook.facts[later.naming].source in skipped:
            skipped.add(later.registry.name)
    return frozenset(skipped)


def _texts(value: object) -> list[str]:
    items = value if isinstance(value, list) else [value]
    texts = (unicodedata.normalize("NFKC", i) for i in items if isinstance(i, str))
    return list(dict.fromkeys("".join(text.split()).casefold() for text in texts))
