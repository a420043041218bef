"""What an applicant is asked or judged by in one edition and not in another, in words. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import dmn
from city.source import Path
from services import comparison
from services.explain import requirements_in_words
from services.guide.words import KINDS
from services.pack.lint import requirements
from services.pack.model import Limit, Pack, Words
from services.rulebook import Rulebook

Part = Literal[
    "service",
    "registry",
    "question",
    "condition",
    "guard",
    "signature",
    "agency",
    "filing",
    "certificate",
    "entitlement",
    "fee",
    "quota",
    "term",
]
Kind = Literal["added", "changed", "removed"]

_SENTENCES: Mapping[tuple[Part, Kind], tuple[str, str]] = {
    ("service", "changed"): ("事项说明有变化", "Changed description"),
    ("registry", "added"): ("新增查询", "Also asked"),
    ("registry", "changed"): ("查询的内容、目的或依据有变化", "Asked otherwise than before"),
    ("registry", "removed"): ("不再查询", "No longer asked"),
    ("question", "added"): ("新增填写项", "New question"),
    ("question", "changed"): ("填写要求有变化", "Changed question"),
    ("question", "removed"): ("不再填写", "No longer a question"),
    ("condition", "added"): ("新增条件", "New condition"),
    ("condition", "changed"): ("条件有变化", "Changed condition"),
    ("condition", "removed"): ("取消条件", "No longer a condition"),
    ("guard", "added"): ("新增限制", "New limit"),
    ("guard", "changed"): ("限制有变化", "Changed limit"),
    ("guard", "removed"): ("取消限制", "No longer a limit"),
    ("signature", "added"): ("新增须签署的人", "Others must sign, too"),
    ("signature", "changed"): ("须签署的人有变化", "Others must sign than before"),
    ("signature", "removed"): ("不再须签署的人", "No longer have to sign"),
    ("agency", "added"): ("新增征求部门意见", "Another agency is to agree"),
    ("agency", "changed"): ("征求部门意见有变化", "Another agency agrees otherwise than before"),
    ("agency", "removed"): ("不再征求部门意见", "Another agency need no longer agree"),
    ("filing", "added"): ("新增备案", "New filing"),
    ("filing", "changed"): ("备案有变化", "Changed filing"),
    ("filing", "removed"): ("取消备案", "No longer a filing"),
    ("certificate", "added"): ("新增证照", "A certificate is issued"),
    ("certificate", "changed"): ("证照有变化", "Changed certificate"),
    ("certificate", "removed"): ("不再发证", "No certificate is issued any more"),
    ("entitlement", "added"): ("新增待遇", "Something is paid by period"),
    ("entitlement", "changed"): ("待遇有变化", "What is paid by period has changed"),
    ("entitlement", "removed"): ("不再发放待遇", "No longer paid by period"),
    ("fee", "added"): ("收费说明", "Fee"),
    ("fee", "changed"): ("收费有变化", "Changed fee"),
    ("fee", "removed"): ("不再说明收费", "Nothing is said of this fee any more"),
    ("quota", "added"): ("新增数量限制", "The number is limited now"),
    ("quota", "changed"): ("数量限制有变化", "Changed limit of number"),
    ("quota", "removed"): ("取消数量限制", "The number is no longer limited"),
    ("term", "changed"): ("办理期限有变化", "Changed term"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs; ``id`` is a code or, of a question, its JSON pointer."""

    part: Part
    kind: Kind
    id: str
    zh: str
    en: str

    def to_json(self) -> dict[str, str]:
        return {
            "part": self.part,
            "kind": self.kind,
            "id": self.id,
            "zh": self.zh,
            "en": self.en,
        }


@dataclass(frozen=True, slots=True)
class _Item:
    """Something that an edition has: what it means, compared whole, and its words."""

    meaning: object
    words: Words


def differences(old: Rulebook, new: Rulebook, on: datetime.date) -> tuple[Difference, ...]:
    """What differs for an applicant between two editions of a service on a day.

    Every part that a citizen's page is made from: what the service says of itself, who is asked,
    what is to be filled in, what must hold, who signs, what is issued, what it costs, how long it
    takes. Nothing where the texts differ in other parts alone.
    """
    found: list[Difference] = []
    before, after = _items(old, on), _items(new, on)
    for part in after:
        found += _between(part, before[part], after[part])
    return tuple(found)


