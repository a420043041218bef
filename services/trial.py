"""The tests in a pack, run: every case must come out as its author wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from city.errors import SourceError
from services import filings, materials, schema
from services.inputs import Inputs, gather_inputs
from services.pack import persons
from services.pack.materials import in_test
from services.pack.model import COSIGN, Case
from services.rulebook import Rulebook
from services.verdict import judge

EACH = "each"  # in a test's evidence: every person listed who is not named by number


def inputs_of(book: Rulebook, case: Case) -> Inputs:
    """The inputs of a case, gathered as those of an application are."""
    evidence: dict[str, tuple[str, Mapping[str, Any]]] = {}
    others: dict[str, dict[str, tuple[str, Mapping[str, Any]]]] = {}
    for name, registry in book.pack.registries.items():
        answer = case.evidence.get(name, "failed")
        if registry.item:
            others[name] = {
                person: _answer(answer if isinstance(answer, str) else _of(answer, person))
                for person in persons.listed(registry, case.answers)
            }
        else:
            evidence[name] = _answer(answer)
    return gather_inputs(book, in_test(case), evidence, case.consents, case.as_of, others)


def _of(answers: object, person: str) -> object:
    """What a test says of one of several persons: by number, or of each who is not named."""
    if not isinstance(answers, Mapping):
        return "failed"
    return answers.get(person, answers.get(EACH, "failed"))


def _answer(written: object) -> tuple[str, Mapping[str, Any]]:
    if isinstance(written, Mapping):
        return "found", written
    return (written if isinstance(written, str) else "failed"), {}


def faults(book: Rulebook, file: str = "") -> list[SourceError]:
    """Every test that does not come out as it says, or that says what cannot be."""
    return [
        SourceError(
            file or f"{book.code}.yaml",
            case.line,
            f"测试“{case.name}”：{zh}",
            f"test {case.name!r}: {en}",
        )
        for case in book.pack.cases
        for zh, en in _faults(book, case)
    ]


def _faults(book: Rulebook, case: Case) -> Iterator[tuple[str, str]]:
    for registry in case.evidence:
        if registry not in book.pack.registries:
            yield f"没有声明 {registry}", f"there is no registry {registry}"
    for name in (*case.materials, *(case.asks or ())):
        if name not in book.pack.materials:
            yield f"没有声明材料 {name}", f"there is no material {name}"
    for item in case.consents:
        if item not in book.consents and item != COSIGN:
            yield f"没有声明 {item}", f"there is no consent {item}"
    try:
        schema.validate(book, case.answers, on=case.as_of, protect=str)
    except schema.Invalid as error:
        for fault in error.faults:
            yield f"答案 {fault.pointer} {fault.zh}", f"the answer {fault.pointer} {fault.en}"
    verdict = judge(book, inputs_of(book, case))
    if verdict.outcome != case.expect:
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
    results = {finding.id: finding.result for finding in verdict.findings}
    for name, expected in case.findings.items():
        found = results.get(name)
        if found != expected:
            yield (
                f"{name} 应为 {expected}，实为 {found}",
                f"{name}: expected {expected}, found {found}",
            )
