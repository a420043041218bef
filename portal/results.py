"""The page of one case: verdict, seconds, condition by condition, who is next and by when."""

import datetime
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.urls import reverse
from django.utils.translation import gettext

from approvals import bundled, handing_in_words, policies, queries, words
from approvals.actions import clock, intakes, representations
from approvals.documents import listing
from approvals.models import Application, Check, Decision
from approvals.progress import liveness
from approvals.records import provisional
from approvals.review import handover
from approvals.rows.intakes import Acting
from approvals.states import DECIDED, SETTLED, UNDECIDED, CheckState, State, may_take
from certificates.models import Certificate
from certificates.queries import state_on, words_on
from ledger.clock import city_date
from ledger.models import Event
from people import identity
from people.actors import Kind
from people.language import in_language, language, listed
from portal import (
    awaited,
    delivery,
    disputes,
    fees,
    issued,
    outcome,
    quotas,
    sheets,
    terms,
    undertakings,
)
from portal.disputes import Line
from portal.outcome import Conditions
from portal.sheets import Visit
from portal.templatetags.portal import last_day
from services import catalogue
from services.explain import Explanation, explain
from services.fixes import smallest_fix
from services.inputs import read_inputs
from services.rulebook import Rulebook
from services.verdict import UNKNOWN, UNMET

LATE = datetime.timedelta(seconds=4)  # a check due for so long is not being asked


@dataclass(slots=True)
class Result:
    """Everything that the page of a case shows, in the reader's language."""

    number: str
    version: int
    state: str
    tone: str
    sign: str
    word: str
    sentence: str
    service: str
    applicant: str
    received: datetime.datetime
    settled: datetime.datetime | None
    due: datetime.datetime | None
    promised: datetime.datetime | None  # where it is before the day that the law sets
    provisional: bool
    left: str  # how many days are left to decide, while the clock stands still
    correct_by: datetime.datetime | None
    decider: str
    edition: int
    in_force: datetime.date
    seconds: float | None = None
    polling: int = 0  # seconds until the page asks again; 0: settled
    notices: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    helps: list[str] = field(default_factory=list)
    lines: list[Explanation] = field(default_factory=list)
    conditions: Conditions = field(default_factory=Conditions)
    next: str = ""  # what the applicant has to do now
    tally: str = ""
    waits: list[dict[str, Any]] = field(default_factory=list)
    certificate: dict[str, Any] | None = None
    fee: fees.Due | None = None  # what is due, where the pack gives an amount
    receipt: bool = False
    documents: list[listing.Entry] = field(default_factory=list)
    contest: str = ""
    contested: str = ""  # what the citizen wrote
    contest_law: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    disputes: list[Line] = field(default_factory=list)
    disputable: frozenset[str] = frozenset()  # facts that may be called wrong here
    signed: undertakings.Shown | None = None  # in place of files, and what was inspected
    delivery: str = ""  # how the decision is, or was, delivered
    can: dict[str, bool] = field(default_factory=dict)
    handed_in: list[str] = field(default_factory=list)  # at a counter: where, and by whom
    code: str = ""  # of the service
    at_counter: list[Visit] = field(default_factory=list)  # why one comes there, with what


def result(case: Application, *, now: datetime.datetime) -> Result:
    """Return what the page of a case shows to its applicant."""
    book = catalogue.rulebook(case.edition_id)
    decision, history = queries.latest_decision(case), queries.timeline(case)
    receipt = orjson.loads(bytes(decision.receipt)) if decision else {}
    made = _standing(case, book, decision, now)
    if decision is not None and decision.round == case.round:
        lines = explain(book, receipt["verdict"], language())
        made.lines = sorted(lines, key=lambda line: words.RANK.get(line.result, 9))
        made.conditions = outcome.grouped(made.lines)
        made.tally = words.tally(made.lines)
        made.helps = _helps(case, book, decision)
    made.disputes = disputes.of_case(case, book)
    made.disputable = disputes.disputable(case, book, made.lines, made.disputes)
    made.handed_in = [line for row in intakes.of(case) for line in handing_in_words.handed_in(row)]
    acting = representations.of(case)
    made.handed_in += [
        *(handing_in_words.represented(acting) if acting else ()),
        *bundled.lines(history),
    ]
    if case.state == State.REVIEW and case.channel != Acting.GUARDIAN:  # who comes has acted
        open_lines = (line for line in made.lines if line.result in (UNMET, UNKNOWN))
        made.at_counter = sheets.at_counter(book, open_lines)
    made.next = outcome.next_step(case)
    made.signed = undertakings.shown(made, case, book)
    made.missing = outcome.missing(case, decision, receipt, made.lines)
    made.why = _why(case, book, receipt)
    made.notices = [
        *_permitted(case, receipt, history),
        *_passed_on(case, history),
        *_notices(case, now),
        *quotas.notices(case, book, now),
        *([] if made.signed and made.signed.waits else terms.accepted(case, history, now)),
        *terms.changes(case, history),
        *terms.while_corrected(case),
    ]
    made.waits = [*awaited.agencies(case, book), *awaited.signers(case, book)]
    made.fee = fees.due(book, case.answers, case.as_of)
    made.certificate = issued.certificate(case, book, city_date(now))
    if made.certificate and case.state == State.APPROVED and not book.pack.endorses:
        issued.show_end(made, made.certificate)
    issued.show_provisional(made, case, book, receipt)
    if decision is not None and case.state in DECIDED:
        made.contest, made.contest_law = in_language(receipt["contest"]), receipt["contest"]["law"]
    made.documents = listing.of_case(case, history)
    made.delivery, made.can["deliver"] = delivery.shown(case, decision, history)
    made.events = [
        {"word": words.event(e), "at": e.at, "by": words.by_whom(e, case, acting)}
        for e in history
        if e.kind not in words.DELIBERATIONS
    ]
    return made


