"""Two editions over the same stored facts: what SQL may judge of them, and where they differ. Pure.

The outcome is the gravest of what each requirement and each consent asks for (`services.verdict`).
So a part that means the same in both editions cannot tell them apart: it may stay out of SQL.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from dmn import names
from dmn import types as t
from dmn.sql import NotCompiled, Rules, compile_pair, compile_sql
from services.inputs import read_inputs
from services.pack.lint import requirements
from services.pack.model import AS_OF, Fact
from services.rulebook import Rulebook
from services.verdict import UNKNOWN, UNMET, Verdict

COLUMN = "inputs"
GRAVITY = ("approve", "wait", "return", "refer")
ABSENT = "-"  # a condition that one of the two editions does not have


class OnlyTheJudge(Exception):
    """SQL cannot tell these two editions apart on these cases; says why, part by part."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{part}: {why}" for part, why in reasons.items()))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Side:
    """One edition in SQL: ``ids`` are the requirements that it judges."""

    rules: Rules
    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """Both editions in SQL, for cases decided under one edition on days with one set of parameters.

    ``differing``: the requirements that are not the same in both. Where these alone lead to the
    same, so do all together; so they are judged first, on every case, by the few facts they read.
    ``left``: why a requirement, the same in both editions, is left to the judge, by its id.
    """

    live: Side
    draft: Side
    differing: frozenset[str]
    left: Mapping[str, str]

    def statement(self, source: str, keep: Sequence[str] = ("id",), sampled: str = "false") -> str:
        """Rows (``keep``, outcome by the live edition, by the draft), as far as SQL judges them.

        Every case that differs, and those for which the condition ``sampled`` over ``keep`` holds.
        ``source``: what follows FROM, a table with ``keep``, ``inputs``, ``as_of`` and a WHERE.
        """
        ids = self.live.ids | self.draft.ids
        pair = compile_pair(
            self.live.rules,
            self.draft.rules,
            shared=ids - self.differing,
            column=COLUMN,
            columns=[AS_OF],
        )
        return pair.select(source, *keep, sampled=sampled)

    def counting(self, source: str) -> str:
        """How many cases go from which outcome to which, as far as SQL judges them."""
        found = ["FROM (", self.statement(source), ") AS found"]
        return " ".join(["SELECT live, draft, count(*)", *found, "GROUP BY live, draft"])


def plan(stored: Rulebook, live: Rulebook, draft: Rulebook, on: datetime.date) -> Plan:
    """How SQL tells two editions apart on cases decided under ``stored`` and received ``on``.

    Raises ``OnlyTheJudge`` when what cannot be said in SQL is not the same in both.
    """
    one, left = _side(stored, live, on)
    other, left_too = _side(stored, draft, on)
    why = left | left_too
    before = {**_consents(live, on), **{id_: meaning(live, id_, on) for id_ in left}}
    after = {**_consents(draft, on), **{id_: meaning(draft, id_, on) for id_ in left_too}}
    differing = [p for p in {**before, **after} if before.get(p) != after.get(p)]
    if differing:
        raise OnlyTheJudge({part: why.get(part, "a consent that changed") for part in differing})
    changed = {
        id_
        for id_ in one.ids | other.ids
        if id_ not in one.ids & other.ids or meaning(live, id_, on) != meaning(draft, id_, on)
    }
    return Plan(one, other, frozenset(changed), why)


def periods(*books: Rulebook) -> list[datetime.date]:
    """The days on which a parameter of any of the editions changes."""
    values = (p.values for book in books for p in book.pack.parameters.values())
    return sorted({on for pairs in values for on, _value in pairs})


def weight(verdict: Verdict, ids: Collection[str]) -> str:
    """The outcome that some of the requirements alone would lead to."""
    found = {"approve"}
    for condition, result in zip(verdict.rulebook.conditions, verdict.results, strict=True):
        if condition.id in ids and result in (UNMET, UNKNOWN):
            found.add(condition.unmet if result == UNMET else "refer")
    return max(found, key=GRAVITY.index)


