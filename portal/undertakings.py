"""What a citizen reads of what they signed in place of files, and of what was inspected since."""

import datetime
from dataclasses import dataclass, replace
from typing import Protocol

from django.urls import reverse
from django.utils.translation import gettext

from approvals.models import Application, Inspection, Undertaking
from approvals.rows.undertakings import InspectionResult, UndertakingKind
from approvals.rows.undertakings import UndertakingState as Is
from approvals.states import OPEN, State
from certificates.models import Revocation
from people.language import in_language, language
from portal.templatetags.portal import last_day
from services.rulebook import Rulebook

FACES = {  # tone and sign
    Is.SIGNED: ("wait", "clock"),
    Is.KEPT: ("ok", "met"),
    Is.LAPSED: ("bad", "unmet"),
    Is.WITHDRAWN: ("plain", "back"),
}
FOUND = {
    InspectionResult.PASSED: ("ok", "met"),
    InspectionResult.RECTIFY: ("wait", "clock"),
    InspectionResult.UNTRUE: ("bad", "unmet"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One commitment or promise. ``link``: where to take it back, or to hand the file in."""

    label: str
    text: str  # the words that were signed
    law: str
    kind: str
    state: str
    tone: str
    sign: str
    signed_at: datetime.datetime
    due_at: datetime.datetime | None
    link: str = ""
    is_promise: bool = False


@dataclass(frozen=True, slots=True)
class InspectionLine:
    """One inspection: by when, or what was found."""

    what: str
    due_at: datetime.datetime
    result: str = ""
    tone: str = "wait"
    sign: str = "clock"
    reason: str = ""
    rectify_by: datetime.date | None = None
    done_at: datetime.datetime | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A revocation that is proposed: why, until when its holder may be heard, what they said."""

    reason: str
    until: datetime.datetime | None
    statement: str
    link: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page of a case shows of all this."""

    lines: list[Line]
    inspections: list[InspectionLine]
    revocation: Proposal | None = None  # of what was granted
    waits: bool = False  # the case waits for a promised file alone: it is accepted


class Page(Protocol):
    """The page of a case (``results.Result``)."""

    word: str
    sentence: str
    next: str


def shown(page: Page, case: Application, book: Rulebook) -> Shown | None:
    """Return what was signed and inspected; no query where the pack knows of neither.

    What the page says first is said anew where a promise is the reason.
    """
    if not (book.program.stand_ins or book.pack.inspection):
        return None
    rows = list(Undertaking.objects.filter(application=case).order_by("signed_at", "id"))
    open_rows = [row for row in rows if row.waits and row.state == Is.SIGNED]
    waits = case.state == State.WAITING and bool(open_rows)
    if waits:
        page.word = gettext("Accepted; a promised file is to come")
        page.next = gettext("Hand it in below. What was promised is listed there with its day.")
    lapsed = [row for row in rows if row.state == Is.LAPSED and row.waits]
    if case.state == State.EXPIRED and lapsed:
        text = gettext(
            "What you promised did not come by %(day)s, so the acceptance is withdrawn. You may"
            " apply again at any time."
        )
        page.sentence = text % {"day": last_day(lapsed[-1].due_at)}
    lines = [_line(row, case, book) for row in rows]
    if case.settled_at is None:
        return Shown(lines, [], waits=waits)
    return Shown(lines, inspections(case, book), proposal(case))


def _line(row: Undertaking, case: Application, book: Rulebook) -> Line:
    tone, sign = FACES[Is(row.state)]
    lang, node = language(), book.form["properties"].get(row.box, {})
    is_promise = row.kind == UndertakingKind.PROMISE
    link = ""
    if row.state == Is.SIGNED and is_promise and case.state != State.RETURNED:
        link = reverse("portal:hand-in", args=[case.number, row.question])
    elif row.state == Is.SIGNED and not is_promise and case.state in OPEN:
        link = reverse("portal:take-back", args=[case.number, row.box])
    if row.state == Is.SIGNED and not is_promise:
        tone, sign = "ok", "met"
    question = book.form["properties"].get(row.question, {})
    return Line(
        label=str(question.get(f"x-{lang}", row.question)),
        text=str(node.get(f"x-hint-{lang}") or node.get(f"x-{lang}", "")),
        law=str(node.get("x-law", "")),
        kind=gettext("Promise to hand it in later") if is_promise else gettext("Commitment"),
        state=str(Is(row.state).label),
        tone=tone,
        sign=sign,
        signed_at=row.signed_at,
        due_at=row.due_at,
        link=link,
        is_promise=is_promise,
    )


def inspections(case: Application, book: Rulebook) -> list[InspectionLine]:
    what = in_language(book.pack.inspection)
    rows = Inspection.objects.filter(application=case).order_by("opened_at", "id")
    return [_inspection(row, what) for row in rows]


def _inspection(row: Inspection, what: str) -> InspectionLine:
    line = InspectionLine(
        what, row.due_at, reason=row.reason, rectify_by=row.rectify_by, done_at=row.done_at
    )
    if not row.result:
        return line
    result = InspectionResult(row.result)
    tone, sign = FOUND[result]
    return replace(line, result=str(result.label), tone=tone, sign=sign)


def open_revocation(case: Application) -> Revocation | None:
    """Return the proposal to revoke what came of a case, of which its holder may be heard."""
    rows = Revocation.objects.filter(certificate__application=case.number, filing=None)
    live = rows.filter(confirmed_at=None, dropped_at=None, heard_until__isnull=False)
    return live.select_related("certificate").first()


def proposal(case: Application) -> Proposal | None:
    found = open_revocation(case)
    if found is None:
        return None
    link = "" if found.stated_at else reverse("portal:statement", args=[case.number])
    return Proposal(found.reason, found.heard_until, found.statement, link)