def _standing(
    case: Application, book: Rulebook, decision: Decision | None, now: datetime.datetime
) -> Result:
    """Return how far the case is, by when what comes next, and what the applicant can do."""
    return Result(
        number=case.number,
        version=case.events,
        state=case.state,
        tone=case.face.tone,
        sign=case.face.sign,
        word=str(case.face.word),
        sentence=sentence(case, book, now),
        service=in_language(book.pack.name),
        code=book.code,
        applicant=_applicant(case),
        received=case.submitted_at or case.created_at,
        settled=case.settled_at,
        due=case.due_at if clock.runs(case) else None,
        promised=terms.promised(case),
        provisional=case.due_provisional,
        left=terms.left(case, book),
        correct_by=case.correct_by,
        decider=_decider(decision, book, case),
        edition=book.number,
        in_force=book.in_force_from,
        polling=1 if case.state in UNDECIDED else 0,
        seconds=_seconds(case, decision),
        receipt=decision is not None,
        contested=case.contested,
        can={
            "correct": may_take("submit", case.state),
            "withdraw": may_take("withdraw", case.state),
            "contest": policies.is_contestable(case, now),
            "rate": case.settled_at is not None,
            "dispute": case.settled_at is None,
        },
    )


def _helps(case: Application, book: Rulebook, decision: Decision) -> list[str]:
    """Return the smallest change with which the system would approve, if it can name one."""
    if case.state not in (State.RETURNED, State.REVIEW, State.REFUSED):
        return []
    fix = smallest_fix(book, read_inputs(book, decision.inputs))
    return fix.words(language()) if fix else []


def _applicant(case: Application) -> str:
    return f"{case.applicant_name} {identity.mask(identity.decrypt(bytes(case.applicant_number)))}"


def sentence(case: Application, book: Rulebook, now: datetime.datetime) -> str:
    """Return the one sentence that says what this means and what comes next."""
    named = {
        "office": _office(case, book),
        "day": last_day(case.correct_by if case.state == State.RETURNED else case.due_at),
    }
    if case.state == State.WAITING:
        return awaited.sentence(case)
    if case.state == State.REVIEW and case.due_at and case.due_at <= now:
        return gettext("%(office)s should have decided by %(day)s. It is overdue.") % named
    if case.state == State.REVIEW and case.taken_by:
        named["who"] = case.taken_by.name or case.taken_by.username
        return gettext("%(who)s of %(office)s decides, by %(day)s at the latest.") % named
    if case.state == State.APPROVED and book.certificate is None:
        return gettext("Your application is granted.")
    return str(case.face.sentence) % named


def _office(case: Application, book: Rulebook) -> str:
    """Return the office that decides: the pack's, in its words, unless the case was transferred."""
    if case.office_id == book.office:
        return in_language(book.pack.department)
    return in_language(case.office)


def _decider(decision: Decision | None, book: Rulebook, case: Application) -> str:
    office = _office(case, book)
    officer = decision.officer if decision is not None and case.settled_at else None
    if officer is None and case.state == State.REVIEW:
        officer = case.taken_by
    if officer is not None:
        return f"{office} · {officer.name or officer.username}"
    if case.state == State.APPROVED:
        system = gettext("decided by the system")
        return f"{office} · {system}"
    return office


def _seconds(case: Application, decision: Decision | None) -> float | None:
    if decision is None or decision.officer_id or case.submitted_at is None:
        return None
    if provisional.CONFIRMS in orjson.loads(bytes(decision.receipt)):
        return None  # it was decided long before
    if decision.round != case.round:
        return None
    return max(0.0, (decision.at - case.submitted_at).total_seconds())


