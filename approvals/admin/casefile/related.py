"""What hangs on a case: look-ups, co-founders' signatures, filings, the applicant's other cases."""

import datetime
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext

from approvals import listed_people, queries, words
from approvals.models import Application, Cosignature
from approvals.records.binding import answers_digest
from approvals.states import ConsentState
from certificates.models import Filing
from certificates.states import FilingState
from exchange.models import Lookup
from people.actors import Actor
from people.language import in_language, language
from services import catalogue
from services.rulebook import Rulebook

MOST = 200  # look-ups shown
OTHERS = 20  # other cases shown


@dataclass(frozen=True, slots=True)
class LookupRow:
    registry: str
    whom: str
    by: str
    purpose: str
    basis: str
    word: str
    outcome: str
    at: datetime.datetime


def lookups(case: Application, book: Rulebook, people: listed_people.People) -> list[LookupRow]:
    """Return who asked whom about whom for this case, why and on what law, the oldest first."""
    outcomes = {
        "found": gettext("answered"),
        "absent": gettext("answered: no record"),
        "failed": gettext("did not answer"),
    }
    semicolon = "; " if language() == "en" else "；"
    purposes = {
        entry.purpose["zh"]: in_language(entry.purpose) for entry in book.pack.registries.values()
    }
    return [
        LookupRow(
            registry=words.registry(book, row.registry),
            whom=people.of(row.subject),
            by=words.actor(
                row.by, case.applicant, for_enterprise=case.applicant_kind == "enterprise"
            ),
            purpose=semicolon.join(purposes.get(part, part) for part in row.purpose.split("；")),
            basis=row.basis,
            word=outcomes.get(row.outcome, row.outcome),
            outcome=row.outcome,
            at=row.at,
        )
        for row in Lookup.objects.filter(case=case.number).order_by("at", "id")[:MOST]
    ]


@dataclass(frozen=True, slots=True)
class Signer:
    name: str
    role: str
    word: str
    tone: str
    at: datetime.datetime | None  # answered; or until when
    is_open: bool
    reason: str


def signers(case: Application, people: listed_people.People) -> list[Signer]:
    """Return those who must sign beside the applicant, under the present answers."""
    present = answers_digest(case.answers)
    rows = Cosignature.objects.filter(application=case).order_by("asked_at", "id")
    faces = {
        ConsentState.ASKED: (gettext("has not signed yet"), "wait"),
        ConsentState.GRANTED: (gettext("signed"), "ok"),
        ConsentState.DENIED: (gettext("declined"), "bad"),
    }
    found = []
    for row in rows:
        word, tone = faces[ConsentState(row.state)]
        if bytes(row.answers_hash) != present:
            word, tone = gettext("%(state)s, before the answers were changed") % {"state": word}, ""
        is_open = row.answered_at is None
        at = row.due_at if is_open else row.answered_at
        name, role = people.named(row.signer)
        found.append(Signer(name, role, word, tone, at=at, is_open=is_open, reason=row.reason))
    return found


@dataclass(frozen=True, slots=True)
class FilingRow:
    name: str
    receiver: str
    word: str | Promise
    tone: str
    why: str
    at: datetime.datetime | None
    receipt: str


_TONES = {
    FilingState.ACCEPTED: "ok",
    FilingState.RETURNED: "bad",
    FilingState.OVERDUE: "bad",
    FilingState.PUSHED: "wait",
    FilingState.DUE: "wait",
}


def filings(case: Application) -> list[FilingRow]:
    """Return the filings that hang on the case's certificates; those that do not apply left out."""
    rows = Filing.objects.filter(certificate__application=case.number)
    rows = rows.exclude(state=FilingState.NOT_APPLICABLE).select_related("receiver")
    why = f"why_{language()}"
    return [
        FilingRow(
            name=in_language(row),
            receiver=in_language(row.receiver),
            word=FilingState(row.state).label,
            tone=_TONES.get(FilingState(row.state), ""),
            why=row.reason or str(getattr(row, why)),
            at=row.answered_at or row.pushed_at,
            receipt=row.receipt,
        )
        for row in rows.order_by("certificate_id", "place")
    ]


@dataclass(frozen=True, slots=True)
class OtherCase:
    pk: str
    number: str
    service: str
    state: str
    tone: str
    on: datetime.date | None


def other_cases(case: Application, by: Actor) -> tuple[list[OtherCase], bool]:
    """Return the applicant's other cases that the officer may see, the newest first.

    Second: whether there are more than are shown. Opening one leaves a trace of its own.
    """
    seen = queries.visible_to(by).filter(applicant=case.applicant).exclude(pk=case.pk)
    rows = list(seen.order_by("-created_at")[: OTHERS + 1])
    found = [
        OtherCase(
            pk=str(row.pk),
            number=row.number,
            service=catalogue.rulebook(row.edition_id).pack.name[language()],
            state=row.get_state_display(),
            tone=row.face.tone,
            on=row.received_on,
        )
        for row in rows[:OTHERS]
    ]
    return found, len(rows) > OTHERS
