"""What a pack says that an approval entitles to (``entitlement``, 待遇): paid by period. Read.

A period is due to whoever fulfils the conditions on its first day: so it begins, changes its amount
and ends by the same rule. See docs/packs.md, section 6, and docs/entitlements.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from city.errors import SourceError
from city.source import Path, Source
from dmn import Type
from dmn.types import BOOLEAN, DATE, NUMBER
from services.pack.types import words

if TYPE_CHECKING:
    from services.pack.program import Run

Data = Mapping[str, Any]
Effect = Literal["end", "suspend", "hold"]
# what expressions of an entitlement may name beside the case's facts: the day on which its holder
# last confirmed that nothing has changed; at first the day of receipt
CONFIRMED_ON = "confirmed_on"
KEYS: Mapping[str, Effect] = {"ends": "end", "suspends": "suspend", "holds": "hold"}


@dataclass(frozen=True, slots=True)
class Change:
    """What changes a running entitlement, with its words and its law.

    ``when``: an expression that holds from then on. ``effect``: it ends; is not paid while that
    holds; or is neither paid nor stopped until a person has looked. ``on``: of an end, an
    expression that gives its day, after which nothing is due; empty or null: the day on which it
    is found out.
    """

    id: str
    effect: Effect
    when: str
    zh: str
    en: str
    law: str
    on: str = ""


@dataclass(frozen=True, slots=True)
class EntitlementSpec:
    """What is paid by period; ``amount``: an expression in yuan, judged on a period's first day.

    ``begins``: an expression of a day; the first period is the first to begin on it or later, and
    never before the day of receipt. Empty: the day of receipt.
    """

    kind: str
    zh: str
    en: str
    law: str
    period: Literal["month", "quarter", "year"]
    amount: str
    changes: tuple[Change, ...]
    begins: str = ""
    outcome: str = ""  # the result of the pack that gives it; empty: the only one


@dataclass(frozen=True, slots=True)
class ChangeRun:
    """One change, compiled."""

    change: Change
    when: Run
    on: Run | None


@dataclass(frozen=True, slots=True)
class EntitlementRun:
    """An entitlement, compiled. ``uses``: the names that its expressions read.

    ``is_confirmed``: whether its holder has to confirm from time to time that nothing has changed.
    """

    spec: EntitlementSpec
    amount: Run
    begins: Run | None
    changes: tuple[ChangeRun, ...]
    uses: tuple[str, ...]
    is_confirmed: bool


def read(source: Source, faults: list[SourceError]) -> tuple[EntitlementSpec, ...]:
    """The entitlements; none: the approval gives none. Appends to ``faults`` what cannot be."""
    parts = _parts(source.data)
    kinds = [part["kind"] for _, part in parts]
    if len(set(kinds)) != len(kinds):
        zh, en = "待遇的种类重复", "a kind of entitlement stands twice"
        faults.append(source.error(parts[0][0], zh, en))
    if parts:
        _fits_pack(source, parts[0][0], faults)
    return tuple(_read(source, path, part, faults) for path, part in parts)


def _parts(data: Data) -> list[tuple[Path, Data]]:
    one: list[tuple[Path, Data]] = []
    if "entitlement" in data:
        one.append((("entitlement",), data["entitlement"]))
    several = enumerate(data.get("entitlements", ()))
    return one + [(("entitlements", place), part) for place, part in several]


def _fits_pack(source: Source, path: Path, faults: list[SourceError]) -> None:
    for key in ("facts", "parameters", "tables"):
        if CONFIRMED_ON in source.data.get(key, {}):
            zh, en = f"{CONFIRMED_ON} 是待遇自己的名称", f"{CONFIRMED_ON} is a name of entitlements"
            faults.append(source.error((key, CONFIRMED_ON), zh, en))
    if source.data["applicant"] != "person":
        zh, en = "待遇只发给个人", "an entitlement is paid to persons"
        faults.append(source.error(path, zh, en))


def _read(source: Source, path: Path, part: Data, faults: list[SourceError]) -> EntitlementSpec:
    changes = tuple(
        Change(
            id=item["id"],
            effect=effect,
            when=item["when"],
            **words(item),
            law=item["law"],
            on=item.get("on", ""),
        )
        for key, effect in KEYS.items()
        for item in part.get(key, ())
    )
    if not part.get("ends"):
        zh = "待遇没有终止条件（ends）：必须写明何时停发，例如死亡、迁出"
        en = "the entitlement has no end conditions (ends): say when it stops, as on death"
        faults.append(source.error(path, zh, en))
    seen: set[str] = set()
    for key in KEYS:
        for place, item in enumerate(part.get(key, ())):
            if item["id"] in seen:
                zh, en = f"编号 {item['id']} 重复", f"the id {item['id']} stands twice"
                faults.append(source.error((*path, key, place, "id"), zh, en))
            seen.add(item["id"])
            if key != "ends" and "on" in item:
                zh, en = "只有 ends 可以写 on", "only what ends an entitlement has a day (on)"
                faults.append(source.error((*path, key, place, "on"), zh, en))
    return EntitlementSpec(
        kind=part["kind"],
        **words(part),
        law=part["law"],
        period=part["period"],
        amount=part["amount"],
        changes=changes,
        begins=part.get("begins", ""),
        outcome=part.get("for", ""),
    )


def compiled(
    source: Source,
    spec: EntitlementSpec,
    names: Mapping[str, Type],
    compile_: Callable[[Path, str, Mapping[str, Type], Sequence[Type]], Run],
    used: Callable[[Path], tuple[str, ...]],
) -> EntitlementRun:
    """Compile every expression by ``compile_`` (path, text, names, types of which it gives one)."""
    known = {**names, CONFIRMED_ON: DATE}
    root = next(path for path, part in _parts(source.data) if part["kind"] == spec.kind)
    read_at: list[Path] = []

    def run(path: Path, text: str, kind: Type) -> Run:
        read_at.append(path)
        return compile_(path, text, known, (kind,))

    places = dict.fromkeys(KEYS.values(), 0)
    keys = {effect: key for key, effect in KEYS.items()}
    changes = []
    for change in spec.changes:
        path: Path = (*root, keys[change.effect], places[change.effect])
        places[change.effect] += 1
        when = run((*path, "when"), change.when, BOOLEAN)
        on = run((*path, "on"), change.on, DATE) if change.on else None
        changes.append(ChangeRun(change, when, on))
    amount = run((*root, "amount"), spec.amount, NUMBER)
    begins = run((*root, "begins"), spec.begins, DATE) if spec.begins else None
    uses = tuple(dict.fromkeys(name for path in read_at for name in used(path)))
    return EntitlementRun(
        spec=spec,
        amount=amount,
        begins=begins,
        changes=tuple(changes),
        uses=uses,
        is_confirmed=CONFIRMED_ON in uses,
    )