def _between(
    part: Part, before: Mapping[str, _Item], after: Mapping[str, _Item]
) -> Iterator[Difference]:
    for id_ in {**after, **before}:
        kind: Kind
        if id_ not in before:
            kind = "added"
        elif id_ not in after:
            kind = "removed"
        elif before[id_].meaning != after[id_].meaning:
            kind = "changed"
        else:
            continue
        words = (after.get(id_) or before[id_]).words
        zh, en = _SENTENCES[part, kind]
        yield Difference(part, kind, id_, f"{zh}：{words['zh']}", f"{en}: {words['en']}")


def _items(book: Rulebook, on: datetime.date) -> dict[Part, dict[str, _Item]]:
    pack = book.pack
    return {
        "service": _description(pack),
        "registry": {
            code: _Item((r, book.fields[code], _facts(pack, code)), {"zh": r.zh, "en": r.en})
            for code, r in pack.registries.items()
        },
        "question": dict(_questions(book.form, "")),
        "condition": _conditions(book, on),
        "guard": {
            g.id: _Item((g.scope, g.key, g.periods, g.law, g.zh, g.en), {"zh": g.zh, "en": g.en})
            for g in pack.guards
        },
        "signature": _signatures(book),
        "agency": {c.id: _Item(c, {"zh": c.zh, "en": c.en}) for c in pack.consents},
        "filing": {
            id_: _Item(item, {"zh": item.zh, "en": item.en})
            for id_, item in (pack.filings.items.items() if pack.filings else ())
        },
        "certificate": _certificates(book, on),
        "entitlement": {
            run.spec.kind: _Item(
                (run.spec, comparison.meanings(book, run.uses, on)),
                {"zh": run.spec.zh, "en": run.spec.en},
            )
            for run in book.program.entitlements
        },
        "fee": _fees(book, on),
        "quota": _quotas(book, on),
        "term": _terms(pack),
    }


def _description(pack: Pack) -> dict[str, _Item]:
    """What the service's page says of it beside the parts that have a name of their own."""
    audience = {
        "person": {"zh": "面向个人", "en": "for persons"},
        "enterprise": {"zh": "面向企业", "en": "for enterprises"},
    }
    office = pack.department
    return {
        "name": _Item(pack.name, pack.name),
        "summary": _Item(pack.summary, pack.summary),
        "department": _Item(
            (office, pack.district),
            {"zh": f"办理部门 {office['zh']}", "en": f"decided by {office['en']}"},
        ),
        "applicant": _Item(pack.applicant, audience[pack.applicant]),
        "kind": _Item(
            pack.legal_kind, dict(zip(("zh", "en"), KINDS[pack.legal_kind], strict=True))
        ),
        "visits": _Item(
            pack.visits,
            {"zh": f"到现场 {pack.visits} 次", "en": f"visits to a counter: {pack.visits}"},
        ),
        "law": _Item(pack.law, {"zh": f"依据 {pack.law}", "en": f"legal basis: {pack.law}"}),
    }


def _facts(pack: Pack, registry: str) -> tuple[object, ...]:
    """What the page calls the facts that a registry is asked for, and their codes."""
    return tuple(
        (f.field, f.zh, f.en, f.labels) for f in pack.facts.values() if f.source == registry
    )


def _signatures(book: Rulebook) -> dict[str, _Item]:
    """Who must sign beside the applicant, by the questions that name them."""
    if not book.pack.cosigners:
        return {}
    used = dmn.names(book.program.trees["cosigners",])
    properties = book.form.get("properties", {})
    questions = [
        properties[fact.field]
        for name, fact in book.facts.items()
        if name in used and fact.source == "answers" and fact.field in properties
    ]
    words = {
        language: comma.join(filter(None, (str(one.get(f"x-{language}", "")) for one in questions)))
        for language, comma in (("zh", "、"), ("en", ", "))
    }
    zh, en = words["zh"] or "申请人所列的人", words["en"] or "those whom the applicant names"
    return {"cosigners": _Item(book.pack.cosigners, {"zh": zh, "en": en})}


