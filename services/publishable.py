"""Whether a pack may be published: alone, and beside the services that are offered."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.conf import settings

from city.errors import SourceError, first_of
from city.model import City
from services import bundles, catalogue, city_tests, claims, regressions, scanning
from services.edition import Draft, draft
from services.pack import city_check, contradictions, lint, proactive, provisional
from services.rulebook import Rulebook

FEW = 4  # packs that stay read
KEPT = 64  # packs that were found right, so that proposing and publishing one checks it once


@dataclass(frozen=True, slots=True)
class Checked:
    """A pack that may be published, and what its author should still know."""

    rulebook: Rulebook
    warnings: tuple[SourceError, ...]


_right: dict[tuple[str, str], tuple[City, Checked]] = {}  # (hash, file): in which city


_read: dict[tuple[str, str], tuple[City, Draft]] = {}


def read(text: str, file: str) -> Draft:
    """Read a pack for the city as it is; the last few stay read, as one goes from step to step.

    Raises ``SourceError``.
    """
    key = text, file
    city, known = _read.get(key, (None, None))
    if known is not None and city is settings.CITY:
        return known
    found = draft(text, file, city=settings.CITY)
    if len(_read) >= FEW:
        _read.clear()
    _read[key] = settings.CITY, found
    return found


def check(text: str, file: str = "pack.yaml") -> Checked:
    """Everything that publishing demands: shape, types, form, lint, the pack's own tests.

    And that the city has what the pack names: registries with their fields, offices, partners.

    Raises ``SourceError`` (with ``.all()``) when anything is wrong.
    """
    pack = read(text, file)
    checked = _checked(pack, file)
    if found := list(claims.unissued(pack.source, pack.pack, settings.CITY)):
        raise first_of(found)
    return checked


def _checked(read: Draft, file: str) -> Checked:
    """Check a pack by itself: its text and the city decide, and nothing else."""
    key = read.digest(), file
    city, known = _right.get(key, (None, None))
    if known is not None and city is settings.CITY:
        return known
    book = read.rulebook()
    results = list(lint.findings(read.source, read.pack, read.program))
    found = [fault for is_fault, fault in results if is_fault]
    found += contradictions.faults(read.source, read.pack, read.program)
    found += city_check.faults(read.source, read.pack, settings.CITY)
    found += city_tests.faults(read, settings.CITY, file)[0]
    found += proactive.faults(read.source, read.pack, settings.CITY)
    found += provisional.city_faults(read.source, read.pack, read.program, settings.CITY)
    found += scanning.faults(read.source, book)
    if found:
        raise first_of(found)
    checked = Checked(book, tuple(remark for is_fault, remark in results if not is_fault))
    if len(_right) >= KEPT:
        _right.clear()
    _right[key] = settings.CITY, checked
    return checked


def publishable(read: Draft, file: str, on: datetime.date) -> Rulebook:
    """Check a pack beside the services that are offered.

    The bundles (一件事) it belongs to still have one form with it, and no two claim otherwise.
    Raises ``SourceError``.
    """
    book = _checked(read, file).rulebook
    offered = catalogue.all_current(on)
    found = list(claims.faults(read.source, read.pack, offered))
    found += claims.unissued(read.source, read.pack, settings.CITY, offered)
    found += regressions.faults(read)
    for bundle in settings.CITY.bundles.values():
        services = {step.service for step in bundle.steps.values()}
        if book.code in services:
            current = {one: catalogue.current(one, on) for one in services - {book.code}}
            there = {one: catalogue.rulebook(row) for one, row in current.items() if row}
            found += bundles.faults(bundle, {**there, book.code: book})
    if found:
        raise first_of(found)
    return book
