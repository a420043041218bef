"""What a citizen calls wrong of what registries say, in their words: on the form and on a case."""

import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson
from django.conf import settings
from django.utils.translation import gettext

from affairs import drafts
from approvals import words
from approvals.actions import Claim
from approvals.actions.disputes import MOST, TRUTH, is_shown, may_be_disputed
from approvals.models import Application, Dispute
from approvals.records import attached
from approvals.rows.disputes import MOST_FILES, DisputeState
from approvals.states import OPEN
from materials import queries
from materials.content import LARGEST, Kind
from materials.queries import Shown
from people.actors import Actor
from people.language import in_language, language
from portal import uploads
from services.explain import Explanation, fact_in_words
from services.pack.model import Fact
from services.rulebook import Rulebook

FACES = {  # tone and sign
    DisputeState.CORRECTED: ("ok", "met"),
    DisputeState.STANDS: ("bad", "unmet"),
    DisputeState.WITHDRAWN: ("plain", "back"),
}
AWAITED = ("wait", "clock")


class Form(Protocol):
    """By whom a form is filled in, and whether for themselves (``filling.EntryPoint``)."""

    @property
    def by(self) -> Actor: ...
    @property
    def is_own(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Line:
    """One dispute as a page shows it."""

    number: int
    fact: str
    label: str
    claim: str
    reason: str = ""
    record_text: str = ""  # in words; "" where nothing was read yet
    corrected_text: str = ""
    state: str = ""
    tone: str = AWAITED[0]
    sign: str = AWAITED[1]
    keeper: str = ""
    opened_at: datetime.datetime | None = None
    notified_at: datetime.datetime | None = None
    due_at: datetime.datetime | None = None
    answered_at: datetime.datetime | None = None
    answer: str = ""
    ended_at: datetime.datetime | None = None
    is_live: bool = True
    files: Sequence[Shown] = ()


@dataclass(slots=True)
class Question:
    """What the page asks of one fact: what it says, who keeps it, and how the answer is given."""

    fact: str
    label: str
    source: str
    keeper: str
    text: str = ""  # what it says, in words
    choices: list[str] = field(default_factory=list)  # where the record has no other values
    claim: str = ""
    reason: str = ""
    same: dict[str, str] = field(
        default_factory=dict
    )  # a choice, in whichever language it was made
    files: list[Shown] = field(default_factory=list)  # that go with it
    limits: str = ""
    accept: str = ""
    most_files: int = MOST_FILES
    days: int = 0  # working days for the keeper's answer
    is_connected: bool = True

    def take(self, claim: str, reason: str) -> None:
        """Show what was said before; a choice in the reader's language now."""
        self.claim, self.reason = self.same.get(claim, claim), reason


def kept(book: Rulebook, entry: Form, now: datetime.datetime) -> tuple[Claim, ...]:
    """Return what a citizen calls wrong in their own draft, of facts that the edition has.

    Nothing where the form is filled in for another: what is known of them is not called wrong here.
    """
    return known(book, drafts.claims(book.code, entry.by, now) if entry.is_own else ())


def known(book: Rulebook, claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """Return the claims that are about facts which an edition has and shows."""
    return tuple(one for one in claims if shown_fact(book, one.fact) is not None)


def shown_fact(book: Rulebook, name: str) -> Fact | None:
    """Return a fact that the applicant sees before submission, and may call wrong."""
    fact = may_be_disputed(book, name)
    return fact if fact is not None and is_shown(book, fact) else None


def digest(claims: Sequence[Claim]) -> str:
    """Return what a page carries of the claims that it shows; nothing of none."""
    content = orjson.dumps([[one.fact, one.claim, one.reason, one.files] for one in claims])
    return hashlib.sha256(content).hexdigest() if claims else ""


def of_draft(book: Rulebook, claims: Sequence[Claim], by: Actor) -> list[Line]:
    """Return what is called wrong in a form, in the order in which it was said."""
    stored = queries.own([digest for one in claims for digest in one.files], by)
    return [
        Line(
            place,
            one.fact,
            in_language(book.facts[one.fact]),
            one.claim,
            one.reason,
            files=[queries.shown(stored[digest]) for digest in one.files if digest in stored],
        )
        for place, one in enumerate(claims, 1)
    ]


def of_case(case: Application, book: Rulebook) -> list[Line]:
    """Return the disputes of a case, the newest first; no query where there are none."""
    if not case.disputes:
        return []
    rows = list(Dispute.objects.filter(application=case).order_by("-number"))
    files = attached.of_disputes(rows)
    return [
        _line(row, book, [queries.shown(one.material) for one in files.get(row.pk, ())])
        for row in rows
    ]


def disputable(
    case: Application, book: Rulebook, lines: Sequence[Explanation], shown: Sequence[Line]
) -> frozenset[str]:
    """Return the facts on the page of a case that may be called wrong there now."""
    if case.state not in OPEN or case.disputes >= MOST:
        return frozenset()
    live = {line.fact for line in shown if line.is_live}
    return frozenset(
        value.name
        for line in lines
        for value in line.values
        if value.origin == "registry"
        and value.known
        and value.name not in live
        and may_be_disputed(book, value.name)
    )


def question(book: Rulebook, fact: Fact) -> Question:
    registry = settings.CITY.registries[book.pack.registries[fact.source].registry]
    spec = registry.fields[fact.field]
    choices = [in_language(code) for code in (spec.codes or {}).values()]
    same = {
        str(code[key]): in_language(code) for code in (spec.codes or {}).values() for key in code
    }
    if spec.type == "boolean":
        choices = [gettext("yes"), gettext("no")]
        same = {text: choices[0 if is_true else 1] for text, is_true in TRUTH.items()}
    return Question(
        fact=fact.name,
        label=in_language(fact),
        source=in_language(book.pack.registries[fact.source]),
        keeper=str(words.keeper(registry.code)),
        choices=choices,
        same=same,
        limits=uploads.limits(Kind, LARGEST // 1_000_000),
        accept=uploads.accepted(Kind),
        days=settings.CITY.disputes.days,
        is_connected=bool(registry.partner),
    )


def value_in_words(book: Rulebook, fact: Fact, raw: Any) -> str:
    """Return a value of a record in words."""
    return fact_in_words(book, fact.name, raw, language()).text


def _line(row: Dispute, book: Rulebook, files: Sequence[Shown]) -> Line:
    fact = book.facts[row.fact]
    state = DisputeState(row.state)
    return Line(
        number=row.number,
        fact=row.fact,
        label=in_language(fact),
        claim=row.claim,
        reason=row.reason,
        record_text=value_in_words(book, fact, orjson.loads(row.record_value))
        if row.record_value
        else "",
        corrected_text=value_in_words(book, fact, orjson.loads(row.corrected_value))
        if row.corrected_value
        else "",
        state=str(state.label),
        tone=FACES.get(state, AWAITED)[0],
        sign=FACES.get(state, AWAITED)[1],
        keeper=str(words.keeper(row.registry)),
        opened_at=row.opened_at,
        notified_at=row.notified_at,
        due_at=row.due_at,
        answered_at=row.answered_at,
        answer=row.answer,
        ended_at=row.ended_at,
        is_live=row.is_live,
        files=files,
    )
