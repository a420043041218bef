"""Everything about one case on one page: answers, evidence, trace, history, what may be done."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from approvals import actions, bundled, handing_in_words, listed_people, policies, queries, words
from approvals.actions import clock, delivery, intakes, procedures, representations
from approvals.admin import offers
from approvals.admin.buttons import Button
from approvals.admin.casefile import (
    comparison,
    disputes,
    history,
    panel,
    places,
    related,
    sources,
    undertakings,
)
from approvals.admin.casefile import materials as files
from approvals.admin.casefile.comparison import Row
from approvals.admin.casefile.confirmations import ConfirmationRow, confirmations
from approvals.admin.casefile.disputes import DisputeRow
from approvals.admin.casefile.panel import Chosen, Move
from approvals.admin.casefile.related import FilingRow, LookupRow, OtherCase, Signer
from approvals.admin.casefile.sources import Source
from approvals.admin.casefile.undertakings import InspectionRow, SignedRow
from approvals.admin.casefile.unknowns import Unknowns, unknowns
from approvals.admin.casefile.values import Pair
from approvals.admin.concealed import concealed
from approvals.documents import listing
from approvals.models import (
    Application,
    ApprovalProposal,
    Consent,
    Decision,
    Delivery,
    LegalReview,
    Procedure,
    ReturnPermission,
)
from approvals.rows.deliveries import OF_OFFICERS
from approvals.rows.terms import ProcedureKind, Stage
from approvals.states import DECIDED, State
from approvals.terms import Acceptance
from ledger.clock import city_date
from people import actors, identity, roles
from people.actors import Actor
from people.language import in_language, language
from people.masking import names_in
from people.models import User
from services import catalogue
from services.explain import Explanation, explain
from services.rulebook import Rulebook
from services.verdict import NOT_APPLICABLE

FOLDED = (*words.PASSED, NOT_APPLICABLE)


@dataclass(slots=True)
class File:
    """What the page of a case shows; ``may`` names the actions whose buttons it has."""

    case: Application
    service: str
    applicant: str
    reasons: list[str]
    comparison: list[Row]  # answers beside what registries say
    sources: list[Source]
    lines: list[Explanation]
    tally: str
    events: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    documents: list[listing.Entry]
    consents: list[dict[str, Any]]
    lookups: list[LookupRow]
    signers: list[Signer]
    filings: list[FilingRow]
    others: list[OtherCase]  # of the same applicant
    are_more: bool  # other cases than are shown
    hand: str
    mine: bool
    days_left: int | None
    last_day: datetime.datetime | None
    promised_day: datetime.datetime | None
    urgency: Stage | None  # the term of the law is over, or soon so
    paused_since: datetime.date | None  # the clock stands still; days_left as it goes on then
    disputed: list[DisputeRow] = field(default_factory=list)
    materials: list[files.Handed] = field(default_factory=list)
    signed: list[SignedRow] = field(default_factory=list)  # in place of files
    inspections: list[InspectionRow] = field(default_factory=list)
    confirmations: list[ConfirmationRow] = field(default_factory=list)
    may: dict[str, Button] = field(default_factory=dict)
    forms: dict[str, list[tuple[str, Button]]] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)  # of which one is chosen first
    chosen: Chosen | None = None
    unknowns: Unknowns | None = None  # what would follow from each possible answer
    askable: list[Pair] = field(default_factory=list)
    contested: str = ""
    may_download: bool = False  # the documents: names in them are not masked
    proposal: ApprovalProposal | None = None  # that waits for a second officer
    proposer: str = ""
    review: LegalReview | None = None  # of the case as it is now, waiting or agreed to
    accepted: Acceptance | None = None
    procedure: Procedure | None = None  # that the case waits for
    promise: Stage | None = None  # the promised day is over, or soon so
    delivery: Delivery | None = None  # of the decision that stands
    delivery_urgency: Stage | None = None
    is_delivered_at_issue: bool = False
    ways: list[tuple[str, Any]] = field(default_factory=list)  # of delivery
    delivery_day: datetime.datetime | None = None  # the last on which it is in time
    today: str = ""
    is_joint: bool = False  # decided by several agencies together, within 45 working days
    kinds: list[tuple[str, Any]] = field(default_factory=list)  # of procedures
    clerks: list[User] = field(default_factory=list)  # whom a supervisor may give it to
    offices: list[Pair] = field(default_factory=list)  # that it may be given to
    second_return: ReturnPermission | None = None  # that waits for the supervisor
    is_away: bool = False  # so they are not offered to take it
    is_correctable_here: bool = False  # returned, and the officer works at a counter that takes it
    handed_in: list[str] = field(default_factory=list)  # at a counter: where, and by whom
    place: places.Place | None = None  # of a service that has so many

    @property
    def open_lines(self) -> list[Explanation]:
        """The conditions that did not pass, which an officer reads first."""
        return [line for line in self.lines if line.result not in FOLDED]

    @property
    def met_lines(self) -> list[Explanation]:
        return [line for line in self.lines if line.result in FOLDED]


def casefile(
    case: Application,
    *,
    officer: User,
    now: datetime.datetime,
    move: str = "",
    unmasked: bool = False,
) -> File:
    """Return what the page shows to an officer; ``move``: the action whose form is open.

    ``unmasked``: an auditor has written why names are shown (``traces.record_unmasking``).
    """
    book, by = catalogue.rulebook(case.edition_id), actors.officer(officer)
    latest = queries.latest_decision(case)
    lines = _lines(book, latest, case)
    evidence = sources.evidence(case)
    people = sources.people(evidence, case, book)
    timeline = queries.timeline(case)
    taken, acting = intakes.of(case), representations.of(case)
    file = File(
        case=case,
        service=book.pack.name[language()],
        applicant=_applicant(case),
        reasons=words.reasons(case.handover, book, case.as_of),
        comparison=comparison.rows(case, book, evidence),
        sources=[sources.source(e, book, language(), people.whom(e.subject)) for e in evidence],
        lines=lines,
        tally=words.tally(lines),
        events=history.events(case, timeline),
        accepted=clock.acceptance(case, timeline, now),
        decisions=history.decisions(case),
        documents=listing.of_case(case, timeline),
        hand=history.name(case.taken_by) if case.taken_by else "",
        mine=case.taken_by_id == officer.pk,
        unknowns=unknowns(case, book, lines),
        contested=case.contested,
        disputed=disputes.rows(case, book),
        materials=files.handed(case, book),
        signed=undertakings.signed(case, book),
        inspections=undertakings.inspections(case, book),
        confirmations=confirmations(case, book),
        place=places.place(case, book, now),
        is_joint=bool(book.pack.clock.joint),
        may_download=not roles.reads_masked(by.role),
        is_correctable_here=case.state == State.RETURNED and intakes.has_counter(by, book.code),
        handed_in=[
            *(line for intake in taken for line in handing_in_words.handed_in(intake)),
            *(handing_in_words.represented(acting) if acting else ()),
            *bundled.lines(timeline),
        ],
        **_related(case, book, by, people),
        **_clock(case, book, now),
        **_moves(case, by, lines, move, now),
    )
    _deliver(file, latest, now)
    if not roles.reads_masked(by.role) or unmasked:
        return file
    found = {case.applicant_name, *names_in(case.answers)}
    found |= {intake.representative_name for intake in taken} - {""}
    found |= {acting.representative_name} if acting else set()
    for row in evidence:
        found |= set(names_in(orjson.loads(row.facts)))
    shown: File = concealed(file, frozenset(found))
    return shown


def _deliver(file: File, latest: Decision | None, now: datetime.datetime) -> None:
    """Fill in how the decision that stands was delivered, or by when it has to be."""
    if file.case.state not in DECIDED:
        return
    row = file.delivery = delivery.latest(file.case)
    file.is_delivered_at_issue = row is None and latest is not None and latest.officer_id is None
    if row is not None and row.recorded_at is None:
        file.delivery_urgency = clock.near(row.due_at, now)
        file.delivery_day = row.due_at - datetime.timedelta(seconds=1)
    if "record_delivery" in file.may:
        file.ways = [(way.value, way.label) for way in OF_OFFICERS]
        file.today = city_date(now).isoformat()


def _related(
    case: Application, book: Rulebook, by: Actor, people: listed_people.People
) -> dict[str, Any]:
    """Return what hangs on the case: look-ups, signers, filings, the applicant's other cases."""
    others, are_more = related.other_cases(case, by)
    return {
        "lookups": related.lookups(case, book, people),
        "signers": related.signers(case, people) if book.program.cosigners else [],
        "filings": related.filings(case) if book.filing_items else [],
        "others": others,
        "are_more": are_more,
    }


