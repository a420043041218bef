"""The smallest fix: what would have to be otherwise for every requirement to be met. Pure.

What it offers was tried: the changed case is judged again by the edition's own judge, and nothing
is offered that does not pass. Nothing is offered when an undisclosed requirement failed.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dmn import UNKNOWN, to_json
from dmn.analysis.fix import Derived, Fix, FixFinder
from services.explain import Value, Wording
from services.inputs import Inputs, read_inputs
from services.pack.lint import nullable, requirements
from services.pack.model import AS_OF
from services.rulebook import Period, Rulebook
from services.verdict import COMMITTED, MET, NOT_APPLICABLE, judge


@dataclass(frozen=True, slots=True)
class Step:
    """One input to change: from ``old`` to ``new`` (canonical), by what means.

    ``by``: answer (another answer in the form), act (something to do first), time (waiting).
    """

    input: str
    by: str
    old: Any
    new: Any
    known: bool  # whether the old value is known


@dataclass(frozen=True, slots=True)
class FixSet:
    """Changes that together let the case pass; without any one of them it would not.

    ``earliest``: the first day on which waiting alone would do, None when it never will.
    No steps at all: nothing stands against the case.
    """

    steps: tuple[Step, ...]
    earliest: datetime.date | None
    rulebook: Rulebook
    as_of: datetime.date

    def words(self, language: str) -> list[str]:
        """One sentence a step, for the applicant."""
        day = {AS_OF: self.as_of.isoformat()}
        return list(_sentences(Wording(self.rulebook, day, language), self.steps))


def _sentences(wording: Wording, steps: Sequence[Step]) -> Iterator[str]:
    fields: dict[str, list[Step]] = {}
    for step in steps:
        new = wording.value(step.input, step.new, True)
        if step.by == "time":
            yield wording.in_words((f"自{new.text}起再申请", f"Apply again from {new.text} on"))
        elif (fact := wording.rulebook.facts.get(step.input)) and fact.is_material:
            label = wording.field_label(fact.field)
            zh, en = f"提交“{label}”，由工作人员阅读", f"Hand in “{label}”; an officer reads it"
            if wording.rulebook.pack.materials[fact.field].use != "read":
                zh, en = f"提交“{label}”", f"Hand in “{label}”"
            yield wording.in_words((zh, en))
        elif step.by == "act":
            yield wording.in_words(_act(step, new))
        elif new.origin != "answer":
            fields.setdefault(new.answer, []).append(step)
        elif new.text != step.new:  # a choice, which has a label of its own
            yield wording.in_words(
                (f"“{new.label}”改选：{new.text}", f"Choose “{new.label}”: {new.text}")
            )
        else:
            zh, en = (
                f"另填“{new.label}”，例如：{new.text}",
                f"Change “{new.label}”, such as: {new.text}",
            )
            yield wording.in_words((zh, en))
    for field, wanted in fields.items():
        yield wording.in_words(_another_answer(wording, field, wanted))


def _act(step: Step, new: Value) -> tuple[str, str]:
    """Say what a person has to see to first, with whom."""
    if step.new is False:
        zh = f"先向有关部门办理，使“{new.label}”的记录不再存在（{new.source}）"
        en = f"First see to it that “{new.label}” no longer holds ({new.source})"
        return zh, en
    zh = f"先办理有关手续，使“{new.label}”成为：{new.text}（{new.source}）"
    return zh, f"First see to it that “{new.label}” becomes: {new.text} ({new.source})"


def _another_answer(wording: Wording, field: str, wanted: Sequence[Step]) -> tuple[str, str]:
    """Say which other answer a registry would say the right thing of: one in 南山区."""
    label = wording.field_label(field)
    values = {step.input: wording.value(step.input, step.new, True) for step in wanted}
    places = [
        values.pop(step.input).text
        for step in wanted
        if wording.rulebook.facts[step.input].is_division
    ]
    zh = "；".join(_holds(value, "是", "没有“{}”的情况") for value in values.values())
    en = "; ".join(_holds(value, " is ", "not: {}") for value in values.values())
    if not places:
        return f"改填“{label}”，要符合：{zh}", f"Give another “{label}” that fits: {en}"
    place = "、".join(places)
    return (
        f"请在{place}另选一处“{label}”" + (f"，要符合：{zh}" if zh else ""),
        f"Choose another “{label}” in {place}" + (f" that fits: {en}" if en else ""),
    )


def _holds(value: Value, equals: str, negated: str) -> str:
    """Say what has to hold of another answer: 地址存在, or 房屋用途是住宅."""
    if value.text in ("是", "yes"):
        return value.label
    if value.text in ("否", "no"):
        return negated.format(value.label)
    return f"{value.label}{equals}{value.text}"


@lru_cache(maxsize=128)
def _fix_finder(rulebook: Rulebook, period: Period) -> FixFinder:
    """What finds the changes; prepared once an edition and period of its parameters."""
    pack, program = rulebook.pack, rulebook.program
    marks = {name: fact.change for name, fact in pack.facts.items()}
    return FixFinder(
        requirements(pack, program),
        {name: kind for name, kind in program.names.items() if name not in period.values},
        {**marks, AS_OF: "time"},
        constants=period.values,
        nullable=nullable(pack),
        derived={t.name: Derived(t.run, t.reads) for t in program.table_runs},
    )


def smallest_fix(rulebook: Rulebook, inputs: Inputs) -> FixSet | None:
    """The smallest fix of a case; None when there is none to offer.

    What a signed commitment stands for needs none, though the requirement by itself is not met.
    """
    if passes(rulebook, inputs, {}):
        return FixSet((), inputs.as_of, rulebook, inputs.as_of)
    values = {name: inputs.values.get(name, UNKNOWN) for name in (*rulebook.facts, AS_OF)}
    found = _fix_finder(rulebook, rulebook.period(inputs.as_of)).fix(values)
    if found is None:
        return None
    steps = tuple(
        Step(c.input, c.mark, _json(c.old), _json(c.new), c.old is not UNKNOWN)
        for c in found.changes
    )
    if any(not s.known and _is_said_by_others(rulebook, s.input) for s in steps):
        return None  # the registry, or an officer, has to say first; nobody knows what is wrong
    if steps and not passes(rulebook, inputs, {s.input: s.new for s in steps}):
        return None
    if rulebook.pack.commitments:
        steps = _without_what_a_commitment_spares(rulebook, inputs, steps)
    return FixSet(steps, _earliest(rulebook, inputs, found), rulebook, inputs.as_of)


def _without_what_a_commitment_spares(
    rulebook: Rulebook, inputs: Inputs, steps: tuple[Step, ...]
) -> tuple[Step, ...]:
    """Drop what is not needed once another step has lifted the bar to a commitment.

    The requirements by themselves, which the finder knows, need it.
    """
    for step in steps:
        rest = tuple(one for one in steps if one is not step)
        if passes(rulebook, inputs, {one.input: one.new for one in rest}):
            steps = rest
    return steps


def _is_said_by_others(rulebook: Rulebook, name: str) -> bool:
    fact = rulebook.facts.get(name)
    return rulebook.is_looked_up(name) or (fact is not None and fact.is_material)


def passes(rulebook: Rulebook, inputs: Inputs, changes: Mapping[str, Any]) -> bool:
    """Whether every requirement is met once these inputs (canonical) are changed."""
    found = judge(rulebook, read_inputs(rulebook, {**inputs.to_json(), **changes}))
    return set(found.results) <= {MET, COMMITTED, NOT_APPLICABLE}


def _earliest(rulebook: Rulebook, inputs: Inputs, found: Fix) -> datetime.date | None:
    if found.earliest is None:
        return None
    on = found.earliest
    return on if passes(rulebook, inputs, {AS_OF: on.isoformat()}) else None


def _json(value: object) -> Any:
    return None if value is UNKNOWN else to_json(value)
