"""Whose answer a case waits for: other agencies, and those who sign beside the applicant."""

from typing import Any

from django.utils.translation import gettext

from approvals import listed_people
from approvals.models import Application, Consent, Cosignature, Undertaking
from approvals.records.binding import answers_digest
from approvals.rows.undertakings import UndertakingState
from approvals.states import ConsentState, State
from people.language import in_language
from portal import invitations
from portal.templatetags.portal import day, last_day
from services.rulebook import Rulebook


def agencies(case: Application, book: Rulebook) -> list[dict[str, Any]]:
    """Return each agency that was asked: who, for what, its answer, its last day, its reason."""
    answers = {
        ConsentState.ASKED: gettext("not answered yet"),
        ConsentState.GRANTED: gettext("agreed"),
        ConsentState.DENIED: gettext("did not agree"),
    }
    return [
        {
            "partner": in_language(consent.partner),
            "words": in_language(book.consents[consent.item])
            if consent.item in book.consents
            else "",
            "word": answers[ConsentState(consent.state)],
            "due": consent.due_at if consent.state == ConsentState.ASKED else None,
            "reason": consent.reason,
        }
        for consent in Consent.objects.filter(application=case).select_related("partner")
    ]


def signers(case: Application, book: Rulebook) -> list[dict[str, Any]]:
    """Return each who must sign the present answers, in the form of ``agencies``.

    By the name that the applicant gave them, and as what; ``link`` is the page that the applicant
    may hand on, while the signature is awaited (``portal.invitations``).
    """
    rows = Cosignature.objects.filter(application=case, answers_hash=answers_digest(case.answers))
    found = list(rows.order_by("asked_at", "id"))
    if not found:
        return []
    people = listed_people.people(case, book)
    return [_signer(row, people, case) for row in found]


def _signer(row: Cosignature, people: listed_people.People, case: Application) -> dict[str, Any]:
    name, labels = people.named(row.signer)
    is_awaited = row.state == ConsentState.ASKED and case.state == State.WAITING
    words = {
        ConsentState.ASKED: gettext("not signed yet, asked on %(day)s"),
        ConsentState.GRANTED: gettext("signed on %(day)s"),
        ConsentState.DENIED: gettext("not signed: declined on %(day)s"),
    }
    return {
        "partner": name,
        "words": labels,
        "word": words[ConsentState(row.state)] % {"day": day(row.answered_at or row.asked_at)},
        "due": row.due_at if is_awaited else None,
        "reason": row.reason,
        "link": invitations.address(row) if is_awaited else "",
    }


def sentence(case: Application) -> str:
    """Return what a waiting case waits for, in one sentence."""
    if Consent.objects.filter(application=case, state=ConsentState.ASKED).exists():
        return gettext("Another agency must agree first. Its answer is shown here.")
    digest = answers_digest(case.answers)
    signing = Cosignature.objects.filter(application=case, state=ConsentState.ASKED)
    if not signing.filter(answers_hash=digest).exists() and (row := promise(case)) is not None:
        named = {"day": last_day(row.due_at)}
        return gettext("Accepted. Hand in by %(day)s what you promised; then it goes on.") % named
    return gettext("Others must sign first, each from their own log-in. It is shown here.")


def promise(case: Application) -> Undertaking | None:
    """Return the promised file that comes first of those without which nothing is granted."""
    rows = Undertaking.objects.filter(application=case, state=UndertakingState.SIGNED, waits=True)
    return rows.order_by("due_at").first()
