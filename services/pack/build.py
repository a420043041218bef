"""From a pack's data, whose shape was checked, to its typed model.

Faults are collected, so that an author sees them all; expressions are not read here.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from city.errors import SourceError, first_of
from city.source import Path, Source
from dmn.errors import FeelError
from services.pack import (
    bounds,
    cases,
    certificate,
    changes,
    clock,
    endorsement,
    entitlement,
    fee,
    keywords,
    materials,
    outcomes,
    proactive,
    provisional,
    quota,
    sheets,
    supply,
    types,
    undertakings,
)
from services.pack.bounds import Bounds
from services.pack.model import (
    APPLICANT,
    OF_FACT,
    RESERVED,
    ConsentItem,
    Fact,
    Guard,
    Pack,
    Parameter,
    Registry,
    Requirement,
    Table,
)
from services.pack.types import words

T = TypeVar("T")
_SPAN = re.compile(r"[0-9]+[YMWD]")  # a duration without its P
Data = Mapping[str, Any]


def build(source: Source) -> Pack:
    """The model of a pack; raises ``SourceError`` with every fault found."""
    builder = _Builder(source)
    pack = builder.pack()
    if builder.faults:
        raise first_of(builder.faults)
    return pack


class _Builder:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.data: Data = source.data
        self.form: Data = keywords.plain(source.data["form"])
        self.faults: list[SourceError] = []

    def fault(self, path: Path, zh: str, en: str) -> None:
        self.faults.append(self.source.error(path, zh, en))

    def pack(self) -> Pack:
        self._clashes()
        data = self.data
        return Pack(
            service=data["service"],
            name=words(data["name"]),
            summary=words(data["summary"]),
            department={**words(data["department"]), "office": data["department"]["office"]},
            legal_kind=data["legal_kind"],
            applicant=data["applicant"],
            visits=int(data["visits"]),
            law=data["law"],
            clock=clock.read(self.source, self.faults),
            correct_within=int(data["correct_within"]["days"]),
            in_force_from=self._date(("in_force_from",), data["in_force_from"]),
            registries=self._named("registries", _registry),
            form=self.form,
            materials={n: materials.spec(n, p) for n, p in data.get("materials", {}).items()},
            parameters=self._named("parameters", self._parameter),
            facts=self._named("facts", self._fact),
            requirements=self._listed("requirements", partial(_requirement, data)),
            tables=self._named("tables", self._table),
            consents=self._listed("consents", _consent),
            certificate=certificate.read(data.get("certificate")),
            entitlements=entitlement.read(self.source, self.faults),
            outcomes=outcomes.read(self.source, self.faults),
            endorsement=endorsement.read(self.source, self.faults),
            filings=sheets.read(self.source, self.faults),
            guards=self._listed("guards", self._guard),
            changes=changes.read(data.get("changes")),
            consumes=tuple(data.get("consumes", ())),
            quota=quota.read(self.source, self.faults),
            district=data.get("district", ""),
            cosigners=data.get("cosigners", ""),
            represented_by=tuple(data.get("represented_by", ())),
            legal_review=frozenset(data.get("legal_review", ())),
            fee=fee.read(self.source, self.faults),
            keywords={k: tuple(data.get("keywords", {}).get(k, ())) for k in ("zh", "en")},
            commitments=undertakings.commitments(data),
            inspection=undertakings.inspection(data.get("inspection")),
            material_sources=supply.sources(data.get("material_sources", ())),
            channels=tuple(data.get("channels", ())),
            item_code=data.get("item_code", ""),
            proactive=proactive.read(data.get("proactive")),
            provisional=provisional.read(data.get("provisional")),
            cases=cases.read(self.source, self.faults),
        )

    def _clashes(self) -> None:
        """A name stands for one thing only: a fact, a parameter or a table."""
        seen: set[str] = set(RESERVED)
        for key in ("facts", "parameters", "tables"):
            for name in self.data.get(key, {}):
                if name in seen:
                    zh, en = f"名称 {name} 已被占用", f"the name {name} is taken"
                    self.fault((key, name), zh, en)
                seen.add(name)

    def _named(self, key: str, make: Callable[[str, Data], T | None]) -> dict[str, T]:
        made = ((name, make(name, part)) for name, part in self.data.get(key, {}).items())
        return {name: part for name, part in made if part is not None}

    def _listed(self, key: str, make: Callable[[Data], T]) -> tuple[T, ...]:
        """A list whose items have an ``id`` each, no two the same."""
        items = self.data.get(key, [])
        seen: set[str] = set()
        for place, item in enumerate(items):
            if item["id"] in RESERVED:
                zh, en = f"{item['id']} 是保留名", f"{item['id']} is reserved"
                self.fault((key, place, "id"), zh, en)
            if item["id"] in seen:
                zh, en = f"编号 {item['id']} 重复", f"the id {item['id']} stands twice"
                self.fault((key, place, "id"), zh, en)
            seen.add(item["id"])
        return tuple(make(item) for item in items)

    def _date(self, path: Path, text: str) -> datetime.date:
        found = types.day(text)
        if found is None:
            self.fault(path, f"{text} 不是日期", f"{text} is not a date")
        return found or datetime.date(1, 1, 1)

    def _parameter(self, name: str, part: Data) -> Parameter | None:
        path: Path = ("parameters", name)
        dated = {key: value for key, value in part.items() if key[0].isdigit()}
        if not dated:
            self.fault(
                path, f"参数 {name} 没有任何日期的值", f"parameter {name} has no dated value"
            )
            return None
        first = next(iter(dated.values()))
        kind = types.inferred(first)
        if "type" in part:
            kind = types.declared("list" if isinstance(first, list) else part["type"], part["type"])
        values: list[tuple[datetime.date, object]] = []
        for key, value in dated.items():
            if isinstance(value, str) and _SPAN.fullmatch(value):
                zh, en = f"时长写作 P{value}", f"a duration is written P{value}"
                self.fault((*path, key), zh, en)
            try:
                values.append((self._date((*path, key), key), types.written(value, kind)))
            except FeelError as error:
                self.fault((*path, key), error.zh, error.en)
        return Parameter(
            name=name,
            type=kind,
            values=tuple(sorted(values, key=lambda pair: pair[0])),
            law=part["law"],
            label=words(part) if "zh" in part and "en" in part else None,
            unit=words(part["unit"]) if "unit" in part else None,
            doubt=part.get("doubt", ""),
            is_division="codes" in part,
        )

    def _fact(self, name: str, part: Data) -> Fact | None:
        path: Path = ("facts", name)
        origin, _, column = part["from"].partition(".")
        kind, of = part["type"], part.get("of")
        if origin == APPLICANT and column != "index":
            zh, en = "申请人只有 applicant.index", "of the applicant there is applicant.index alone"
            self.fault((*path, "from"), zh, en)
        if origin not in ("answers", APPLICANT, *self.data["registries"]):
            self.fault(
                (*path, "from"),
                f"未声明数据来源 {origin}",
                f"the registry {origin} is not declared under registries",
            )
        if (kind == "list") != (of is not None):
            self.fault(
                path, "列表必须写明 of，其他类型不得写 of", "of belongs to lists, and they need it"
            )
            return None
        if isinstance(of, dict) != ("key" in part) or part.get("key", "") not in {"", *(of or ())}:
            self.fault(
                path,
                "记录的列表必须用 key 指明主键字段",
                "a list of records needs the key field of `of`",
            )
        limits, parts = self._bounds(path, origin, column, part)
        subject = self.data["registries"].get(origin, {}).get("subject", "")
        return Fact(
            name=name,
            source=origin,
            field=column,
            type=types.declared(kind, of),
            **words(part),
            nullable="none" in part,
            key=part.get("key", ""),
            complete=part.get("complete", "yes") == "yes",
            longest=self._longest(path, part) if kind == "list" else 0,
            bounds=limits,
            parts=parts,
            change=part.get("change", "answer" if origin == "answers" else "never"),
            labels={value: words(text) for value, text in part.get("labels", {}).items()},
            is_division="codes" in part,
            is_material=origin == "answers" and column in materials.questions(self.form),
            of_persons="[" in subject,
            of_named=subject.startswith(OF_FACT),
        )

    def _guard(self, part: Data) -> Guard:
        return Guard(
            id=part["id"],
            scope=part.get("scope", f"{self.data['service']}.{part['id']}"),
            key=tuple(part["key"]),
            periods=tuple(part["while"]),
            **words(part),
            law=part["law"],
            is_shared="scope" in part,
        )

    def _longest(self, path: Path, part: Data) -> int:
        written = str(part.get("max", 100))
        if not written.isascii() or not written.isdigit() or not 1 <= int(written) <= 9999:
            zh, en = "列表的 max 应为 1 至 9999 的整数", "max of a list is from 1 to 9999"
            self.fault((*path, "max"), zh, en)
            return 100
        return int(written)

    def _bounds(
        self, path: Path, origin: str, column: str, part: Data
    ) -> tuple[Bounds, dict[str, Bounds]]:
        """The bounds of a fact, and those of its records' fields."""
        if origin == "answers":
            node = _child(_child(self.form, "properties"), column)
            fields = _child(_child(node, "items"), "properties")
            return bounds.of_node(node), {
                name: bounds.of_node(_child(fields, name)) for name in fields
            }
        of = part.get("of") if part["type"] == "list" else None
        fields = of if isinstance(of, dict) else {}
        parts = {
            name: self._written((*path, "of", name), kind)
            for name, kind in fields.items()
            if isinstance(kind, dict)
        }
        return bounds.OPEN if part["type"] == "list" else self._written(path, part), parts

    def _written(self, path: Path, part: Data) -> Bounds:
        kind = part["type"]
        if kind not in ("number", "date"):
            if "min" in part or "max" in part:
                zh, en = "只有数字和日期有 min 和 max", "min and max are of numbers and dates"
                self.fault(path, zh, en)
            return bounds.OPEN
        try:
            return bounds.read(types.declared(kind), part.get("min"), part.get("max"))
        except FeelError as error:
            self.fault(path, error.zh, error.en)
            return bounds.OPEN

    def _table(self, name: str, part: str | Data) -> Table:
        path: Path = ("tables", name)
        if isinstance(part, str):
            return Table(name, part, self.source.line(path) + 1)
        label = words(part) if "zh" in part and "en" in part else None
        line = self.source.line((*path, "table")) + 1
        return Table(name, part["table"], line, label, part.get("law", ""))


