"""The tests in a pack, run: every case must come out as its author wrote."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from city.calendar import Calendar
from city.errors import SourceError
from city.values import Fault
from dmn import to_json
from services import entitlement, filings, materials, quota, schema, validity
from services.inputs import Inputs, Persons, gather_inputs, read_inputs
from services.outputs import fee_due, not_asked, printed_values
from services.pack import persons
from services.pack.entitlement import CONFIRMED_ON, EntitlementRun
from services.pack.materials import in_test
from services.pack.model import AS_OF, CONSENTS, COSIGN, UNANSWERED, Case
from services.rulebook import Rulebook, run_safely
from services.verdict import Verdict, judge

NOT_APPROVE = "not_approve"  # what a test may expect: any outcome but approve
Expects = Callable[[str], bool]  # of an outcome
_ALWAYS = datetime.date.min
EACH = "each"  # in a test's evidence: every person listed who is not named by number


def inputs_of(book: Rulebook, case: Case) -> Inputs:
    """The inputs of a case, gathered as those of an application are."""
    if case.facts is not None:
        return next(of_facts(book, stored_of(case)))
    evidence: dict[str, tuple[str, Mapping[str, Any]]] = {}
    others: dict[str, persons.Found] = {}
    skipped = not_asked(book, case.answers, case.as_of)
    for name, registry in book.pack.registries.items():
        answer = "failed" if name in skipped else case.evidence.get(name, "failed")
        if registry.naming:
            others[name] = _Invented(answer, several=bool(registry.item))
        elif registry.item:
            others[name] = {
                person: _answer(answer if isinstance(answer, str) else _of(answer, person))
                for person in persons.listed(registry, case.answers)
            }
        else:
            evidence[name] = _answer(answer)
            if answer == UNANSWERED:
                named = dict.fromkeys(f.name for f in book.facts.values() if f.source == name)
                evidence[name] = UNANSWERED, named
    who = Persons(others, case.applicant)
    return gather_inputs(book, in_test(case), evidence, case.consents, case.as_of, who)


def expecting(expected: str) -> Expects:
    """A function that says whether an outcome is what a test expects."""
    return lambda found: found != "approve" if expected == NOT_APPROVE else found == expected


def stored_of(case: Case) -> dict[str, Any]:
    """The inputs of a test that is given by its facts, in stored form."""
    return {**(case.facts or {}), AS_OF: case.as_of.isoformat(), CONSENTS: case.consents}


def of_facts(book: Rulebook, stored: Mapping[str, Any]) -> Iterator[Inputs]:
    """The inputs of a decided case, once for each set of figures that the edition applies.

    The facts are those of the case's own day. The figures are those of the edition's first day, or
    of the case's if that is later, and each that follows: no case is judged by earlier ones.
    """
    first = max(book.in_force_from, datetime.date.fromisoformat(stored[AS_OF]))
    for period in (book.period(first), *(p for p in book.periods if p.start > first)):
        yield read_inputs(replace(book, periods=(replace(period, start=_ALWAYS),)), stored)


def judge_facts(book: Rulebook, stored: Mapping[str, Any], expects: Expects) -> Verdict:
    """The verdict on a decided case: the first that is not as expected, if there is one."""
    verdicts = [judge(book, inputs) for inputs in of_facts(book, stored)]
    return next((one for one in verdicts if not expects(one.outcome)), verdicts[0])


class _Invented(dict[str, tuple[str, Mapping[str, Any]]]):
    """What a test says of whom a registry names: of the one, or of each of ``several``."""

    def __init__(self, written: object, *, several: bool) -> None:
        super().__init__()
        self.written, self.several = written, several

    def get(self, key: str, default: Any = None) -> Any:
        whole = isinstance(self.written, str) or not self.several
        return _answer(self.written if whole else _of(self.written, key))


def _of(answers: object, person: str) -> object:
    """What a test says of one of several persons: by number, or of each who is not named."""
    if not isinstance(answers, Mapping):
        return "failed"
    return answers.get(person, answers.get(EACH, "failed"))


def _answer(written: object) -> tuple[str, Mapping[str, Any]]:
    if isinstance(written, Mapping):
        return "found", written
    return (written if written == "absent" else "failed"), {}


def faults(
    book: Rulebook,
    file: str = "",
    calendar: Calendar | None = None,
    cases: Sequence[Case] | None = None,
) -> list[SourceError]:
    """Every test that does not come out as it says, or that says what cannot be.

    ``calendar``: the city's, by which the last days in tests (``due``) are counted; without it they
    are not looked at. ``cases``: other tests than those in the pack.
    """
    return [
        SourceError(
            file or f"{book.code}.yaml",
            case.line,
            f"测试“{case.name}”：{zh}",
            f"test {case.name!r}: {en}",
        )
        for case in (book.pack.cases if cases is None else cases)
        for zh, en in _faults(book, case, calendar)
    ]


def _faults(book: Rulebook, case: Case, calendar: Calendar | None) -> Iterator[Fault]:
    yield from _undeclared(book, case)
    if case.facts is None:
        try:
            schema.validate(book, case.answers, on=case.as_of, protect=str)
        except schema.Invalid as error:
            for fault in error.faults:
                yield f"答案 {fault.pointer} {fault.zh}", f"the answer {fault.pointer} {fault.en}"
        verdict = judge(book, inputs_of(book, case))
    else:
        verdict = judge_facts(book, stored_of(case), expecting(case.expect))
    if not expecting(case.expect)(verdict.outcome):
        why = ", ".join(verdict.reasons()) or "-"
        yield (
            f"应为 {case.expect}，实为 {verdict.outcome}（{why}）",
            f"expected {case.expect}, found {verdict.outcome} ({why})",
        )
    if case.filings is not None:
        filed = {one.item for one in filings.plan(book, verdict.inputs) if one.applies}
        if filed != set(case.filings):
            more, less = sorted(filed - set(case.filings)), sorted(set(case.filings) - filed)
            yield (f"备案多出 {more}，缺少 {less}", f"filings: {more} too many, {less} missing")
    if case.asks is not None:
        asked = set(materials.asked(book, verdict.inputs))
        if asked != set(case.asks):
            more, less = sorted(asked - set(case.asks)), sorted(set(case.asks) - asked)
            yield (f"多收材料 {more}，少收 {less}", f"asked for {more} too many, {less} missing")
    yield from _differences(case.findings, {one.id: one.result for one in verdict.findings})
    yield from _differences(case.tables, verdict.inputs.json)
    if case.certificate:
        printed = {name: to_json(v) for name, v in printed_values(book, verdict.inputs).items()}
        yield from _differences(case.certificate, printed)
    if case.due and calendar is not None:
        clock = book.pack.clock
        days = {"statutory": clock.statutory, "promised": clock.promised}
        last = {name: calendar.last_day(case.as_of, d.days, d.unit)[0] for name, d in days.items()}
        yield from _differences(case.due, {name: day.isoformat() for name, day in last.items()})
    yield from _fee(book, verdict.inputs)
    if case.fee is not None:
        due = fee_due(book, verdict.inputs)
        yield from _differences({"fee": case.fee}, {} if due is None else {"fee": to_json(due)})
    last_day = _expires(book, verdict.inputs)
    if case.expires is not None:
        yield from _differences({"expires": case.expires}, {"expires": last_day})
    elif verdict.outcome == "approve" and last_day == "unknown":
        zh = "批准了却算不出证照的有效期，或有效期已过"
        yield zh, "approved, and the certificate's last day is not known, or has passed"
    if case.quota:
        yield from _differences(case.quota, quota.of_case(book, case.answers, case.as_of))
    if case.entitlement is not None:
        yield from _entitlement(book.program.entitlement, case.entitlement, verdict.inputs)
    runs = {run.spec.kind: run for run in book.program.entitlements}
    for kind, written in case.entitlements.items():
        yield from _entitlement(runs.get(kind), written, verdict.inputs)


def _fee(book: Rulebook, inputs: Inputs) -> Iterator[Fault]:
    """A fee that nobody can pay: below nothing, or with a part of a fen."""
    run = book.program.fee
    due = run_safely(run, inputs.values) if run is not None else None
    if isinstance(due, Decimal) and (due < 0 or due != round(due, 2)):
        yield f"收费 {to_json(due)} 元不能收取", f"a fee of {to_json(due)} yuan cannot be charged"


def _expires(book: Rulebook, inputs: Inputs) -> str:
    """The last day of what would be issued on the day of the test."""
    try:
        last = validity.expires(book, inputs.values, inputs.as_of)
    except ValueError:
        return "unknown"
    return last.isoformat() if last else "none"


def _differences(expected: Mapping[str, object], found: Mapping[str, object]) -> Iterator[Fault]:
    """Each value that is not as the test says; what is unknown, a dash, is not null either."""
    for name, value in expected.items():
        if name not in found or found[name] != value:
            known = _shown(found[name]) if name in found else "—"
            yield (
                f"{name} 应为 {_shown(value)}，实为 {known}",
                f"{name}: expected {_shown(value)}, found {known}",
            )


def _shown(value: object) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _undeclared(book: Rulebook, case: Case) -> Iterator[Fault]:
    """What a test names and the pack does not have."""
    fields = {field.id for field in book.certificate.fields} if book.certificate else set()
    known: list[tuple[str, str, Iterable[str], Container[str]]] = [
        ("没有声明 {}", "there is no registry {}", case.evidence, book.pack.registries),
        ("没有声明材料 {}", "there is no material {}", case.materials, book.pack.materials),
        ("没有声明材料 {}", "there is no material {}", case.asks or (), book.pack.materials),
        ("没有声明 {}", "there is no consent {}", case.consents, {*book.consents, COSIGN}),
        ("没有决策表 {}", "there is no table {}", case.tables, book.pack.tables),
        ("证照没有栏目 {}", "the certificate has no field {}", case.certificate, fields),
    ]
    for zh, en, named, there in known:
        for name in named:
            if name not in there:
                yield zh.format(name), en.format(name)


def _entitlement(
    run: EntitlementRun | None, written: Mapping[str, Any], inputs: Inputs
) -> Iterator[Fault]:
    """What a test says of the entitlement on its day, against what the pack makes of it."""
    if run is None:
        yield "没有待遇（entitlement）", "there is no entitlement"
        return
    confirmed = written.get(CONFIRMED_ON)
    on = datetime.date.fromisoformat(confirmed) if confirmed else inputs.as_of
    found, first = entitlement.standing(run, inputs, on), entitlement.first_period(run, inputs)
    known = {
        CONFIRMED_ON: confirmed,
        "state": found.state,
        "amount": None if found.amount is None else f"{found.amount.normalize():f}",
        "reasons": list(found.reasons),
        "ended_on": found.ended_on.isoformat() if found.ended_on else None,
        "first_period": first.isoformat() if first else None,
    }
    yield from _differences(written, known)
