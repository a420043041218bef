"""What a case's page says first: what comes next, and of the conditions those that are open."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from approvals import policies
from approvals.models import Application, Decision
from approvals.rows.intakes import Acting
from approvals.states import State
from approvals.words import PASSED
from certificates.pdf import qr
from people.actors import Actor
from services.explain import Explanation
from services.verdict import NOT_APPLICABLE, UNMET


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions of a case: what is open is read first, what is met or not asked is folded."""

    unmet: Sequence[Explanation] = ()  # not met, not known, or waiting for somebody
    met: Sequence[Explanation] = ()
    excluded: Sequence[Explanation] = ()  # that do not apply to this case

    def __bool__(self) -> bool:
        return bool(self.unmet or self.met or self.excluded)


def grouped(lines: Sequence[Explanation]) -> Conditions:
    """Return conditions in three groups, each in the order of ``lines``."""
    folded = (*PASSED, NOT_APPLICABLE)
    return Conditions(
        [line for line in lines if line.result not in folded],
        [line for line in lines if line.result in PASSED],
        [line for line in lines if line.result == NOT_APPLICABLE],
    )


def next_step(case: Application) -> str:
    """Return what the applicant has to do now, in one sentence; empty where a button says it."""
    if case.state == State.REVIEW:  # by when is in the sentence above
        return gettext("You need do nothing; if anything is needed from you, this page says so.")
    if case.state == State.PROCEDURE:
        return gettext("You need do nothing until it ends; this page says when and how.")
    if case.state == State.WAITING:
        return gettext("You need do nothing: as soon as they have answered, it is decided.")
    if case.state == State.REFUSED:
        return gettext("Read the officer's reason first, then what you can do.")
    return ""


def missing(
    case: Application, decision: Decision | None, receipt: dict[str, Any], lines: list[Explanation]
) -> list[str]:
    """Return what a returned application lacks: the officer's lines, or the conditions not met."""
    if case.state != State.RETURNED or decision is None:
        return []
    if decision.officer_id:
        return [line for text in receipt["reasons"] for line in text.splitlines() if line.strip()]
    text = gettext("%(condition)s: %(result)s")
    return [
        text % {"condition": line.words, "result": line.status}
        for line in lines
        if line.result == UNMET
    ]


def scan_code(public_id: str) -> SafeString:
    """Return the QR code that leads whoever scans it to what the certificate is worth now."""
    return mark_safe(qr.svg(f"{settings.SITE_URL}/verify/", public_id))  # noqa: S308 - of ours


def answered(fields: Sequence[Any]) -> list[Any]:
    """Return the questions that were answered, without declarations."""
    return [field for field in fields if field.answered and not field.declared]


def limit(can: dict[str, bool], case: Application, by: Actor) -> None:
    """Take away what only the applicant, for them a guardian, or a representative may do."""
    if policies.is_applicant(by, case):
        return
    can["rate"] = False
    if by.is_agent or case.channel == Acting.AGENT:
        can |= {"withdraw": False, "contest": False, "deliver": False, "dispute": False}
