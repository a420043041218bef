"""What a pack says of several results that one form asks for, granted apart (``outcomes``). Read.

A form that asks for two is handed in as two applications, each for one of them: see
docs/decisions/0134.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from city.errors import SourceError
from city.source import Path, Source
from services.pack.types import words

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One result, with its words and its law."""

    id: str
    zh: str
    en: str
    law: str


@dataclass(frozen=True, slots=True)
class Outcomes:
    """``fact``: which of them are asked for, a list of ids. ``answer``: the question that asks."""

    fact: str
    answer: str
    items: tuple[Outcome, ...]


def read(source: Source, faults: list[SourceError]) -> Outcomes | None:
    """The results of a pack; None: there is one. Appends to ``faults`` what cannot be."""
    part = source.data.get("outcomes")
    ids = [item["id"] for item in part["items"]] if part else []

    def fault(path: Path, zh: str, en: str) -> None:
        faults.append(source.error(path, zh, en))

    for key in ("requirements", "entitlements"):
        for place, one in enumerate(source.data.get(key, ())):
            if "for" in one and one["for"] not in ids:
                zh, en = f"没有名为 {one['for']} 的结果", f"there is no outcome {one['for']}"
                fault((key, place, "for"), zh, en)
    if part is None:
        return None
    if len(set(ids)) != len(ids):
        fault(("outcomes", "items"), "结果的编号重复", "an outcome stands twice")
    fact = source.data["facts"].get(part["asked"], {})
    origin, _, answer = fact.get("from", "").partition(".")
    if origin != "answers" or fact.get("type") != "list" or _offered(source, answer) != set(ids):
        zh = "asked 应为来自答案的列表，选项与各结果的编号相同"
        en = "asked is a fact from a list of the form, whose choices are the ids of the outcomes"
        fault(("outcomes", "asked"), zh, en)
    elif not _is_asked(source, answer):
        zh, en = f"{answer} 须写 minItems: 1", f"{answer} needs minItems: 1, or nothing is granted"
        fault(("form", "properties", answer), zh, en)
    if source.data.get("certificate") or source.data.get("cosigners"):
        zh = "有多个结果的事项不能发证或会签"
        en = "with several outcomes nothing is certified or signed jointly"
        fault(("outcomes",), zh, en)
    items = tuple(Outcome(item["id"], **words(item), law=item["law"]) for item in part["items"])
    return Outcomes(part["asked"], answer, items)


def _question(source: Source, answer: str) -> Data:
    properties = source.data["form"].get("properties")
    node = properties.get(answer) if isinstance(properties, dict) else None
    return node if isinstance(node, dict) else {}


def _is_asked(source: Source, answer: str) -> bool:
    """Whether a list of the form names one at least; an empty one would be met by nothing."""
    least = _question(source, answer).get("minItems")
    return isinstance(least, int) and least > 0


def _offered(source: Source, answer: str) -> set[Any]:
    """The choices of a list of the form."""
    items = _question(source, answer).get("items")
    if not isinstance(items, dict):
        return set()
    options = items.get("oneOf", ())
    labelled = [one.get("const") for one in options if isinstance(one, dict)]
    return {one for one in items.get("enum", labelled) if isinstance(one, str)}


def applies(source: Data, part: Data) -> str:
    """When a requirement applies: what it says, and where its outcome is asked for."""
    written = str(part.get("applies", ""))
    if "for" not in part or "outcomes" not in source:
        return written
    asked = f'list contains({source["outcomes"]["asked"]}, "{part["for"]}")'
    return f"{asked} and ({written})" if written else asked


def split(outcomes: Outcomes | None, answers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The answers of each application that a form is handed in as: one for each result asked."""
    asked = answers.get(outcomes.answer) if outcomes else None
    if outcomes is None or not isinstance(asked, list) or len(asked) < 2:
        return [dict(answers)]
    mine = [item.id for item in outcomes.items if item.id in asked]
    if len(mine) != len(asked):  # no form allows it: whoever validates says so
        return [dict(answers)]
    return [{**answers, outcomes.answer: [one]} for one in mine]
