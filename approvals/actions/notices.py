"""What is announced to other agencies about an application, over the outbox."""

import datetime
from collections.abc import Sequence

from approvals.actions import clock
from approvals.models import Application, Consent, Decision
from exchange import named_persons
from exchange.models import Notice, Partner
from exchange.outbox import notice
from exchange.outgoing import outgoing
from ledger.clock import city_date
from ledger.events import instant
from people import identity
from services.pack.model import FILINGS
from services.rulebook import Rulebook


def place(application: Application) -> dict[str, str]:
    """What endpoints choose by, of any notice about an application; "" for no district."""
    return {"service": application.service_id, "district": application.region_id or ""}


def decided(
    application: Application, decision: Decision, partner: str, now: datetime.datetime
) -> Notice:
    """``application.decided``: to the agency whose program submitted the application."""
    return notice(
        partner,
        "application.decided",
        application.subject,
        {
            "application": application.number,
            **place(application),
            "state": application.state,
            "outcome": decision.outcome,
            "decided_at": instant(now),
            "receipt": f"/api/v1/applications/{application.number}/receipt",
        },
        now,
    )


def _person(application: Application, partner: str, now: datetime.datetime) -> dict[str, str]:
    """Whom it is about, for an agency that has to know: encrypted for it alone."""
    number = identity.decrypt(bytes(application.applicant_number), application.applicant)
    receiver = Partner.objects.get(code=partner)
    return {"person": named_persons.encrypted(receiver, number, now)}


def consent_reminder(
    application: Application, consent: Consent, book: Rulebook, now: datetime.datetime
) -> Notice:
    """``approval.reminded``: which answer is due soon; what was asked was sent before."""
    spec = book.consents[consent.item]
    data = {
        "application": application.number,
        **place(application),
        "item": consent.item,
        "zh": spec.zh,
        "en": spec.en,
        "asked_at": instant(consent.asked_at),
        "due_at": instant(consent.due_at),
    }
    return notice(consent.partner_id, "approval.reminded", application.subject, data, now)


def consent_requests(
    application: Application, book: Rulebook, items: Sequence[str], now: datetime.datetime
) -> tuple[list[Consent], list[Notice]]:
    """``approval.requested``: the questions to other agencies, and the rows that await answers.

    They get the answers without what the forms of other agencies' filings asked, and without the
    applicant's telephone and the names of others (``outgoing``).
    """
    consents, notices = [], []
    answered = {key: value for key, value in application.answers.items() if key != FILINGS}
    answers = outgoing(answered, book.form) if items else {}
    for item in items:
        spec = book.consents[item]
        due = clock.answer_by(application, spec.days, city_date(now))
        consents.append(
            Consent(
                application_id=application.id,
                item=item,
                partner_id=spec.partner,
                asked_at=now,
                due_at=due,
            )
        )
        notices.append(
            notice(
                spec.partner,
                "approval.requested",
                application.subject,
                {
                    "application": application.number,
                    **place(application),
                    "item": item,
                    "zh": spec.zh,
                    "en": spec.en,
                    "law": spec.law,
                    "applicant": application.applicant_name,
                    "answers": answers,
                    "due_at": instant(due),
                    **(_person(application, spec.partner, now) if spec.identify else {}),
                },
                now,
            )
        )
    return consents, notices