def _moves(
    case: Application,
    by: Actor,
    lines: Sequence[Explanation],
    move: str,
    now: datetime.datetime,
) -> dict[str, Any]:
    """Return what the officer may do, what others have asked for, and the form that is open."""
    book = catalogue.rulebook(case.edition_id)
    consents = list(Consent.objects.filter(application=case).select_related("partner"))
    requested = {consent.item for consent in consents}
    askable = [Pair(i.id, in_language(i)) for i in book.consents.values() if i.id not in requested]
    proposal = actions.open_proposal(case)
    may = offers.offered(case, by, proposal, now)
    moves = panel.moves(may, askable)
    offices = actions.targets(case, now) if move == "transfer" else []
    is_untaken = not may and case.state == State.REVIEW and case.taken_by_id is None
    return {
        "is_away": is_untaken and by.role == User.Role.CLERK and offers.is_away(by, now),
        "consents": [history.consent(c, book, language()) for c in consents],
        "askable": askable,
        "may": may,
        "forms": _forms(may),
        "moves": moves,
        "chosen": panel.chosen(move, moves, may, book, lines) if move else None,
        "proposal": proposal,
        "proposer": history.name(proposal.proposed_by) if proposal else "",
        "review": actions.open_review(case) if book.pack.legal_review else None,
        "procedure": procedures.open_of(case),
        "kinds": ProcedureKind.choices if "open_procedure" in may else [],
        "clerks": _clerks(case, now) if "reassign" in may else [],
        "offices": [Pair(o.code, in_language(o)) for o in offices],
        "second_return": actions.open_request(case),
    }


