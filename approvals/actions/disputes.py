"""Disputes: the applicant calls a record wrong, its keeper answers, the applicant may take it back.

Opened with an application or of a case in hand. Until it is settled the machine decides nothing:
an officer has the case, and the term of the law runs, for a dispute is not in the list of §45. What
follows when the record changes is in ``actions.disputed``.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction

import bulk
from approvals import policies
from approvals.actions import checks, dispute_effects, materials, steps
from approvals.errors import not_found
from approvals.models import Application, Attachment, Decision, Dispute, Evidence
from approvals.records import binding, disputes
from approvals.review import handover
from approvals.rows.disputes import ANSWER_LONGEST, CLAIM_LONGEST, LIVE, REASON_LONGEST
from approvals.rows.disputes import DisputeState as Is
from approvals.states import SETTLED, State
from city.model import Registry as CityRegistry
from city.values import field_fault
from exchange.models import Notice, Partner
from ledger import canonical
from ledger.identifiers import uuid7
from people import text
from people.actors import Actor, Kind
from people.errors import ActionRejected
from services import catalogue
from services.pack.model import Fact
from services.rulebook import Rulebook

MOST = 10  # disputes of one case, ever
FIELDS = ("disputes", "handover")
TRUTH = {"是": True, "yes": True, "true": True, "否": False, "no": False, "false": False}


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody calls wrong: a fact of the edition, what it should be, and why they say so.

    ``files``: SHA-256 of papers that show it, in hex; they were stored before.
    """

    fact: str
    claim: str
    reason: str
    files: tuple[str, ...] = ()


def may_be_disputed(book: Rulebook, name: str) -> Fact | None:
    """Return the fact, if it is what a registry says of the applicant; None for anything else."""
    fact = book.facts.get(name)
    if fact is None or fact.of_others:
        return None
    declared = book.pack.registries.get(fact.source)
    known = declared is not None and declared.registry in settings.CITY.registries
    if declared is None or not known or declared.subject or declared.item:
        return None
    return fact


def is_shown(book: Rulebook, fact: Fact) -> bool:
    """Whether the city shows an applicant what the registry says, before anything is decided."""
    return _registry(book, fact).shown


def seen_fact(application: Application, book: Rulebook, name: str) -> Fact | None:
    """Return a fact of a case that may be disputed, and that its applicant was shown; else None."""
    fact = may_be_disputed(book, name)
    if fact is None or is_shown(book, fact):
        return fact
    rows = Decision.objects.filter(application=application, round=application.round)
    return fact if name in _seen_in(book, rows.order_by("-at", "-id").first()) else None


def _seen_in(book: Rulebook, decision: Decision | None) -> frozenset[str]:
    """Return the facts that a decision shows to its applicant: of no undisclosed condition."""
    if decision is None:
        return frozenset()
    hidden = {r.id for r in book.pack.requirements if r.undisclosed}
    found = orjson.loads(bytes(decision.receipt))["verdict"]["requirements"]
    return frozenset(
        name
        for line in found
        if line["id"] not in hidden
        for name in (*line["uses"], *line.get("unknown", ()))
    )


def checked(claim: Claim, *, at: str = "") -> Claim:
    """Return a claim as its words are kept; raises ``ActionRejected`` (422) for what is not kept.

    ``at``: the pointer of what was sent.
    """
    files = tuple(dict.fromkeys(claim.files))
    materials.require_few_with_dispute(len(files), f"{at}/files")
    return Claim(
        claim.fact,
        _words(claim.claim, CLAIM_LONGEST, f"{at}/claim"),
        _words(claim.reason, REASON_LONGEST, f"{at}/reason"),
        files,
    )


def at_submission(
    application: Application,
    book: Rulebook,
    claims: Sequence[Claim],
    by: Actor,
    now: datetime.datetime,
) -> list[Dispute]:
    """Return the disputes that come with an application, unsaved; mostly none."""
    rows: list[Dispute] = []
    require_few(len(claims))
    for place, claim in enumerate(claims):
        fact = may_be_disputed(book, claim.fact)
        if fact is None or not is_shown(book, fact):
            raise _no_such_fact(f"/disputes/{place}/fact")
        if any(row.fact == claim.fact for row in rows):
            raise _disputed_before(f"/disputes/{place}/fact")
        rows.append(_row(application, book, fact, checked(claim, at=f"/disputes/{place}"), by, now))
    return rows


