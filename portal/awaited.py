"""Whose answer a case waits for: other agencies, and those who sign beside the applicant."""

from collections import Counter
from typing import Any

from django.utils.translation import gettext

from approvals.models import Application, Consent, Cosignature
from approvals.records.binding import answers_digest
from approvals.states import ConsentState
from people.language import in_language
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


def signers(case: Application) -> list[dict[str, Any]]:
    """Return one row of all who must sign the present answers, in the form of ``agencies``."""
    rows = list(
        Cosignature.objects.filter(application=case, answers_hash=answers_digest(case.answers))
    )
    if not rows:
        return []
    by_state = Counter(one.state for one in rows)
    words = gettext("%(signed)d of %(all)d have signed") % {
        "signed": by_state[ConsentState.GRANTED],
        "all": len(rows),
    }
    declined = by_state[ConsentState.DENIED]
    return [
        {
            "partner": gettext("Those who sign beside you"),
            "words": words,
            "word": gettext("not signed: declined") if declined else "",
            "due": min(one.due_at for one in rows) if by_state[ConsentState.ASKED] else None,
            "reason": "; ".join(one.reason for one in rows if one.reason),
        }
    ]


def sentence(case: Application) -> str:
    """Return what a waiting case waits for, in one sentence."""
    if Consent.objects.filter(application=case, state=ConsentState.ASKED).exists():
        return gettext("Another agency must agree first. Its answer is shown here.")
    return gettext("Others must sign first, each from their own log-in. It is shown here.")