def _clock(case: Application, book: Rulebook, now: datetime.datetime) -> dict[str, Any]:
    """Return what the page says of the terms; days left: negative when it is overdue."""
    if clock.stands_still(case):
        since = clock.course(case).pauses[-1][0]
        standing = clock.days_left(case, book)
        return {
            "days_left": standing,
            "last_day": None,
            "promised_day": None,
            "urgency": None,
            "promise": None,
            "paused_since": since,
        }
    ends = (case.due_at, case.promised_at)
    last, promised = (at and at - datetime.timedelta(seconds=1) for at in ends)
    left = (city_date(last) - city_date(now)).days if last and clock.runs(case) else None
    return {
        "days_left": left,
        "last_day": last,
        "promised_day": promised,
        "urgency": clock.urgency(case, now),
        "promise": clock.promise_urgency(case, now),
        "paused_since": None,
    }


def _lines(book: Rulebook, latest: Decision | None, case: Application) -> list[Explanation]:
    """Return the verdict of this round in words, what failed first."""
    if latest is None or latest.round != case.round:
        return []
    lines = explain(book, orjson.loads(bytes(latest.receipt))["verdict"], language(), officer=True)
    return sorted(lines, key=lambda line: words.RANK.get(line.result, 9))


def _applicant(case: Application) -> str:
    number = identity.decrypt(bytes(case.applicant_number))
    return f"{case.applicant_name} {identity.mask(number)}"


def _forms(may: Mapping[str, Button]) -> dict[str, list[tuple[str, Button]]]:
    """Sort the buttons into the forms of the page that they stand in."""
    found: dict[str, list[tuple[str, Button]]] = {}
    for action, button in may.items():
        found.setdefault(button.form, []).append((action, button))
    return found


def _clerks(case: Application, now: datetime.datetime) -> list[User]:
    """Return the present clerks whom a supervisor may give the case to."""
    found = policies.handlers(case)
    if case.taken_by_id is not None:
        found = found.exclude(pk=case.taken_by_id)
    found = found.exclude(pk__in=actions.away(city_date(now)).values("officer"))
    found = found.exclude(pk__in=policies.open_reviews(case).values("reviewer"))
    return list(found.order_by("username"))
