"""Faults of a list of requirements: what can never be met, never fail, or not all be met."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from dmn import types as t
from dmn.analysis.atoms import Atoms, Types, read_atoms
from dmn.analysis.findings import Case, Finding, case_text, type_finding
from dmn.analysis.search import Answer, Goal, find
from dmn.checking.expressions import check
from dmn.errors import FeelError, Place
from dmn.evaluate.compiler import Scope
from dmn.evaluate.rules import compile_tree
from dmn.feel.tree import place_of
from dmn.requirements import Requirement, judge
from dmn.values import UNKNOWN, type_of

Verdicts = Mapping[str, object]
PASSES: Verdicts = {"met": True, "not_applicable": True, "unmet": False, "unknown": UNKNOWN}
MET: Verdicts = {"met": True, "not_applicable": False, "unmet": False, "unknown": UNKNOWN}
FAILS: Verdicts = {"met": False, "not_applicable": False, "unmet": True, "unknown": UNKNOWN}


@dataclass(slots=True)
class Conditions:
    """A list of requirements with what searching them needs."""

    requirements: Sequence[Requirement]
    types: Types
    constants: Mapping[str, object]
    nullable: Collection[str] = ()
    derived: Collection[str] = ()
    _atoms: dict[str, Atoms] = field(default_factory=dict)
    _judges: dict[str, Callable[[Scope], str]] = field(default_factory=dict)

    def atoms(self, requirement: Requirement) -> Atoms:
        if requirement.id not in self._atoms:
            found = read_atoms(requirement.must, self.types, self.constants)
            if requirement.applies is not None:
                found.join(read_atoms(requirement.applies, self.types, self.constants))
            self._atoms[requirement.id] = found
        return self._atoms[requirement.id]

    def inputs(self, requirement: Requirement) -> tuple[str, ...]:
        """The inputs that it reads; fields that a filter names by themselves are none."""
        known = set(self.types) - set(self.constants)
        return tuple(name for name in requirement.names() if name in known)

    def goal(self, requirement: Requirement, verdicts: Verdicts) -> Goal:
        run = self._judges.setdefault(requirement.id, judge(requirement))
        return Goal(
            lambda scope: verdicts[run(scope)], self.inputs(requirement), self.atoms(requirement)
        )

    def applying(self, requirement: Requirement) -> Goal:
        assert requirement.applies is not None
        atoms = read_atoms(requirement.applies, self.types, self.constants)
        inputs = Requirement("", requirement.applies).names()
        return Goal(
            compile_tree(requirement.applies),
            tuple(name for name in inputs if name in self.types and name not in self.constants),
            atoms,
        )

    def find(self, goals: Sequence[Goal]) -> Answer:
        return find(
            goals,
            self.types,
            constants=self.constants,
            nullable=self.nullable,
            derived=self.derived,
        )

    def passing(self, requirements: Sequence[Requirement]) -> Answer:
        """A case in which all of these are met or do not apply."""
        return self.find([self.goal(one, PASSES) for one in requirements])


def lint_conditions(conditions: Conditions) -> list[Finding]:
    """Type faults first; then each requirement alone; then all that hang together."""
    found: list[Finding] = []
    sound: list[Requirement] = []
    for requirement in conditions.requirements:
        wrong = _type_faults(requirement, conditions)
        alone = wrong or _alone(requirement, conditions)
        found += alone
        if not any(f.kind in _BROKEN for f in alone):
            sound.append(requirement)
    for group in connected(sound, conditions):
        if len(group) > 1:
            found += _together(group, conditions)
    return found


_BROKEN = ("unknown_input", "wrong_type", "never_met", "unreachable_applies")


def _type_faults(requirement: Requirement, conditions: Conditions) -> list[Finding]:
    known = {name: type_of(value) for name, value in conditions.constants.items()}
    found: list[Finding] = []
    for part in (requirement.applies, requirement.must):
        if part is None:
            continue
        try:
            kind = check(part, {**known, **conditions.types})
        except FeelError as error:
            found.append(type_finding(error, subjects=(requirement.id,)))
            continue
        if t.base_type(kind) not in (t.BOOLEAN, t.ANY):
            found.append(
                Finding(
                    "wrong_type",
                    f"条件应得出是或否，而这里得出 {kind}",
                    f"a condition gives true or false, but this gives {kind}",
                    place_of(part),
                    subjects=(requirement.id,),
                )
            )
    return found


def _alone(requirement: Requirement, conditions: Conditions) -> list[Finding]:
    """Whether it can apply, be met and fail, each with a case."""
    name, place = requirement.id, place_of(requirement.must)
    if requirement.applies is not None:
        answer = conditions.find([conditions.applying(requirement)])
        if answer.case is None and answer.complete:
            return [
                Finding(
                    "unreachable_applies",
                    f"“{name}” 的适用条件永远不成立",
                    f"no case can make {name} apply",
                    place_of(requirement.applies),
                    subjects=(name,),
                )
            ]
    met = conditions.find([conditions.goal(requirement, MET)])
    fails = conditions.find([conditions.goal(requirement, FAILS)])
    found = []
    if met.case is None:
        found.append(_never("never_met", requirement, place, fails.case, proved=met.complete))
    if fails.case is None:
        found.append(_never("never_fails", requirement, place, met.case, proved=fails.complete))
    return found


def _never(
    kind: str, requirement: Requirement, place: Place, witness: Case | None, *, proved: bool
) -> Finding:
    name = requirement.id
    case_zh = f"，例如 {case_text(witness)}" if witness else ""
    case_en = f", such as {case_text(witness)}" if witness else ""
    if kind == "never_met":
        zh, en = f"“{name}” 永远不能满足{case_zh}", f"{name} can never be met{case_en}"
        doubt = f"未能证明 “{name}” 可以满足", f"not proved that {name} can be met"
    else:
        zh, en = f"“{name}” 永远不会不满足{case_zh}", f"{name} can never fail{case_en}"
        doubt = f"未能证明 “{name}” 会有不满足的情形", f"not proved that {name} can fail"
    if not proved:
        return Finding("not_proved", *doubt, place, None, False, subjects=(name,))
    return Finding(kind, zh, en, place, witness, subjects=(name,))  # type: ignore[arg-type]


def connected(
    requirements: Sequence[Requirement], conditions: Conditions
) -> list[list[Requirement]]:
    """Requirements in groups that share no input with each other."""
    groups: list[tuple[set[str], list[Requirement]]] = []
    for one in requirements:
        inputs, members = set(conditions.inputs(one)), [one]
        apart = []
        for known, others in groups:
            if known & inputs:
                inputs |= known
                members = others + members
            else:
                apart.append((known, others))
        groups = [*apart, (inputs, members)]
    return [members for _, members in groups]


def _together(group: list[Requirement], conditions: Conditions) -> list[Finding]:
    """A contradiction in the group, if any.

    Where the search over all was not exhaustive, those that are wholly understood may still
    contradict each other by themselves.
    """
    answer = conditions.passing(group)
    if answer.case is not None:
        return []
    if answer.complete:
        return [_contradiction(group, conditions)]
    clear = [one for one in group if not conditions.atoms(one).opaque]
    for part in connected(clear, conditions):
        found = conditions.passing(part)
        if found.case is None and found.complete:
            return [_contradiction(part, conditions)]
    names = tuple(one.id for one in group)
    return [
        Finding(
            "not_proved",
            f"未能证明这些条件可以同时满足：{'、'.join(names)}",
            f"not proved that these can all be met: {', '.join(names)}",
            proved=False,
            subjects=names,
        )
    ]


def _contradiction(group: list[Requirement], conditions: Conditions) -> Finding:
    """Narrowed to the requirements that cause it, with a case that meets all but the last."""
    core = list(group)
    for one in group:
        fewer = [other for other in core if other is not one]
        rest = conditions.passing(fewer)
        if rest.case is None and rest.complete:
            core = fewer
    names = tuple(one.id for one in core)
    case = conditions.find(
        [conditions.goal(core[-1], FAILS), *(conditions.goal(one, PASSES) for one in core[:-1])]
    ).case
    example = f": {case_text(case)}" if case else ""
    return Finding(
        "contradiction",
        f"没有任何情形能同时满足：{'、'.join(names)}{example.replace(': ', '；例如 ', 1)}",
        f"no case can meet all of {', '.join(names)}{example}",
        place_of(core[-1].must),
        case,
        subjects=names,
    )