def open_dispute(
    *,
    number: str,
    claim: Claim,
    by: Actor,
    now: datetime.datetime,
    version: int | None = None,
) -> Application:
    """Dispute a fact of a case in hand: its keeper is told at once, and an officer has the case.

    A returned case is handed in again with it, as it was. Raises ``ActionRejected`` (404 not one's
    own case or a fact that one was not shown, 409 disputed already, decided, or not read yet, 422
    texts).
    """
    with transaction.atomic():
        application = steps.lock(number, version=version)
        policies.require_applicant(by, application, now)
        book = catalogue.rulebook(application.edition_id)
        fact = seen_fact(application, book, claim.fact)
        if fact is None:
            raise _no_such_fact("/fact")
        _require_open(application)
        if Dispute.objects.filter(application=application, fact=fact.name, state__in=LIVE).exists():
            raise _disputed_before("/fact")
        row = _row(application, book, fact, checked(claim), by, now)
        if application.state == State.RETURNED:
            _hand_in_again(application, book, row, by, now)
            return application
        files = materials.of_disputes([row], application, by)
        sent: list[Notice] = []
        if application.state != State.SUBMITTED:  # then the engine reads the record first
            _read(application, row)
            sent = dispute_effects.notify(application, [row], now)
        if application.state == State.REVIEW:
            kept = [r for r in handover.parse(application.handover) if r.code != handover.DISPUTED]
            application.handover = handover.write([handover.Reason(handover.DISPUTED), *kept])
        data = binding.of_disputes([row])
        event = steps.event_in_place(application, "dispute_opened", by=by, now=now, data=data)
        steps.write([application], [application.state], [event], FIELDS)
        bulk.insert(Dispute, [row])
        bulk.insert(Attachment, files)
        dispute_effects.send(sent)
        steps.announce([application])
    return application


def answer_dispute(
    *, key: UUID, is_corrected: bool, reason: str, by: Actor, now: datetime.datetime
) -> Application:
    """Take the answer of the agency that keeps the record: it is corrected, or it stands.

    Corrected: the case is judged again by what we then read, if the dispute alone kept it from
    that. It stands: the officer decides, with that answer in view; its words go to the applicant.
    Raises ``ActionRejected`` (404 not asked of this agency, 409 answered or taken back, 422 words).
    """
    with transaction.atomic():
        asked = Dispute.objects.filter(pk=key, partner=by.code) if by.kind is Kind.AGENCY else None
        found = asked.select_related("application").first() if asked is not None else None
        if found is None or found.notified_at is None:
            raise not_found()
        application = steps.lock(found.application.number)
        row = Dispute.objects.get(pk=key)
        if row.state != Is.NOTIFIED:
            raise ActionRejected(
                "answered",
                "该异议已经答复、已随登记更正，或已由申请人撤回",
                "This dispute was answered or taken back, or the record has changed since.",
            )
        if is_corrected:
            row.answer = text.clean(reason, longest=ANSWER_LONGEST, field="/reason", lines=True)
            row.state = Is.CORRECTING
        else:
            row.answer = text.reason(reason, longest=ANSWER_LONGEST)
            row.state, row.ended_at = Is.STANDS, now
        row.answered_at = now
        data: dict[str, Any] = {"answer": str(row.state), **binding.of_disputes([row])}
        event = steps.event_in_place(application, "dispute_answered", by=by, now=now, data=data)
        dispute_effects.write([row])
        steps.write([application], [application.state], [event])
        if is_corrected:
            dispute_effects.judge_again(application, now)
        steps.announce([application])
    return application


def withdraw_dispute(
    *, number: str, dispute: int, by: Actor, now: datetime.datetime
) -> Application:
    """Take a dispute back; a case that it alone kept from the machine is judged again.

    Unless an officer has taken it. Raises ``ActionRejected`` (404, 409 settled before).
    """
    with transaction.atomic():
        application = steps.lock(number)
        policies.require_applicant(by, application, now)
        row = Dispute.objects.filter(application=application, number=dispute).first()
        if row is None:
            raise not_found()
        if not row.is_live:
            raise ActionRejected(
                "dispute_settled",
                "该异议已经了结，不能撤回",
                "This dispute is settled and cannot be taken back.",
            )
        sent = dispute_effects.end([row], Is.WITHDRAWN, application, now)
        data = binding.of_disputes([row])
        event = steps.event_in_place(application, "dispute_withdrawn", by=by, now=now, data=data)
        dispute_effects.write([row])
        steps.write([application], [application.state], [event])
        dispute_effects.send(sent)
        if application.taken_by_id is None:
            dispute_effects.judge_again(application, now)
        steps.announce([application])
    return application


