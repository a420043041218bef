"""The rules of a pack that rest on law, each with its words and what it cites. Pure.

A rule is whatever a lawyer would hold against a clause: a condition, a figure, a table, a term,
who is asked and why, what is paid, what is filed. ``key`` stays the same from edition to edition.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from city.laws import Clause, Laws, cited
from services.explain import requirements_in_words
from services.pack.model import Pack, Words
from services.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; ``part`` and ``id`` as ``services.difference`` names what differs."""

    part: str
    id: str
    zh: str
    en: str
    law: str

    @property
    def key(self) -> str:
        return f"{self.part}:{self.id}"[:160]


@dataclass(frozen=True, slots=True)
class Matched:
    """The rules of a service beside the register: each clause with those that cite it.

    ``idle``: clauses that concern the service and that no rule cites. ``open``: rules with the
    pieces of their citation that the register does not have; none: they cite nothing.
    """

    cited: tuple[tuple[Clause, tuple[Rule, ...]], ...]
    idle: tuple[Clause, ...]
    open: tuple[tuple[Rule, tuple[str, ...]], ...]


def match(book: Rulebook, laws: Laws) -> Matched:
    """The rules of an edition beside the city's register of laws."""
    by_clause: dict[str, list[Rule]] = {}
    found: dict[str, Clause] = {}
    without: list[tuple[Rule, tuple[str, ...]]] = []
    for rule in rules(book):
        names = cited(rule.law, laws)
        for clause in names.clauses:
            found[clause.id] = clause
            by_clause.setdefault(clause.id, []).append(rule)
        if names.missing or not names.clauses:
            without.append((rule, names.missing))
    order = [one for law in laws.values() for one in law.clauses.values()]
    concerned = [one for one in order if book.code in one.services and one.id not in found]
    listed = tuple((one, tuple(by_clause[one.id])) for one in order if one.id in found)
    return Matched(listed, tuple(concerned), tuple(without))


def rules(book: Rulebook) -> Iterator[Rule]:
    """Every rule of an edition that cites law, or has to."""
    pack = book.pack
    yield Rule("service", "law", "设定依据", "Legal basis", pack.law)
    for registry in pack.registries.values():
        yield Rule("registry", registry.name, registry.zh, registry.en, registry.basis)
    yield from _questions(book.form, "")
    zh, en = (requirements_in_words(book, book.in_force_from, one) for one in ("zh", "en"))
    for one in pack.requirements:
        yield Rule("condition", one.id, zh[one.id], en[one.id], one.law)
    for name, figure in pack.parameters.items():
        yield _labelled("parameter", name, figure.label, figure.law)
    for name, table in pack.tables.items():
        yield _labelled("table", name, table.label, table.law)
    for consent in pack.consents:
        yield Rule("agency", consent.id, consent.zh, consent.en, consent.law)
    for guard in pack.guards:
        yield Rule("guard", guard.id, guard.zh, guard.en, guard.law)
    for id_, item in pack.filings.items.items() if pack.filings else ():
        yield Rule("filing", id_, item.zh, item.en, item.law)
    yield from _results(pack)
    yield from _handling(pack)


def _labelled(part: str, name: str, label: Words | None, law: str) -> Rule:
    return Rule(part, name, label["zh"] if label else name, label["en"] if label else name, law)


def _questions(node: Mapping[str, Any], pointer: str) -> Iterator[Rule]:
    for name, child in node.get("properties", {}).items():
        at = f"{pointer}/{name}"
        if law := child.get("x-law"):
            yield Rule(
                "question", at, str(child.get("x-zh", name)), str(child.get("x-en", name)), law
            )
        yield from _questions(child, at)
        yield from _questions(child.get("items", {}), f"{at}/*")


def _results(pack: Pack) -> Iterator[Rule]:
    for part in pack.outcomes.items if pack.outcomes else ():
        yield Rule("outcome", part.id, part.zh, part.en, part.law)
    for paid in pack.entitlements:
        yield Rule("entitlement", paid.kind, paid.zh, paid.en, paid.law)
        for change in paid.changes:
            yield Rule("entitlement", f"{paid.kind}/{change.id}", change.zh, change.en, change.law)
    if (endorsed := pack.endorsement) is not None:
        yield Rule("endorsement", endorsed.kind, endorsed.zh, endorsed.en, endorsed.law)
    if (changed := pack.changes) is not None:
        yield Rule("change", changed.kind, changed.zh, changed.en, changed.law)
    if (quota := pack.quota) is not None:
        yield Rule("quota", "quota", quota.zh, quota.en, quota.law)
    if (fee := pack.fee) is not None and (fee.law or fee.amount):
        yield Rule("fee", "fee", fee.zh, fee.en, fee.law)


def _handling(pack: Pack) -> Iterator[Rule]:
    yield Rule("term", "statutory", "法定时限", "Term of the law", pack.clock.statutory.law)
    for one in pack.commitments.values():
        yield Rule("commitment", one.id, one.zh, one.en, one.law)
    if (look := pack.inspection) is not None:
        yield Rule("inspection", "inspection", look.zh, look.en, look.law)
    for name, spec in pack.materials.items():
        if spec.later is not None:
            yield Rule("material", name, "可以容缺后补", "May come later", spec.later.law)
    if (recall := pack.provisional) is not None:
        yield Rule("provisional", "provisional", recall.zh, recall.en, recall.law)
    if (offered := pack.proactive) is not None:
        yield Rule("offer", "offer", "免申即享", "Offered unasked", offered.basis)
