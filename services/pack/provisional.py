"""What may be granted before everything is proved, and confirmed afterwards (暂准). Pure.

While a registry does not answer, its facts are unknown, and unknown never approves. A city may let
some of them be confirmed later (``city.freshness``); a service is granted so only where its pack
says what follows when the answer contradicts, and where the law knows such a thing: a benefit that
is urgent (先行给付) and a filing, which is verified afterwards (备案). A licence rests on an
examination that comes before it (行政许可法 §§34, 38), and a confirmation states what is so:
neither can be granted on what nobody has answered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dmn
from city.errors import SourceError
from city.model import City
from city.source import Path, Source
from services.pack.types import words

if TYPE_CHECKING:
    from services.pack.model import Pack
    from services.pack.program import Program

Data = Mapping[str, Any]
Words = Mapping[str, str]
KEY = "provisional"
UNCONFIRMED = "unconfirmed"  # what a condition is that is granted before its facts are known
REFER, PROVISIONAL = "refer", "provisional"  # of a requirement, while a registry is silent
LEGAL_KINDS: Mapping[str, tuple[str, str]] = {  # that cannot be granted so, and why
    "licence": (
        "行政许可须在审查合格后作出（行政许可法 §§34、38），不得暂准",
        "a licence is granted after its examination (行政许可法 §§34, 38), never provisionally",
    ),
    "confirmation": (
        "行政确认是对事实的认定，未经核实不得暂准",
        "a confirmation states what is so: it cannot be given on what nobody has answered",
    ),
}
# of an expression: what a provisional answer may be missing from. All else is printed, paid or sent
_HOLDING = ("ends", "suspends", "holds")  # of an entitlement, which is held while one is unknown


@dataclass(frozen=True, slots=True)
class Recall:
    """What follows where the answer contradicts what was granted, in words, and its law."""

    zh: str
    en: str
    law: str
    doubt: str = ""


def read(part: Data | None) -> Recall | None:
    if part is None:
        return None
    recall = words(part["recall"]) if "recall" in part else {"zh": "", "en": ""}
    return Recall(**recall, law=part["law"], doubt=part.get("doubt", ""))


def faults(source: Source, pack: Pack) -> Iterator[SourceError]:
    """Everything for which a service cannot be granted provisionally."""
    opted = [n for n, one in enumerate(pack.requirements) if one.when_unanswered == PROVISIONAL]
    if pack.provisional is None:
        for place in opted:
            zh = "暂准的事项须写明法律依据和核实不符的后果：provisional: {law, recall: {zh, en}}"
            en = "write provisional: its law, and in recall what follows if it is contradicted"
            yield source.error(("requirements", place, "when_unanswered"), zh, en)
        return
    path: Path = (KEY,)
    if (why := LEGAL_KINDS.get(pack.legal_kind)) is not None:
        zh, en = f"{why[0]}；请删去 provisional", f"{why[1]}: take provisional out"
        yield source.error(path, zh, en)
    if not pack.provisional.zh:
        zh = "须写明核实不符时如何处理：recall: {zh, en}，例如“撤销备案，并停止销售”"
        en = "say what follows if it is contradicted, recall: {zh, en}, such as: it is revoked"
        yield source.error((*path, "recall"), zh, en)
    if not opted:
        zh = "没有条件可以事后核实：请在该条件写 when_unanswered: provisional，或删去 provisional"
        en = "no condition may be known later: write when_unanswered: provisional in one"
        yield source.error(path, zh, en)
    for key, is_there in (
        ("changes", pack.changes is not None),
        ("consumes", bool(pack.consumes)),
        ("endorsement", pack.endorsement is not None),
        ("filings", pack.filings is not None),
        ("quota", pack.quota is not None),
        ("certificate.enters", pack.certificate is not None and bool(pack.certificate.enters)),
    ):
        if is_there:
            zh = f"{key} 的后果无法随暂准一并撤回；provisional 与 {key} 不能同时写"
            en = f"what {key} brings cannot be taken back with it: write provisional or {key}"
            yield source.error(path, zh, en)


def confirmable(pack: Pack, program: Program) -> frozenset[str]:
    """Return the facts that may be known after the approval.

    Those on which nothing rests but conditions that say so: of a registry's answer about the
    applicant, or about one answer. Nothing that another condition wants, a certificate prints, an
    amount is computed from, or another agency is asked or sent.
    """
    if pack.provisional is None:
        return frozenset()
    asked = {
        name
        for name, fact in pack.facts.items()
        if fact.source in pack.registries and not fact.of_others and not fact.is_material
    }
    wanted = _used(pack, program, ("", REFER))
    for path, node in program.trees.items():
        if path[0] != "requirements" and not _holds(path):
            wanted |= set(dmn.names(node))
    allowed = _with_tables(_used(pack, program, (PROVISIONAL,)), program)
    return frozenset(asked & allowed - _with_tables(wanted, program))


def fresh(pack: Pack, program: Program) -> frozenset[str]:
    """Return the facts that a condition wants read anew, whatever the city allows."""
    return frozenset(_with_tables(_used(pack, program, (REFER,)), program))


def _used(pack: Pack, program: Program, when: Collection[str]) -> set[str]:
    """Return the names in conditions that say one of these of silence."""
    some = {one.id for one in pack.requirements if one.when_unanswered in when}
    conditions = [c for c in program.conditions if c.id in some]
    return {name for c in conditions for name in (*c.uses, *c.withheld)}


def _holds(path: Path) -> bool:
    return path[0] in ("entitlement", "entitlements") and any(key in path for key in _HOLDING)


def _with_tables(names: set[str], program: Program) -> set[str]:
    """Add what the tables among the names read; a table may read those above it."""
    for table in reversed(program.table_runs):
        if table.name in names:
            names |= set(table.reads)
    return names


def city_faults(source: Source, pack: Pack, program: Program, city: City) -> Iterator[SourceError]:
    """Each condition that may be known later rests on a fact of which the city allows that."""
    later = confirmable(pack, program)
    for place, one in enumerate(pack.requirements):
        if one.when_unanswered != PROVISIONAL or pack.provisional is None:
            continue
        names = _with_tables(set(program.conditions[place].uses), program) & later
        facts = [pack.facts[name] for name in sorted(names)]
        if any(_is_allowed(city, pack.registries[f.source].registry, f.field) for f in facts):
            continue
        zh = (
            "该条件所用的事实都不能事后核实：本市 registries.yaml 的 when_unanswered 没有为其字段写"
            " provisional，或者这些事实还用于其他条件、证照、金额或通知"
        )
        en = (
            "none of its facts may be known later: registries.yaml allows none of their fields"
            " (when_unanswered: provisional), or another condition wants them, or they are printed,"
            " paid or sent, too"
        )
        yield source.error(("requirements", place, "when_unanswered"), zh, en)


def _is_allowed(city: City, code: str, field: str) -> bool:
    registry = city.registries.get(code)
    return registry is not None and registry.freshness.of(field).provisional is not None