def _child(node: Any, key: str) -> Data:
    """A map below a part of the form, whose shape is checked later; empty when there is none."""
    found = node.get(key) if isinstance(node, dict) else None
    return found if isinstance(found, dict) else {}


def _registry(name: str, part: Data) -> Registry:
    subject, _, item = part.get("subject", "").removeprefix("answers.").partition("[*].")
    return Registry(
        name,
        **words(part),
        basis=part["basis"],
        purpose=words(part["purpose"]),
        subject=subject,
        item=item,
        asks=part.get("asks", ""),
        when=part.get("when", ""),
        is_private="private" in part,
    )


def _requirement(pack: Data, part: Data) -> Requirement:
    return Requirement(
        id=part["id"],
        must=part["must"],
        **words(part),
        law=part["law"],
        applies=outcomes.applies(pack, part),
        outcome=part.get("for", ""),
        unmet=part.get("unmet", "refer"),
        undisclosed=part.get("undisclosed") == "yes",
        when_unanswered=part.get("when_unanswered", ""),
        bring=tuple(words(text) for text in part.get("at_counter", {}).get("bring", ())),
    )


def _consent(part: Data) -> ConsentItem:
    return ConsentItem(
        id=part["id"],
        partner=part["partner"],
        applies=part["applies"],
        **words(part),
        law=part["law"],
        days=int(part["days"]),
        identify=part.get("identify") == "yes",
    )
