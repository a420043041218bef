"""The named officer's verbs: take, release, approve, refuse, return, reopen."""

import datetime
from contextlib import suppress

from django.db import transaction

import bulk
from approvals import policies
from approvals.actions import rulings, signing, steps
from approvals.actions.notices import decided
from approvals.errors import illegal
from approvals.models import Application, Consent, Decision, Evidence
from certificates.actions import issue, propose, withdraw_for
from certificates.pdf.glyphs import printable
from certificates.policies import REASON_LONGEST
from certificates.queries import live_for
from exchange.models import Notice, Partner
from people.actors import Actor, Kind
from people.errors import ActionRejected
from people.models import User
from services import catalogue
from services.inputs import read_inputs
from services.verdict import judge


def take(
    *, number: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> Application:
    """Claim a case in review; of two clerks one gets it."""
    with transaction.atomic():
        application = steps.lock(number, version=version)
        policies.require_officer(by, application)
        if application.state != "review":
            raise ActionRejected(
                "not_in_review", "该办件不在人工办理环节", "It is not with an officer."
            )
        if application.taken_by is not None and application.taken_by.username != by.code:
            name = application.taken_by.name or application.taken_by.username
            raise ActionRejected("taken", f"该办件已由{name}领取", f"{name} has already taken it.")
        application.taken_by, application.taken_at = User.objects.get(username=by.code), now
        _note(application, "taken", by, now)
    return application


def release(*, number: str, by: Actor, now: datetime.datetime) -> Application:
    """Put a case back into the queue."""
    with transaction.atomic():
        application = steps.lock(number)
        policies.require_taken(by, application)
        application.taken_by = application.taken_at = None
        _note(application, "released", by, now)
    return application


def approve(
    *, number: str, reason: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> Application:
    """Grant what the machine could not; the reason and the officer's name go into the receipt."""
    with transaction.atomic():
        application = _in_hand(number, by, version)
        if not printable(application.applicant_name):
            raise ActionRejected(
                "unprintable_name",
                "姓名含系统字库没有的字，请先处理字形再制证",
                "The name has a character that no font here can print; resolve that first.",
            )
        decision = _decide(application, "approve", steps.reason_given(reason), by, now)
        book = catalogue.rulebook(application.edition_id)
        inputs = read_inputs(book, decision.inputs)
        order = rulings.order(application, book, inputs, decision, now)
        issue([order] if order else [], by=by, now=now)
    return application


def refuse(
    *, number: str, reason: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> Application:
    """Refuse, in writing, with reasons and remedies (行政许可法 §38): only a named officer can.

    Where an earlier approval is overturned, its suspended certificate is proposed for revocation,
    which a second officer confirms.
    """
    with transaction.atomic():
        application = _in_hand(number, by, version)
        reason = steps.reason_given(reason)
        _decide(application, "refuse", reason, by, now)
        issued = live_for(application.number)
        if issued is not None:
            with suppress(ActionRejected):  # a colleague has proposed that before
                propose(
                    public_id=issued.public_id,
                    ground="unqualified",
                    reason=reason[:REASON_LONGEST],
                    by=by,
                    now=now,
                )
    return application


def return_(
    *, number: str, reason: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> Application:
    """Send back for correction, once, with everything that is missing (一次性告知, §32)."""
    with transaction.atomic():
        application = _in_hand(number, by, version)
        book = catalogue.rulebook(application.edition_id)
        application.correct_by = now + datetime.timedelta(days=book.pack.correct_within)
        _decide(application, "return", steps.reason_given(reason), by, now)
    return application


def reopen(
    *, number: str, reason: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> Application:
    """Contest a decision (复核): it goes to an officer; until then the old one no longer stands.

    A certificate that came of it is suspended until the officer has decided again.
    """
    with transaction.atomic():
        application = steps.lock(number, version=version)
        if by.kind is Kind.OFFICER:
            policies.require_officer(by, application)
        else:
            policies.require_applicant(by, application)
        return _reopen(application, steps.reason_given(reason), "contested", by, now)


def reopen_for_change(
    *, number: str, reason: str, by: Actor, now: datetime.datetime
) -> Application:
    """Hand a settled case to an officer because a record that it rests on has changed."""
    with transaction.atomic():
        application = steps.lock(number)
        if application.state != "approved":
            raise illegal("reopen", application.state)
        return _reopen(application, reason, "facts_changed", by, now)


def _reopen(
    application: Application, reason: str, why: str, by: Actor, now: datetime.datetime
) -> Application:
    before = application.state
    event = steps.move(
        application, "reopen", by=by, now=now, kind="reopened", data={"reason": reason}
    )
    application.settled_at, application.handover = None, why
    application.taken_by = application.taken_at = None
    standing = list(Decision.objects.filter(application=application, live=True))
    for decision in standing:
        decision.live = False
    bulk.update(Decision, standing, ("live",))
    withdraw_for(application.number, reason="reopened", by=by, now=now)
    steps.write(
        [application], [before], [event], ("settled_at", "handover", "taken_by", "taken_at")
    )
    steps.announce([application])
    return application


def _in_hand(number: str, by: Actor, version: int | None) -> Application:
    application = steps.lock(number, version=version)
    policies.require_taken(by, application)
    return application


def _note(application: Application, kind: str, by: Actor, now: datetime.datetime) -> None:
    event = steps.append_only(application, kind, by=by, now=now)
    steps.write([application], [application.state], [event], ("taken_by", "taken_at"))


def _decide(
    application: Application, outcome: str, reason: str, by: Actor, now: datetime.datetime
) -> Decision:
    """Move the case and write the officer's decision with its receipt and notices."""
    book = catalogue.rulebook(application.edition_id)
    evidence = list(
        Evidence.objects.filter(application=application, round=application.round).order_by(
            "registry"
        )
    )
    consents = dict(Consent.objects.filter(application=application).values_list("item", "state"))
    signatures = signing.given([application])[application.id]
    inputs = signing.inputs_of(application, book, evidence, consents, signatures)
    officer = User.objects.get(username=by.code)
    decision, _ = rulings.decide(
        application,
        book,
        evidence,
        inputs,
        judge(book, inputs),
        outcome,
        [reason],
        automatic=True,
        by=by,
        now=now,
        officer={"name": officer.name or officer.username, "office": application.office_id},
    )
    decision.officer = officer
    before = application.state
    verb = {"approve": "approve", "refuse": "refuse", "return": "return_"}[outcome]
    kind = {"approve": "approved", "refuse": "refused", "return": "returned"}[outcome]
    event = steps.move(
        application,
        verb,
        by=by,
        now=now,
        kind=kind,
        data={"decision": str(decision.id), "reasons": [reason]},
    )
    if decision.live:
        application.settled_at = now
    application.taken_by = application.taken_at = None
    bulk.insert(Decision, [decision])
    client = application.client_id
    if client and Partner.objects.filter(code=client).exclude(webhook_url="").exists():
        bulk.insert(Notice, [decided(application, decision, client, now)])
    steps.write(
        [application], [before], [event], ("settled_at", "correct_by", "taken_by", "taken_at")
    )
    steps.announce([application])
    return decision
