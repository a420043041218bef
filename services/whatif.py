"""What the verdict would be for each possible value of what is unknown. Pure.

Each unknown fact is divided into classes of values between which no condition can tell: yes and
no, each code, the spans between the values that conditions compare it with, a text that equals a
known one and any other. One value of each class is judged by the edition's own judge, the other
unknown facts at values that suit; classes that lead to the same results are one statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dmn import UNKNOWN as NOT_KNOWN
from dmn import to_json
from dmn import types as t
from dmn.analysis.atoms import Atoms, read_atoms
from dmn.analysis.steps import one_per_cell, other_text
from dmn.feel.tree import Node, names
from services.inputs import Inputs, read_inputs
from services.pack.model import Fact
from services.rulebook import Rulebook
from services.verdict import UNKNOWN, UNMET, Verdict, judge

FACTS = 8  # unknown facts at once
JUDGEMENTS = 250  # of one case
RANK = ("approve", "wait", "return", "refer")


@dataclass(frozen=True, slots=True)
class Values:
    """A class of values of one fact. ``sample``: one of them, typed.

    ``ones``: exactly these. ``span``: from ``low`` to ``high`` (None: no end), each end within or
    not. ``text``: any text but ``but``, and but that of the fact ``same_as``. ``same``: the text
    of that fact.
    """

    kind: str  # ones, span, text, same
    sample: object
    ones: tuple[object, ...] = ()
    low: Any = None
    high: Any = None
    low_in: bool = False
    high_in: bool = False
    but: tuple[object, ...] = ()
    same_as: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """What follows when ``facts`` have values of these classes (each class leads to the same).

    One fact, or all of a registry that answers that it has no record (``absent``). ``against``:
    the conditions, not unmet before, that would be unmet or still unknown, with the result.
    """

    facts: tuple[str, ...]
    values: tuple[Values, ...]
    outcome: str  # as of a verdict
    results: tuple[str, ...]  # of each condition in the order of the pack, then of each consent
    against: tuple[tuple[str, str], ...]
    absent: bool = False


@dataclass(frozen=True, slots=True)
class WhatIf:
    """``base``: the values at which the other unknown facts are held. ``open``: facts whose values
    were not all worked out. ``already``: conditions that are unmet whatever is answered.
    """

    statements: tuple[Statement, ...]
    base: Mapping[str, Values]
    open: tuple[str, ...]
    already: tuple[str, ...]
    is_cut: bool  # there was more than the budget allows


def what_if(rulebook: Rulebook, inputs: Inputs, *, judgements: int = JUDGEMENTS) -> WhatIf | None:
    """Return what each possible answer would lead to; None where nothing unknown matters.

    At most ``judgements`` are made; ``is_cut`` says that they were not enough.
    """
    verdict = judge(rulebook, inputs)
    found = unknown_facts(rulebook, verdict)
    if not found:
        return None
    trial = _Trial(rulebook, inputs, verdict, judgements)
    open_facts: list[str] = []
    classes: dict[str, list[Values]] = {}
    atoms = _atoms(rulebook, inputs)
    for name in found[:FACTS]:
        texts = [n for n, found in classes.items() if any(v.kind == "text" for v in found)]
        classes[name], whole = _classes(rulebook, name, atoms, texts)
        if not whole:
            open_facts.append(name)
    open_facts += found[FACTS:]
    base = trial.base({name: values for name, values in classes.items() if values})
    statements = [
        statement
        for name, values in classes.items()
        for statement in trial.statements(name, values, base)
    ]
    statements += trial.absences(found, base)
    already = tuple(
        c.id for c, r in zip(rulebook.conditions, verdict.results, strict=True) if r == UNMET
    )
    return WhatIf(tuple(statements), base, tuple(open_facts), already, trial.is_cut)


def unknown_facts(rulebook: Rulebook, verdict: Verdict) -> list[str]:
    """Return the unknown facts that an unknown condition or consent reads, in the pack's order."""
    reads: set[str] = set()
    for condition, result in zip(rulebook.conditions, verdict.results, strict=True):
        if result == UNKNOWN:
            reads |= {*condition.uses, *condition.withheld}
    for item, state in verdict.consent_states.items():
        if state == UNKNOWN and item in rulebook.consents:
            reads |= set(names(_consent_trees(rulebook)[item]))
    for table in reversed(rulebook.program.table_runs):
        if table.name in reads:
            reads |= set(table.reads)
    return [name for name in rulebook.facts if name in reads and name not in verdict.inputs.facts]


