"""The expressions of a pack: read, checked against the declared types, compiled.

Only the total part of FEEL is accepted; every name must be a fact, a parameter, ``as_of`` or a
table above. A fault carries the line in the pack on which it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dmn
from city.errors import SourceError, first_of
from city.source import Path, Source
from dmn import Node, Type, to_json
from dmn import types as t
from dmn.checking.expressions import check
from dmn.errors import FeelError
from dmn.feel import tree
from dmn.types import BOOLEAN, DATE
from services.functions import FUNCTIONS
from services.pack import (
    endorsement,
    entitlement,
    filings,
    quota,
    tables,
    undertakings,
    withheld,
)
from services.pack.model import APPLICANT, EACH, ISSUED, ITEM, Pack, RegistryEntry
from services.pack.program import (
    Condition,
    EntryItem,
    EntryRun,
    FailedItems,
    FilingTable,
    GuardRun,
    Program,
    Run,
    StandIn,
    TableRun,
    Take,
)


def scope(pack: Pack) -> dict[str, Type]:
    """What expressions may name, without tables."""
    return {
        **{name: parameter.type for name, parameter in pack.parameters.items()},
        **{name: fact.type for name, fact in pack.facts.items()},
        "as_of": DATE,
    }


def program(source: Source, pack: Pack) -> Program:
    """Read, check and compile everything; raises ``SourceError`` with all faults."""
    compiler = _Compiler(source, pack)
    found = compiler.program()
    if compiler.faults:
        raise first_of(compiler.faults)
    return found


class _Compiler:
    def __init__(self, source: Source, pack: Pack) -> None:
        self.source = source
        self.pack = pack
        self.names = scope(pack)
        self.withheld = withheld.names(pack)
        self.faults: list[SourceError] = []
        self.trees: dict[Path, Node] = {}

    def program(self) -> Program:
        tables = tuple(self._table(name) for name in self.pack.tables)
        conditions = tuple(self._condition(place) for place in range(len(self.pack.requirements)))
        consents = tuple(
            (item.id, self._run(("consents", place, "applies"), item.applies, BOOLEAN))
            for place, item in enumerate(self.pack.consents)
        )
        certificate = self.pack.certificate
        printed = tuple(
            (f.id, self._run(("certificate", "fields", place, "value"), f.value))
            for place, f in enumerate(certificate.fields if certificate else ())
        )
        cosigners, filed = self.pack.cosigners, self._filings()
        answered = self._answered()
        materials = tuple(
            (name, self._run(("materials", name, "when"), one.when, BOOLEAN) if one.when else None)
            for name, one in self.pack.materials.items()
        )
        made = Program(
            conditions=conditions,
            table_runs=tuple(table for table in tables if table is not None),
            consents=consents,
            printed=printed,
            cosigners=self._run(("cosigners",), cosigners, t.list_of(t.STRING))
            if cosigners
            else None,
            guards=tuple(self._guard(place) for place in range(len(self.pack.guards))),
            entries=tuple(
                self._entry(place, entry)
                for place, entry in enumerate(certificate.enters if certificate else ())
            ),
            entitlements=tuple(
                entitlement.compiled(self.source, one, self.names, self._compiled, self._used)
                for one in self.pack.entitlements
            ),
            district=self._run(("district",), self.pack.district, t.STRING)
            if self.pack.district
            else None,
            filings=filed,
            materials=materials,
            stand_ins=tuple(self._stand_ins(dict(materials))),
            asked=tuple(
                (name, self._compiled(("registries", name, "when"), one.when, answered, (BOOLEAN,)))
                for name, one in self.pack.registries.items()
                if one.when
            ),
            tapped=self._proactive(),
            names=self.names,
            trees=self.trees,
            fee=self._fee(),
            validity=self._validity(),
            endorsement=self._endorsement(),
            quota=quota.compiled(
                self.source, self.pack, answered, self._compiled, self._used, self.faults
            ),
        )
        self._keep_withheld(made)
        return made

    def _condition(self, place: int) -> Condition:
        requirement = self.pack.requirements[place]
        path: Path = ("requirements", place)
        applies = None
        uses: dict[str, None] = {}
        if requirement.applies:
            applies = self._run((*path, "applies"), requirement.applies, BOOLEAN)
            uses |= dict.fromkeys(self._used((*path, "applies")))
        must = self._run((*path, "must"), requirement.must, BOOLEAN)
        uses |= dict.fromkeys(self._used((*path, "must")))
        node = self.trees.get((*path, "must"))
        failed = failed_items_of(node, self.pack) if node is not None else None
        kept = tuple(name for name in uses if name in self.withheld)
        names = tuple(name for name in uses if name not in kept)
        return Condition(
            id=requirement.id,
            applies=applies,
            must=must,
            uses=names,
            take=taker(names),
            unmet=requirement.unmet,
            failed_items=None if kept else failed,
            withheld=kept,
        )

    def _stand_ins(self, asked: Mapping[str, Run | None]) -> Iterator[StandIn]:
        """What may be signed in place of files, and when."""
        for name, question in undertakings.boxes(self.pack).items():
            facts = self.pack.facts.values()
            rest = tuple(f.name for f in facts if f.is_material and f.field == question)
            one, later = self.pack.commitments.get(name), self.pack.materials[question].later
            barred = None
            if one is not None and one.barred_if:
                barred = self._run(("commitments", name, "barred_if"), one.barred_if, BOOLEAN)
            result = undertakings.PROMISED if one is None else undertakings.COMMITTED
            waits = one is None and later is not None and later.before == "decision"
            yield StandIn(
                name=name,
                question=question,
                facts=rest,
                result=result,
                waits=waits,
                asked=asked[question],
                barred=barred,
            )

    def _keep_withheld(self, made: Program) -> None:
        """Facts about other persons serve requirements alone: all else is shown or sent on."""
        read: list[tuple[Path, Sequence[str]]] = [
            (path, dmn.names(node)) for path, node in self.trees.items()
        ]
        read += [(("tables", table.name), table.reads) for table in made.table_runs]
        if made.filings is not None:
            read.append((("filings",), made.filings.reads))
        for path, used in read:
            for name in used if path[0] != "requirements" else ():
                if name in self.pack.facts and self.pack.facts[name].of_others:
                    zh = f"{name} 是他人的信息，只能用于 requirements"
                    en = f"{name} is of other persons, and serves requirements alone"
                    self.faults.append(self.source.error(path, zh, en))

    def _answered(self) -> dict[str, Type]:
        """What is known when somebody applies: answers, parameters, the day."""
        facts = self.pack.facts.items()
        looked_up = {n for n, fact in facts if fact.source != "answers" or fact.is_material}
        return {name: kind for name, kind in scope(self.pack).items() if name not in looked_up}

    def _fee(self) -> Run | None:
        fee = self.pack.fee
        if fee is None or not fee.amount:
            return None
        return self._compiled(("fee", "amount"), fee.amount, self._answered(), (t.NUMBER,))

    def _validity(self) -> Run | None:
        valid = self.pack.certificate.valid if self.pack.certificate else ""
        if isinstance(valid, str):
            return None
        kinds = (DATE, t.YEARS_MONTHS, t.DAYS_TIME)
        return self._compiled(("certificate", "valid", "by"), valid.by, self.names, kinds)

    def _proactive(self) -> tuple[tuple[str, Run], ...]:
        """Compile whom a scan draws, over facts of its registry; and what a tap answers."""
        one = self.pack.proactive
        if one is None:
            return ()
        if one.origin not in self.pack.registries:
            have = "、".join(self.pack.registries)
            zh = f"registries 中没有 {one.origin}（有 {have}）"
            en = f"there is no entry {one.origin} in registries"
            self.faults.append(self.source.error(("proactive", "from"), zh, en))
            return ()
        if one.where:
            other = {n for n, fact in self.pack.facts.items() if fact.source != one.origin}
            names = {name: kind for name, kind in scope(self.pack).items() if name not in other}
            self._compiled(("proactive", "where"), one.where, names, (BOOLEAN,))
        asked = {n for n, fact in self.pack.facts.items() if fact.source == "answers"}
        names = {name: kind for name, kind in scope(self.pack).items() if name not in asked}
        return tuple(
            (name, self._compiled(("proactive", "answers", name), text, names, ()))
            for name, text in one.answers.items()
        )

    def _endorsement(self) -> Run | None:
        spec = self.pack.endorsement
        if spec is None:
            return None
        path: Path = (*endorsement.path(self.source), "lasts")
        return self._compiled(path, spec.lasts, self.names, (t.YEARS_MONTHS, t.DAYS_TIME))

    def _guard(self, place: int) -> GuardRun:
        """Compiled over what is known when somebody applies: answers, parameters, the day."""
        guard = self.pack.guards[place]
        names = {**self._answered(), APPLICANT: t.STRING}
        parts = []
        for at, text in enumerate(guard.key):
            path: Path = ("guards", place, "key", at)
            parts.append(self._compiled(path, text, names, (t.STRING, t.list_of(t.STRING))))
        return GuardRun(guard, tuple(parts))

    def _entry(self, place: int, entry: RegistryEntry) -> EntryRun:
        """Compiled over the case's facts and what is known of a certificate once it is issued."""
        path: Path = ("certificate", "enters", place)
        names = {**self.names, **ISSUED}
        for name in sorted(self.names.keys() & ISSUED.keys()):
            zh, en = f"{name} 是证照自己的名称", f"{name} is a name of the certificate's own"
            self.faults.append(self.source.error(path, zh, en))
        texts = (t.STRING, t.list_of(t.STRING))
        key = "person" if entry.person else "subject"
        about = entry.person or entry.subject
        if entry.person and entry.subject:
            zh, en = "subject 和 person 只写一个", "say subject or person, not both"
            self.faults.append(self.source.error((*path, "person"), zh, en))
        subject = self._compiled((*path, key), about, names, texts) if about else None

        def run(*where: str | int, text: str, known: Mapping[str, Type] = names) -> Run:
            wanted = (t.list_of(t.STRING),) if where[-1] == EACH else ()
            return self._compiled((*path, "record", *where), text, known, wanted)

        def item_run(field: str, at: int, item: Mapping[str, str]) -> EntryItem:
            each = run(field, at, EACH, text=item[EACH]) if EACH in item else None
            known = {**names, ITEM: t.STRING} if each else names
            parts = [(part, text) for part, text in item.items() if part != EACH]
            return EntryItem(
                each, tuple((n, run(field, at, n, text=text, known=known)) for n, text in parts)
            )

        record = tuple(
            (
                field,
                run(field, text=value)
                if isinstance(value, str)
                else tuple(item_run(field, at, item) for at, item in enumerate(value)),
            )
            for field, value in entry.record.items()
        )
        return EntryRun(entry.registry, subject, record, bool(entry.person), entry.replaces)

    def _table(self, name: str) -> TableRun | None:
        """A table, whose result is a name for all that follow."""
        spec = self.pack.tables[name]
        try:
            found = tables.read(spec, self.names, self.pack)
        except FeelError as error:
            line = spec.line + max(error.place.line - 1, 0)
            self.faults.append(self.source.error(("tables", name), error.zh, error.en, line))
            return None
        self.names[name] = found.type
        return TableRun(name, found.run, found.reads, found.table, spec.line)

    def _filings(self) -> FilingTable | None:
        sheet = self.pack.filings
        if sheet is None:
            return None
        self.faults.extend(filings.faults(self.source, sheet))
        try:
            return filings.read(sheet, self.names, self.pack)
        except FeelError as error:
            line = filings.line_of(sheet, error)
            self.faults.append(self.source.error(("filings",), error.zh, error.en, line))
            return None

    def _used(self, path: Path) -> tuple[str, ...]:
        node = self.trees.get(path)
        return dmn.names(node) if node is not None else ()

    def _run(self, path: Path, text: str, wanted: Type | None = None) -> Run:
        return self._compiled(path, text, self.names, (wanted,) if wanted is not None else ())

    def _compiled(
        self, path: Path, text: str, names: Mapping[str, Type], wanted: Sequence[Type]
    ) -> Run:
        """The compiled expression; on a fault a stand-in that is never run.

        ``wanted``: the types of which it must give one; empty: any.
        """
        try:
            node = dmn.parse(text, dialect="total", names=names, functions=FUNCTIONS)
            kind = check(node, names)
            if wanted and not any(fits(kind, one) for one in wanted):
                zh, en = f"结果应为 {wanted[0]}，实为 {kind}", f"must give {wanted[0]}, not {kind}"
                raise dmn.FeelTypeError("type.result", zh, en, tree.place_of(node))
            refuse_counts(node, self.pack)
            self.trees[path] = node
            return dmn.compile(node)
        except FeelError as error:
            line = self.source.texts.get(path, 0) + max(error.place.line - 1, 0)
            self.faults.append(self.source.error(path, error.zh, error.en, line))
            return _never