def _permitted(case: Application, receipt: dict[str, Any], events: list[Event]) -> list[str]:
    """Say who permitted that the application is returned again, or so late, and why."""
    permitted = receipt.get("permitted_by")
    if case.state != State.RETURNED or not permitted:
        return []
    text = gettext(
        "It was returned to you before. %(name)s, who answers for the office's work, has permitted"
        " that it is returned once more: %(reason)s"
    )
    if sum(event.kind == "returned" for event in events) == 1:
        text = gettext(
            "It is returned later than five working days after it came in. %(name)s, who answers"
            " for the office's work, has permitted that: %(reason)s"
        )
    return [text % {"name": permitted["name"], "reason": permitted["reason"]}]


def _passed_on(case: Application, events: list[Event]) -> list[str]:
    """Say why another office has it, or why the office opened it again, while that is undecided."""
    if case.state != State.REVIEW:
        return []
    texts = {
        "transferred": gettext("It was given to another office: %(reason)s"),
        "reopened": gettext("The office opened it again by itself: %(reason)s"),
    }
    ends = [n for n, event in enumerate(events) if event.after in SETTLED]
    return [
        texts[event.kind] % {"reason": orjson.loads(event.data)["reason"]}
        for event in events[ends[-1] if ends else 0 :]
        if event.kind in texts and event.by.startswith(Kind.OFFICER)
    ]


def _why(case: Application, book: Rulebook, receipt: dict[str, Any]) -> list[str]:
    """Return why an officer decides, or the reason that the officer who decided gave."""
    if case.state == State.REVIEW and case.received_on:
        return words.reasons(case.handover, book, case.received_on)
    if case.state in DECIDED and receipt.get("officer"):
        return list(receipt["reasons"])
    return []


def _notices(case: Application, now: datetime.datetime) -> list[str]:
    """Say what is slow, and that nothing is lost by it."""
    if case.state == State.REVIEW and not case.taken_by_id:
        return _unanswered(case)
    if case.state != State.SUBMITTED:
        return []
    due = Check.objects.filter(application=case, round=case.round, state=CheckState.DUE)
    late = {c.registry for c in due if now - (case.submitted_at or now) > LATE}
    rows = []
    if late:
        book = catalogue.rulebook(case.edition_id)
        names = listed(words.registry(book, r) for r in sorted(late))
        rows.append(
            gettext(
                "Not answered yet: %(names)s. They are asked again; if they stay silent, an officer"
                " decides. You need do nothing, and may close this page: your application is safe."
            )
            % {"names": names}
        )
    elif not liveness.engine_is_alive(now):
        rows.append(
            gettext(
                "The decisions are paused at the moment. Your application is safe and is judged"
                " as soon as they go on. You may close this page."
            )
        )
    return rows


def _unanswered(case: Application) -> list[str]:
    """Say which registries are still tried for a case that is with officers without them."""
    checks = Check.objects.filter(application=case, round=case.round, state=CheckState.UNANSWERED)
    silent = sorted({c.registry for c in checks})
    if not silent or not handover.is_silence_alone(case.handover):
        return []
    book = catalogue.rulebook(case.edition_id)
    names = listed(words.registry(book, r) for r in silent)
    return [
        gettext(
            "An officer has your application because there was no answer from: %(names)s. It is"
            " checked again by itself as soon as there is one, unless the officer decides first."
        )
        % {"names": names}
    ]


@dataclass(frozen=True, slots=True)
class Row:
    """One case or certificate in a list."""

    number: str
    title: str
    tone: str
    sign: str
    word: str
    at: datetime.datetime
    until: datetime.datetime | datetime.date | None = None
    address: str = ""
    office: str = ""


def row(case: Application) -> Row:
    """Return a case's line; of ``queries.with_confirmation``, so that a provisional one says so."""
    face = case.face
    tone, sign, word = face.tone, face.sign, str(face.word)
    if getattr(case, "is_provisional", False):
        tone, sign, word = issued.provisional()
    return Row(
        number=case.number,
        title=in_language(catalogue.rulebook(case.edition_id).pack.name),
        tone=tone,
        sign=sign,
        word=word,
        at=case.created_at,
        until=terms.until(case),
    )


def paper(certificate: Certificate, today: datetime.date) -> Row:
    state = state_on(certificate, today)
    words_of = words_on(certificate, state)
    return Row(
        number=certificate.number,
        title=in_language(orjson.loads(bytes(certificate.payload))["type"]),
        tone=words_of["tone"],
        sign=words_of["sign"],
        word=in_language(words_of),
        at=certificate.issued_at,
        until=certificate.expires_on,
        address=reverse("certificates:certificate", args=[certificate.public_id]),
        office=in_language(certificate.office),
    )