def _certificates(book: Rulebook, on: datetime.date) -> dict[str, _Item]:
    """What is issued, or endorsed; how long, and what becomes of certificates of before."""
    pack, one = book.pack, book.pack.certificate
    paths = (
        ("certificate", "valid", "by"),
        ("certificate", "endorsement", "lasts"),
        ("endorses", "lasts"),
    )
    meaning = (pack.endorsement, pack.changes, pack.consumes, _used(book, on, *paths))
    if one is None:
        if (endorsed := pack.endorsement) is None:
            return {}
        return {endorsed.kind: _Item(meaning, {"zh": endorsed.zh, "en": endorsed.en})}
    issued = (one.zh, one.en, one.number, one.valid, one.fields, one.template, one.holder)
    return {one.kind: _Item((issued, meaning), {"zh": one.zh, "en": one.en})}


def _fees(book: Rulebook, on: datetime.date) -> dict[str, _Item]:
    fee = book.pack.fee
    if fee is None:
        return {}
    return {"fee": _Item((fee, _used(book, on, ("fee", "amount"))), {"zh": fee.zh, "en": fee.en})}


def _quotas(book: Rulebook, on: datetime.date) -> dict[str, _Item]:
    one = book.pack.quota
    if one is None:
        return {}
    meaning = one, _used(book, on, ("quota", "places"), ("quota", "group"))
    return {"quota": _Item(meaning, {"zh": one.zh, "en": one.en})}


def _used(book: Rulebook, on: datetime.date, *paths: Path) -> list[object]:
    """What the expressions at these places rest on, on a day; nothing where there is none."""
    trees = [book.program.trees[path] for path in paths if path in book.program.trees]
    return [comparison.meanings(book, dmn.names(tree), on) for tree in trees]


def _terms(pack: Pack) -> dict[str, _Item]:
    clock = pack.clock
    longer = Limit(clock.extension, clock.statutory.unit)
    correct = Limit(pack.correct_within, "calendar")
    joint = {"zh": f"多部门{clock.joint}", "en": "decided jointly by several agencies"}
    return {
        **({"joint": _Item(clock.joint, joint)} if clock.joint else {}),
        "promised": _term("承诺时限", "promised", clock.promised),
        "statutory": _term("法定时限", "statutory", clock.statutory),
        "extension": _term("法定时限可延长", "extension, once", longer),
        "correct_within": _term("补正期限", "time to correct", correct),
    }


def _conditions(book: Rulebook, on: datetime.date) -> dict[str, _Item]:
    zh, en = (requirements_in_words(book, on, language) for language in ("zh", "en"))
    used = {one.id: one.names() for one in requirements(book.pack, book.program)}
    return {
        one.id: _Item(
            (
                comparison.meaning(book, one.id, on),
                _labels(book, used[one.id]),
                zh[one.id],
                en[one.id],
                one.law,
                one.undisclosed,
                one.bring,
            ),
            {"zh": zh[one.id], "en": en[one.id]},
        )
        for one in book.pack.requirements
    }


def _labels(book: Rulebook, used: Collection[str]) -> tuple[object, ...]:
    """What a condition's values are called where they are shown beside it."""
    found: list[object] = []
    for name in sorted(used):
        if fact := book.facts.get(name):
            found.append((fact.zh, fact.en, fact.labels))
        elif parameter := book.pack.parameters.get(name):
            found.append((parameter.label, parameter.unit, parameter.law, parameter.doubt))
        elif table := book.pack.tables.get(name):
            found.append((table.label, table.law))
    return tuple(found)


def _questions(node: Mapping[str, Any], pointer: str) -> Iterator[tuple[str, _Item]]:
    """Each question with everything that its form says of it, those in lists under ``*``.

    A block and a list of blocks, too: what they are called, and how many there may be.
    """
    required = node.get("required", ())
    for name, child in node.get("properties", {}).items():
        at = f"{pointer}/{name}"
        items = child.get("items", {})
        words = {key: str(child.get(f"x-{key}", "")) or name for key in ("zh", "en")}
        outer: Mapping[str, Any] = child
        if "properties" in child:
            yield from _questions(child, at)
            outer = {key: part for key, part in child.items() if key not in _INNER}
        elif "properties" in items:
            yield from _questions(items, f"{at}/*")
            outer = {key: part for key, part in child.items() if key != "items"}
        yield at, _Item((name in required, outer), words)


_INNER = ("properties", "required")  # of a block: its questions say it


def _term(zh: str, en: str, limit: Limit) -> _Item:
    units = {"working": ("个工作日", "working days"), "calendar": ("天", "days")}
    of_zh, of_en = units[limit.unit]
    words = {"zh": f"{zh} {limit.days} {of_zh}", "en": f"{en}, {limit.days} {of_en}"}
    return _Item(limit, words)