def _consent_trees(rulebook: Rulebook) -> dict[str, Node]:
    trees = rulebook.program.trees
    return {
        item.id: trees["consents", place, "applies"]
        for place, item in enumerate(rulebook.pack.consents)
        if ("consents", place, "applies") in trees
    }


def _atoms(rulebook: Rulebook, inputs: Inputs) -> Atoms:
    """What the conditions compare the unknown facts with, once all that is known is fixed."""
    known = {name: value for name, value in inputs.values.items() if value is not NOT_KNOWN}
    types = rulebook.program.names
    found = Atoms()
    trees = rulebook.program.trees
    for place in range(len(rulebook.pack.requirements)):
        for part in ("applies", "must"):
            tree = trees.get(("requirements", place, part))
            if tree is not None:
                found.join(read_atoms(tree, types, known))
    for tree in _consent_trees(rulebook).values():
        found.join(read_atoms(tree, types, known))
    return found


def _classes(
    rulebook: Rulebook, name: str, atoms: Atoms, before: Sequence[str]
) -> tuple[list[Values], bool]:
    """Return the classes of a fact, and whether they are all of its values.

    ``before``: unknown texts that have their classes; a text that is compared with one of them has
    the classes of that text and of any other.
    """
    fact = rulebook.facts[name]
    absent = [Values("ones", None, ones=(None,))] if fact.nullable else []
    finite = _finite(fact)
    if finite:
        return [*finite, *absent], True
    if isinstance(fact.type, t.ListType):
        none = [] if fact.of_persons else [Values("ones", [], ones=((),))]
        return [*none, *absent], False
    opaque = {n for node in atoms.opaque for n in names(node)} | atoms.texts | set(atoms.lengths)
    opaque |= {n for table in rulebook.program.table_runs for n in table.reads}
    if rulebook.program.cosigners is not None:
        opaque |= set(names(rulebook.program.trees["cosigners",]))
    if name in opaque:
        return absent, False
    cuts = list(dict.fromkeys(atoms.cuts.get(name, ())))
    beside = [s for s in atoms.shifts if name in (s.moved, s.other)]
    bare = t.base_type(fact.type)
    if bare == t.STRING:
        others = [s.other if s.moved == name else s.moved for s in beside]
        if len(others) > 1 or (cuts and others):
            return absent, False
        if others and others[0] in before:
            same = Values("same", None, same_as=others[0])
            rest = Values("text", other_text([other_text(())]), same_as=others[0])
            return [same, rest, *absent], True
        found = [Values("ones", cut, ones=(cut,)) for cut in cuts]
        rest = Values("text", other_text(cuts), but=tuple(cuts))
        return [*found, rest, *absent], True
    if beside or bare not in t.ORDERED:
        return absent, False
    return [*_spans(fact, cuts), *absent], True


def _finite(fact: Fact) -> list[Values]:
    kind = fact.type
    if isinstance(kind, t.ListType | t.ContextType):
        return []
    allowed = kind.allowed
    if allowed is None and t.base_type(kind) == t.BOOLEAN:
        allowed = (True, False)
    return [Values("ones", value, ones=(value,)) for value in allowed or ()]


def _spans(fact: Fact, cuts: Sequence[Any]) -> list[Values]:
    """The points that a fact is compared with, and the spans between them, within its bounds."""
    bounds = fact.bounds
    line = sorted(point for point in cuts if bounds.admit(point))
    if not line:
        sample = bounds.least if bounds.least is not None else bounds.most
        return [Values("span", sample, low=bounds.least, high=bounds.most, low_in=True,
                       high_in=True)] if sample is not None else []  # fmt: skip
    found = []
    for sample in one_per_cell(line):
        if not bounds.admit(sample):
            continue
        if sample in line:
            found.append(Values("span", sample, low=sample, high=sample, low_in=True, high_in=True))
            continue
        low = max((p for p in line if p < sample), default=None)  # type: ignore[operator]
        high = min((p for p in line if p > sample), default=None)  # type: ignore[operator]
        found.append(
            Values(
                "span",
                sample,
                low=bounds.least if low is None else low,
                high=bounds.most if high is None else high,
                low_in=low is None,
                high_in=high is None,
            )
        )
    return found


Key = tuple[str, tuple[str, ...]]