def changes(live: Verdict, draft: Verdict) -> dict[str, tuple[str, str]]:
    """Each requirement or consent that differs: (by the live edition, by the draft).

    An unmet requirement says what follows too: ``unmet (return)``.
    """
    one, other = _results(live), _results(draft)
    pairs = {id_: (one.get(id_, ABSENT), other.get(id_, ABSENT)) for id_ in {**one, **other}}
    return {id_: pair for id_, pair in pairs.items() if pair[0] != pair[1]}


def unheld(stored: Rulebook, draft: Rulebook) -> list[str]:
    """Facts of the draft that cases of an edition do not hold, or hold from elsewhere.

    The first are unknown in a back-test, the second may have another value in life.
    """
    known = {name: (fact.source, fact.field) for name, fact in stored.facts.items()}
    return [n for n, fact in draft.facts.items() if known.get(n) != (fact.source, fact.field)]


def _results(verdict: Verdict) -> dict[str, str]:
    pairs = zip(verdict.rulebook.conditions, verdict.results, strict=True)
    results = {one.id: f"{UNMET} ({one.unmet})" if r == UNMET else r for one, r in pairs}
    return {**results, **verdict.consent_states}


def _side(stored: Rulebook, book: Rulebook, on: datetime.date) -> tuple[Side, dict[str, str]]:
    """What of an edition SQL judges, and what not, with the reason."""
    values = read_inputs(book, {AS_OF: on.isoformat()}).values
    types = {name: fact.type for name, fact in book.facts.items()} | {AS_OF: t.DATE}
    constants = {name: values[name] for name in book.pack.parameters}
    open_lists = {name for name, fact in book.facts.items() if not fact.complete}

    compiling, left = [], {}
    for one in requirements(book.pack, book.program):
        changed = [name for name in one.names() if not _readable(stored, book, name)]
        if changed:
            left[one.id] = f"stored as another type: {', '.join(changed)}"
            continue
        try:
            compile_sql([one], types, column=(COLUMN,), constants=constants, open_lists=open_lists)
        except NotCompiled as refused:
            left[one.id] = refused.reason
        else:
            compiling.append(one)
    rules = Rules(compiling, types, constants, open_lists)
    return Side(rules, frozenset(one.id for one in compiling)), left


def _readable(stored: Rulebook, book: Rulebook, name: str) -> bool:
    """Whether every value that one edition stored is one that the other would read as it is."""
    if name not in book.facts or name not in stored.facts:
        return True  # no fact, or not looked up: unknown to both
    return _form(stored.facts[name]) == _form(book.facts[name])


def _form(fact: Fact) -> tuple[object, ...]:
    return fact.type, fact.nullable, fact.key, fact.longest, fact.bounds, tuple(fact.parts.items())


def meaning(book: Rulebook, id_: str, on: datetime.date) -> object:
    """Everything that a requirement's result depends on, beside the case."""
    (one,) = (one for one in requirements(book.pack, book.program) if one.id == id_)
    return one.must, one.applies, one.unmet, meanings(book, one.names(), on)


def _consents(book: Rulebook, on: datetime.date) -> dict[str, object]:
    """The same of each consent, and of who must sign."""
    paths = {item: ("consents", at, "applies") for at, item in enumerate(book.consents)}
    trees = {item: book.program.trees[path] for item, path in paths.items()}
    if book.program.cosigners is not None:
        trees["cosigners"] = book.program.trees["cosigners",]
    return {item: (tree, meanings(book, names(tree), on)) for item, tree in trees.items()}


def meanings(book: Rulebook, used: Collection[str], on: datetime.date) -> dict[str, object]:
    """What each name stands for on a day: a parameter its value, a table its text."""
    values = read_inputs(book, {AS_OF: on.isoformat()}).values
    found: dict[str, object] = {}
    for name in used:
        if name in book.facts:
            found[name] = (*_form(book.facts[name]), book.facts[name].complete)
        elif name in book.pack.parameters:
            found[name] = values[name]
        elif name in book.program.tables:
            (table,) = (one for one in book.program.table_runs if one.name == name)
            found[name] = book.pack.tables[name].text, meanings(book, table.reads, on)
    return found
