"""What is wrong with a pack although every expression is right by itself, with witnesses.

A fault stops publishing; a remark (``not_proved``) is shown and stops nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from city.errors import SourceError
from city.source import Path, Source
from dmn import to_feel
from dmn import types as t
from dmn.analysis import lint
from dmn.analysis.findings import Finding
from dmn.requirements import Requirement
from services.pack import bounds
from services.pack.model import AS_OF, SUBJECT, Pack
from services.pack.program import Program


def requirements(pack: Pack, program: Program) -> list[Requirement]:
    """The requirements as the language's analysis wants them.

    One that rests on what registries say of others is undisclosed: its mending tells of them.
    """
    return [
        Requirement(
            id=spec.id,
            must=program.trees["requirements", place, "must"],
            applies=program.trees.get(("requirements", place, "applies")),
            unmet=spec.unmet,
            undisclosed=spec.undisclosed or bool(program.conditions[place].withheld),
        )
        for place, spec in enumerate(pack.requirements)
    ]


def nullable(pack: Pack) -> set[str]:
    """Inputs that may be null: declared so, and the fields of records, which a registry fills."""
    found = {name for name, fact in pack.facts.items() if fact.nullable}
    for name, fact in pack.facts.items():
        kind = fact.type
        if isinstance(kind, t.ListType) and isinstance(kind.of, t.ContextType):
            never = {fact.key, SUBJECT} if fact.of_persons else {fact.key}
            found |= {f"{name}.{part}" for part, _type in kind.of.fields if part not in never}
    return found


def constants(pack: Pack) -> dict[str, object]:
    """The parameters in force when the edition begins."""
    found = {}
    for name, parameter in pack.parameters.items():
        values = [value for on, value in parameter.values if on <= pack.in_force_from]
        found[name] = values[-1] if values else parameter.values[0][1]
    return found


def unbounded(source: Source, pack: Pack) -> Iterator[SourceError]:
    """Every date, number and list of the form and of the registries that has no bounds."""
    yield from bounds.missing(source, pack.form, ("form",))
    for place, item in enumerate(pack.filings.items.values() if pack.filings else ()):
        yield from bounds.missing(source, item.form, ("filings", "items", place, "form"))
    yield from bounds.missing_of_facts(source, source.data["facts"])


def findings(source: Source, pack: Pack, program: Program) -> Iterator[tuple[bool, SourceError]]:
    """Each finding as (whether it is a fault, what and where, with its witness)."""
    for fault in unbounded(source, pack):
        yield True, fault
    for place, guard in enumerate(pack.guards):
        if "live" in guard.periods and not (pack.certificate or pack.entitlement):
            zh, en = "没有证照或待遇，不能写 live", "live needs a certificate or an entitlement"
            yield True, source.error(("guards", place, "while"), zh, en)
    yield from ((True, fault) for fault in _signed_twice(source, pack, program))
    one = pack.certificate
    if one is not None and one.holder and one.holder not in {field.id for field in one.fields}:
        zh, en = f"证照没有栏目 {one.holder}", f"the certificate has no field {one.holder}"
        yield True, source.error(("certificate", "holder"), zh, en)
    inputs = {name: fact.type for name, fact in pack.facts.items()} | {AS_OF: t.DATE}
    places = {spec.id: place for place, spec in enumerate(pack.requirements)}
    fixed, absent = constants(pack), nullable(pack)
    types = {**inputs, **{name: p.type for name, p in pack.parameters.items()}}
    for table in program.table_runs:
        for finding in lint.lint_table(
            table.table,
            {name: kind for name, kind in program.names.items() if name in table.reads},
            constants={name: value for name, value in fixed.items() if name in table.reads},
            nullable=absent & set(table.reads),
        ):
            line = table.line + max(finding.place.line - 1, 0)
            yield (
                finding.kind != "not_proved",
                fault_of(source, ("tables", table.name), finding, line),
            )
    for finding in lint.lint_requirements(
        requirements(pack, program),
        {**types, **{name: program.names[name] for name in program.tables}},
        constants=fixed,
        nullable=absent,
        derived=program.tables,
    ):
        subject = finding.subjects[0] if finding.subjects else ""
        path: Path = ("requirements", places[subject]) if subject in places else ("requirements",)
        yield finding.kind != "not_proved", fault_of(source, path, finding)


def _signed_twice(source: Source, pack: Pack, program: Program) -> Iterator[SourceError]:
    """A condition for whose files two things may be signed: which of them met it is not told."""
    signable = {one.question for one in program.stand_ins}
    for place, condition in enumerate(program.conditions):
        facts = [pack.facts[name] for name in condition.uses if name in pack.facts]
        questions = sorted({fact.field for fact in facts if fact.is_material} & signable)
        if len(questions) > 1:
            zh = f"{'、'.join(questions)} 都可以承诺代替，须分写为各自的条件"
            en = f"{', '.join(questions)} may each be signed for: write a condition for each"
            yield source.error(("requirements", place), zh, en)


def fault_of(source: Source, path: Path, finding: Finding, line: int = 0) -> SourceError:
    """A finding as a pack's fault: where, what, and a case that shows it."""
    case = ", ".join(f"{n} = {to_feel(v)}" for n, v in (finding.witness or {}).items())
    more = case and case not in finding.en
    zh = f"{finding.zh}；例如 {case}" if more else finding.zh
    en = f"{finding.en}; for instance {case}" if more else finding.en
    who = "、".join(finding.subjects)
    return source.error(path, f"{who}：{zh}" if who else zh, f"{who}: {en}" if who else en, line)