@dataclass(slots=True)
class _Trial:
    """One case that is judged again and again, within the budget."""

    rulebook: Rulebook
    inputs: Inputs
    verdict: Verdict
    left: int
    is_cut: bool = False
    _stored: dict[str, Any] = field(default_factory=dict)

    def judged(self, values: Mapping[str, Values]) -> Verdict | None:
        """The verdict for one value of each class; None when the budget is used up."""
        if self.left <= 0:
            self.is_cut = True
            return None
        self.left -= 1
        if not self._stored:
            self._stored = self.inputs.to_json()
        return judge(self.rulebook, read_inputs(self.rulebook, self._stored | samples(values)))

    def base(self, classes: Mapping[str, Sequence[Values]]) -> dict[str, Values]:
        """Values of all unknown facts that suit the conditions as far as values can.

        One that there is none of comes last: where nothing is, nothing can be wrong with it.
        """
        there = {
            name: [one for one in values if one.ones != (None,)] or values
            for name, values in classes.items()
        }
        found = self._improved({name: values[0] for name, values in there.items()}, there)
        if self._cost(found)[0] > 0:
            return self._improved(found, classes)
        return found

    def _improved(
        self, found: dict[str, Values], classes: Mapping[str, Sequence[Values]]
    ) -> dict[str, Values]:
        """Change one fact after the other to the class that fewest conditions speak against."""
        for _ in range(2):
            before = dict(found)
            for name, values in classes.items():
                if len(values) > 1:
                    costs = [self._cost({**found, name: one}) for one in values]
                    found[name] = values[costs.index(min(costs))]
            if found == before:
                break
        return found

    def _cost(self, values: Mapping[str, Values]) -> tuple[int, int]:
        verdict = self.judged(values)
        if verdict is None:
            return len(RANK), 0
        against = sum(result in (UNMET, UNKNOWN) for result in verdict.results)
        return against, RANK.index(verdict.outcome)

    def statements(
        self, name: str, classes: Sequence[Values], base: Mapping[str, Values]
    ) -> Iterator[Statement]:
        """What each class of one fact leads to; classes with the same results together."""
        by_key: dict[Key, list[Values]] = {}
        for values in classes:
            verdict = self.judged({**base, name: values})
            if verdict is not None:
                key = (verdict.outcome, results_of(verdict))
                by_key.setdefault(key, []).append(values)
        for key, members in by_key.items():
            yield self._statement((name,), tuple(joined(members)), key)

    def absences(self, unknown: Sequence[str], base: Mapping[str, Values]) -> Iterator[Statement]:
        """What follows when a registry answers that it has no record at all."""
        none = Values("ones", None, ones=(None,))
        for source, pairs in self.rulebook.sources:
            facts = [name for name, _field in pairs]
            if source == "answers" or any(name in self.inputs.facts for name in facts):
                continue
            concerned = tuple(name for name in facts if name in unknown)
            if len(concerned) < 2 or not all(self.rulebook.facts[n].nullable for n in facts):
                continue
            verdict = self.judged({**base, **dict.fromkeys(facts, none)})
            if verdict is not None:
                key = (verdict.outcome, results_of(verdict))
                yield self._statement(tuple(facts), (none,), key, absent=True)

    def _statement(
        self, facts: tuple[str, ...], values: tuple[Values, ...], key: Key, *, absent: bool = False
    ) -> Statement:
        outcome, results = key
        conditions = self.rulebook.conditions
        lines = zip(conditions, results[: len(conditions)], self.verdict.results, strict=True)
        against = tuple(
            (condition.id, result)
            for condition, result, now in lines
            if result in (UNMET, UNKNOWN) and now != UNMET
        )
        return Statement(facts, values, outcome, results, against, absent)


def results_of(verdict: Verdict) -> tuple[str, ...]:
    """Return all that a statement says of a verdict beside its outcome."""
    return (*verdict.results, *verdict.consent_states.values())


def samples(values: Mapping[str, Values]) -> dict[str, Any]:
    """Return one value of each class, in canonical form, by fact; a text of another fact is its."""
    found = {name: to_json(one.sample) for name, one in values.items() if one.kind != "same"}
    for name, one in values.items():
        if one.kind == "same":
            found[name] = found.get(one.same_as)
    return found


def joined(classes: Sequence[Values]) -> Iterator[Values]:
    """Join spans that touch, and single values."""
    spans = [values for values in classes if values.kind == "span"]
    run: Values | None = None
    for span in spans:
        if run is not None and run.high == span.low and (run.high_in or span.low_in):
            run = Values("span", run.sample, low=run.low, low_in=run.low_in, high=span.high,
                         high_in=span.high_in)  # fmt: skip
            continue
        if run is not None:
            yield run
        run = span
    if run is not None:
        yield run
    ones = [values for values in classes if values.kind == "ones"]
    if ones:
        every = tuple(value for values in ones for value in values.ones)
        yield Values("ones", ones[0].sample, ones=every)
    yield from (values for values in classes if values.kind in ("text", "same"))