def _never(values: Mapping[str, object]) -> object:
    raise AssertionError("a pack with faults is never judged")


def refuse_counts(node: Node, pack: Pack) -> None:
    """Raise ``FeelTypeError`` where an incomplete list is counted: nobody knows how many it has."""
    open_lists = {name for name, fact in pack.facts.items() if not fact.complete}
    for part in dmn.walk(node):
        if not (isinstance(part, tree.Call) and isinstance(part.function, tree.Name)):
            continue
        if part.function.name == "count" and open_lists.intersection(dmn.names(part)):
            zh, en = "不完整的列表不能计数", "a list that is not complete cannot be counted"
            raise dmn.FeelTypeError("type.open_list", zh, en, part.place)


def fits(kind: Type, wanted: Type) -> bool:
    """Whether a type will do where another is wanted; null alone is never enough."""
    if isinstance(wanted, t.ListType):
        return isinstance(kind, t.ListType) and t.base_type(kind.of) == wanted.of
    return t.base_type(kind) == wanted


def failed_items_of(node: Node, pack: Pack) -> FailedItems | None:
    """What names the list items that fail a condition, by their keys; None without a list."""
    if not any(isinstance(part, tree.Quantified) for part in dmn.walk(node)):
        return None
    find = dmn.find_failed_elements(node)
    facts = [pack.facts[name] for name in dmn.names(node) if name in pack.facts]
    keyed = [(fact.name, fact.key) for fact in facts if fact.key]

    def failed_items(values: Mapping[str, object]) -> list[Any]:
        return [to_json(_key(item, values, keyed)) for item in find(values)]

    return failed_items


def taker(names: Sequence[str]) -> Take:
    """What takes these names, mostly one or two, from what is known; KeyError when one is not."""
    match names:
        case [one]:
            return lambda known: {one: known[one]}
        case [one, two]:
            return lambda known: {one: known[one], two: known[two]}
        case [one, two, three]:
            return lambda known: {one: known[one], two: known[two], three: known[three]}
    return lambda known: {name: known[name] for name in names}


def _key(item: object, values: Mapping[str, object], keyed: list[tuple[str, str]]) -> object:
    """The key of a record, by the list that it stands in; anything else names itself."""
    for name, key in keyed:
        whole = values.get(name)
        if isinstance(item, dict) and isinstance(whole, list) and any(x is item for x in whole):
            return item.get(key)
    return item
