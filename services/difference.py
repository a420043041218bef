"""What an applicant is asked or judged by in one edition and not in another, in words. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from services import comparison
from services.explain import requirements_in_words
from services.pack.model import Limit, Words
from services.rulebook import Rulebook

Part = Literal["registry", "question", "condition", "guard", "agency", "filing", "term"]
Kind = Literal["added", "changed", "removed"]

_SENTENCES: Mapping[tuple[Part, Kind], tuple[str, str]] = {
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
    ("agency", "added"): ("新增征求部门意见", "Another agency is to agree"),
    ("agency", "changed"): ("征求部门意见有变化", "Another agency agrees otherwise than before"),
    ("agency", "removed"): ("不再征求部门意见", "Another agency need no longer agree"),
    ("filing", "added"): ("新增备案", "New filing"),
    ("filing", "changed"): ("备案有变化", "Changed filing"),
    ("filing", "removed"): ("取消备案", "No longer a filing"),
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

    First who is asked, then what is to be filled in, then what must hold. Nothing where the texts
    differ in other parts alone.
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
        "registry": {
            code: _Item((r, book.fields[code]), {"zh": r.zh, "en": r.en})
            for code, r in pack.registries.items()
        },
        "question": dict(_questions(book.form, "")),
        "condition": _conditions(book, on),
        "guard": {
            g.id: _Item((g.scope, g.key, g.periods), {"zh": g.zh, "en": g.en}) for g in pack.guards
        },
        "agency": {c.id: _Item(c, {"zh": c.zh, "en": c.en}) for c in pack.consents},
        "filing": {
            id_: _Item(item, {"zh": item.zh, "en": item.en})
            for id_, item in (pack.filings.items.items() if pack.filings else ())
        },
        "term": {
            "promised": _term("承诺时限", "promised", pack.clock.promised),
            "statutory": _term("法定时限", "statutory", pack.clock.statutory),
        },
    }


def _conditions(book: Rulebook, on: datetime.date) -> dict[str, _Item]:
    zh, en = (requirements_in_words(book, on, language) for language in ("zh", "en"))
    return {
        one.id: _Item(
            (comparison.meaning(book, one.id, on), zh[one.id], one.law),
            {"zh": zh[one.id], "en": en[one.id]},
        )
        for one in book.pack.requirements
    }


def _questions(node: Mapping[str, Any], pointer: str) -> Iterator[tuple[str, _Item]]:
    """Each question with everything that its form says of it, those in lists under ``*``."""
    required = node.get("required", ())
    for name, child in node.get("properties", {}).items():
        at = f"{pointer}/{name}"
        items = child.get("items", {})
        if "properties" in child:
            yield from _questions(child, at)
        elif "properties" in items:
            yield from _questions(items, f"{at}/*")
        else:
            words = {key: str(child.get(f"x-{key}", "")) or name for key in ("zh", "en")}
            yield at, _Item((name in required, child), words)


def _term(zh: str, en: str, limit: Limit) -> _Item:
    units = {"working": ("个工作日", "working days"), "calendar": ("天", "days")}
    of_zh, of_en = units[limit.unit]
    words = {"zh": f"{zh} {limit.days} {of_zh}", "en": f"{en}, {limit.days} {of_en}"}
    return _Item((limit.days, limit.unit), words)
