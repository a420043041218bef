"""What a draft or an edition does with the regression cases of its service."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from city.errors import SourceError
from services import catalogue, comparison, pack_tests
from services.edition import Draft
from services.models import Regression
from services.rulebook import Rulebook
from services.verdict import UNKNOWN, UNMET, Verdict, missing_of


class Result(enum.StrEnum):
    HELD = "held"  # judged as it should be
    REPEATED = "repeated"  # the error again
    UNJUDGED = "unjudged"  # only because it lacks, or reads otherwise, what the case does not hold


@dataclass(frozen=True, slots=True)
class Judged:
    """A regression case judged by a rulebook. ``lacking``: facts because of which it says nothing.

    ``UNJUDGED`` is not approved either; but no condition of the rulebook speaks against the case.
    """

    regression: Regression
    verdict: Verdict
    result: Result
    lacking: tuple[str, ...] = ()


def judged(book: Rulebook, regression: Regression) -> Judged:
    """Judge a case by each set of figures that the edition applies (``pack_tests.of_facts``)."""
    expects = pack_tests.expecting(regression.expected)
    verdict = pack_tests.judge_facts(book, regression.facts, expects)
    if not expects(verdict.outcome):
        return Judged(regression, verdict, Result.REPEATED)
    if UNMET not in verdict.results and (lacking := _lacking(book, regression, verdict)):
        return Judged(regression, verdict, Result.UNJUDGED, lacking)
    return Judged(regression, verdict, Result.HELD)


def _lacking(book: Rulebook, regression: Regression, verdict: Verdict) -> tuple[str, ...]:
    """Facts that keep a condition open and that the case cannot tell: new ones, or of a new kind.

    What nobody had answered when the case was decided is not one of them.
    """
    unheld = set(comparison.unheld(catalogue.rulebook(regression.edition_id), book))
    held = regression.facts
    found: dict[str, None] = {}
    for condition, result in zip(book.conditions, verdict.results, strict=True):
        if result == UNKNOWN:
            names = (*condition.uses, *condition.withheld)
            for name in sorted(missing_of(book, verdict.inputs, names)):
                if name in unheld or name in held or name in book.pack.parameters:
                    found[name] = None
    return tuple(found)


def against(book: Rulebook) -> Iterator[Judged]:
    """Every accepted case of the rulebook's service, judged by it, in the order of their numbers.

    One that somebody has asked to retire counts until a second officer confirms it.
    """
    rows = Regression.objects.filter(service=book.code, state=Regression.State.ACCEPTED)
    for regression in rows.order_by("number"):
        yield judged(book, regression)


def faults(read: Draft) -> list[SourceError]:
    """Each accepted case whose error a draft repeats, by name, with its law and reason."""
    return [
        read.source.error(("requirements",), *_repeated(one.regression))
        for one in against(read.rulebook())
        if one.result is Result.REPEATED
    ]


def remarks(read: Draft) -> list[SourceError]:
    """Each accepted case that a draft cannot judge: a legal officer decides whether it is retired.

    It keeps no draft from being published, and is not passed in silence either.
    """
    return [
        read.source.error(("requirements",), *_unjudged(one))
        for one in against(read.rulebook())
        if one.result is Result.UNJUDGED
    ]


def _repeated(regression: Regression) -> tuple[str, str]:
    law, reason = regression.law, regression.reason
    zh = f"回归案例 {regression}：曾被误批，现在仍会批准。依据：{law}。理由：{reason}"
    en = (
        f"regression case {regression}: it was approved by error before, and would be again."
        f" Law: {law}. Reason: {reason}"
    )
    if regression.expected != pack_tests.NOT_APPROVE:
        zh = f"回归案例 {regression}：判定与法制审核人员认定的不同（应为 {regression.expected}）"
        zh += f"。依据：{law}。理由：{reason}"
        en = (
            f"regression case {regression}: judged otherwise than a legal officer has decided"
            f" ({regression.expected}). Law: {law}. Reason: {reason}"
        )
    return zh, en


def _unjudged(one: Judged) -> tuple[str, str]:
    names, name = ", ".join(one.lacking), one.regression
    zh = f"回归案例 {name} 缺少 {names}，不能再据以检验；请法制审核人员决定是否停用"
    en = f"regression case {name} lacks {names}: it tests nothing; a legal officer may retire it"
    return zh, en
