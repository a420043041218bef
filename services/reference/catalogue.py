"""The table of services, counted from their packs: how long each is, and what it uses."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

from city.model import City
from services.edition import draft
from services.pack.model import Pack
from services.reference import ROOT

PAGE = ROOT / "docs" / "catalogue.md"
TABLE = ("<!-- services -->", "<!-- end of services -->")
MEANS = ("<!-- means -->", "<!-- end of means -->")
# what a pack may say beyond form, facts, conditions and figures, and the module that reads it
USED: dict[str, tuple[str, Callable[[Pack], Any]]] = {
    "decision tables": ("tables", lambda pack: pack.tables),
    "filings with one licence": ("filings", lambda pack: pack.filings),
    "approvals of other agencies": ("build", lambda pack: pack.consents),
    "files": ("materials", lambda pack: pack.materials),
    "what need not be brought": ("supply", lambda pack: pack.material_sources),
    "commitments, promised files, inspection": (
        "undertakings",
        lambda pack: pack.commitments or pack.inspection or _has_later(pack),
    ),
    "registries about several persons": (
        "persons",
        lambda pack: any(one.item for one in pack.registries.values()),
    ),
    "registries about whom another names": (
        "rounds",
        lambda pack: any(one.naming for one in pack.registries.values()),
    ),
    "what may exist once only": ("build", lambda pack: pack.guards),
    "a certificate": ("certificate", lambda pack: pack.certificate),
    "validity by an expression": (
        "validity",
        lambda pack: pack.certificate and not isinstance(pack.certificate.valid, str),
    ),
    "endorsement": ("endorsement", lambda pack: pack.endorsement),
    "a certificate of before": ("changes", lambda pack: pack.changes or pack.consumes),
    "a fee": ("fee", lambda pack: pack.fee and pack.fee.amount),
    "what is paid by period": ("entitlement", lambda pack: pack.entitlements),
    "several results of one form": ("outcomes", lambda pack: pack.outcomes),
    "offered unasked": ("proactive", lambda pack: pack.proactive),
    "a joint handling": ("clock", lambda pack: pack.clock.joint),
}


def pages(city: City) -> dict[Path, str]:
    """Return the text of the catalogue's page, its two tables counted from the city's packs."""
    found = [_Service(path, city) for path in city.packs]
    text = PAGE.read_text("utf-8")
    text = _put(text, TABLE, _services(found))
    return {PAGE: _put(text, MEANS, _means(found))}


def is_close(page: str, made: str) -> bool:
    """Whether a page still says what it would say now: figures within a tenth, words the same.

    A pack that grows by a condition need not be counted anew in the same change.
    """
    figures = (re.findall(r"\d+", one) for one in (page, made))
    pairs = zip(*(map(int, one) for one in figures), strict=False)
    same_words = re.sub(r"\d+", "", page) == re.sub(r"\d+", "", made)
    return same_words and all(abs(a - b) <= max(3, b / 10) for a, b in pairs)


class _Service:
    """One pack: ``lines`` of its file, ``tested`` of them its tests."""

    def __init__(self, path: Path, city: City) -> None:
        text = path.read_text("utf-8")
        read = draft(text, str(path), city=city)
        self.pack, self.lines = read.pack, len(text.splitlines())
        self.tested = self.lines - read.source.line(("tests",)) + 1
        self.uses = [name for name, (_, says) in USED.items() if says(read.pack)]


def _services(found: list[_Service]) -> str:
    rows = [
        "| service | 事项 | lines | of tests | conditions | tests |",
        "|---|---|---|---|---|---|",
    ]
    for one in sorted(found, key=lambda one: one.lines):
        pack = one.pack
        counts = (one.lines, one.tested, len(pack.requirements), len(pack.cases))
        cells = (f"`{pack.service}`", pack.name["zh"], *map(str, counts))
        rows.append(f"| {' | '.join(cells)} |")
    median = statistics.median(one.lines for one in found)
    plain = statistics.median(one.lines - one.tested for one in found)
    total = f"{len(found)} services; median {median:g} lines a pack, {plain:g} without its tests"
    rows += ["", f"**{total}.**"]
    return "\n".join(rows)


def _means(found: list[_Service]) -> str:
    rows = ["| means of the pack language | read by | packs |", "|---|---|---|"]
    for name, (module, _) in USED.items():
        users = [one.pack.service for one in found if name in one.uses]
        said = ", ".join(f"`{user}`" for user in users) if len(users) <= MOST else ""
        cells = (name, f"`services/pack/{module}.py`", f"{len(users)} {said}".strip())
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


MOST = 4  # services that are named rather than counted


def _has_later(pack: Pack) -> bool:
    return any(one.later for one in pack.materials.values())


def _put(text: str, marks: tuple[str, str], body: str) -> str:
    """The text with what stands between two marks replaced."""
    begin, end = text.index(marks[0]) + len(marks[0]), text.index(marks[1])
    return f"{text[:begin]}\n{body}\n{text[end:]}"