def _require_open(application: Application) -> None:
    if application.state in SETTLED:
        raise ActionRejected(
            "decided",
            "该办件已经办结。对决定不服的，请在办件页面申请复核；在那里写明哪项登记有误",
            "The case is settled. Have the decision looked at again on its page, and write there"
            " which record is wrong.",
        )
    require_few(application.disputes + 1)


def require_few(count: int) -> None:
    """Raise ``ActionRejected`` (409) for more disputes than a case may have."""
    if count > MOST:
        raise ActionRejected(
            "too_many_disputes",
            f"一个办件最多提出 {MOST} 项异议，请与办理部门联系",
            f"A case has {MOST} disputes at most; please talk to the office.",
        )


def _no_such_fact(field: str) -> ActionRejected:
    return ActionRejected(
        "no_such_fact",
        "没有可以提出异议的这项登记",
        "There is no such record of yours to be disputed here.",
        status=404,
        field=field,
    )


def _disputed_before(field: str) -> ActionRejected:
    return ActionRejected(
        "disputed_before",
        "您已对这项登记提出异议，尚未了结",
        "You have disputed this already, and it is not settled yet.",
        field=field,
    )


def _registry(book: Rulebook, fact: Fact) -> CityRegistry:
    found: CityRegistry = settings.CITY.registries[book.pack.registries[fact.source].registry]
    return found


def _row(
    application: Application,
    book: Rulebook,
    fact: Fact,
    claim: Claim,
    by: Actor,
    now: datetime.datetime,
) -> Dispute:
    """Return a new dispute of a ``checked`` claim, unsaved, counted in its case."""
    registry = _registry(book, fact)
    application.disputes += 1
    is_connected = registry.partner and Partner.objects.filter(code=registry.partner).exists()
    return bulk.new(
        Dispute,
        id=uuid7(),
        application_id=application.id,
        number=application.disputes,
        fact=fact.name,
        registry=registry.code,
        field=fact.field,
        partner_id=registry.partner if is_connected else None,
        claim=claim.claim,
        value=_typed(registry, fact, claim.claim),
        reason=claim.reason,
        files=",".join(claim.files),
        opened_by=str(by),
        opened_at=now,
    )


def _words(value: str, longest: int, field: str) -> str:
    kept = text.clean(value, longest=longest, field=field, lines=field.endswith("reason"))
    if not kept:
        raise ActionRejected(
            "words_required",
            "请写明正确的内容是什么，以及为什么登记有误",
            "Say what it should be, and why the record is wrong.",
            status=422,
            field=field,
        )
    return kept


def _typed(registry: CityRegistry, fact: Fact, claim: str) -> str:
    """Return what is claimed as a value that the registry's field may have, or nothing."""
    spec = registry.fields[fact.field]
    value: Any = claim
    if spec.type == "boolean":
        value = TRUTH.get(claim.lower(), claim)
    elif spec.codes:
        spoken = {w: code for code, words in spec.codes.items() for w in (words["zh"], words["en"])}
        value = spoken.get(claim, claim)
    elif spec.type == "list":
        return ""
    if field_fault(spec, value):
        return ""
    return canonical.dumps(value).decode()


def _read(application: Application, row: Dispute) -> None:
    """Fill in what the record said when the case was last judged."""
    evidence = Evidence.objects.filter(
        application=application, round=application.round, registry=row.registry, subject=""
    ).first()
    value = disputes.value_in(evidence, row.field) if evidence else None
    if evidence is None or value is None:
        raise ActionRejected(
            "not_read",
            "该登记的主管部门尚未答复，目前没有可以提出异议的内容",
            "The agency that keeps this record has not answered, so there is nothing to dispute"
            " yet.",
        )
    dispute_effects.keep_reading(row, evidence, value)


def _hand_in_again(
    application: Application, book: Rulebook, row: Dispute, by: Actor, now: datetime.datetime
) -> None:
    """Hand a returned case in as it was: not the answers are wrong, the record is."""
    policies.require_in_time(application, now)
    round_checks = checks.begin_round(application, book, now)
    files = materials.of_disputes([row], application, by)  # of the new round
    data = {**binding.of_submission(application), **binding.of_disputes([row])}
    event = steps.move(application, "submit", by=by, now=now, kind="resubmitted", data=data)
    steps.write([application], [State.RETURNED], [event], ("disputes", *checks.FIELDS))
    bulk.insert(Dispute, [row])
    bulk.insert(Attachment, files)
    checks.save(round_checks)
    steps.announce([application])
