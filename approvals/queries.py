"""Reading applications within each actor's sight (I10). No entry point filters by itself."""

import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Now

from approvals import policies
from approvals.errors import not_found
from approvals.models import (
    Application,
    Attachment,
    Check,
    Confirmation,
    Cosignature,
    Decision,
    Inspection,
    Intake,
    LegalReview,
    Representation,
    SampleReview,
)
from approvals.numbers import plausible
from approvals.records.binding import answers_digest
from approvals.rows.confirmations import ConfirmationState
from approvals.rows.undertakings import Cause
from approvals.states import RUNNING, CheckState, ConsentState, State
from ledger.clock import city_date
from ledger.models import Event
from materials.models import Material
from people.actors import Actor, Kind
from people.models import User

# whose clock runs, as ``actions.clock.runs``: what was returned late has no pause without an end
_HAS_NO_PAUSE = Q(pauses=[]) | ~Q(**{"pauses__-1__1": None})
RUNS = Q(state__in=RUNNING) | Q(state=State.RETURNED) & _HAS_NO_PAUSE


class LiteralState(Value):
    """A state that stands in a statement as it is, where the desk lists or counts cases.

    As a parameter, PostgreSQL may keep one plan for all states, and that uses no partial index.
    """

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return f"'{State(self.value).value}'", ()  # of the enumeration, whatever was asked for


def in_states(*states: State) -> Q:
    return Q(state__in=[LiteralState(str(state)) for state in sorted(states)])


def with_confirmation(found: QuerySet[Application]) -> QuerySet[Application]:
    """Add ``is_provisional`` to each: whether what was granted has yet to be confirmed."""
    due = Confirmation.objects.filter(application=OuterRef("pk"), state=ConfirmationState.DUE.value)
    return found.annotate(is_provisional=Exists(due))


def visible_to(by: Actor) -> QuerySet[Application]:
    """Return what ``by`` may see: own cases, own requests, or own office and region.

    An auditor sees every case that was handed in, a legal officer those that were referred; a
    clerk none that they review again and have not answered. No officer sees at the desk what they
    applied for, themselves or for another.
    """
    everything = Application.objects.all()
    if by.person:
        represented = Intake.objects.filter(application=OuterRef("pk"), representative=by.person)
        everything = everything.exclude(applicant=by.person).exclude(Exists(represented))
        online = Representation.objects.filter(application=OuterRef("pk"), representative=by.person)
        everything = everything.exclude(Exists(online))
    match by.kind:
        case Kind.CITIZEN if by.code:
            mine = everything.filter(applicant=by.applicant)
            return mine if by.services is None else mine.filter(service__in=by.services)
        case Kind.AGENCY:
            mine = everything.filter(client_id=by.code)
            return mine if by.services is None else mine.filter(service__in=by.services)
        case Kind.OFFICER if by.role == User.Role.AUDITOR:
            return everything.exclude(state=State.DRAFT)
        case Kind.OFFICER if by.office and by.role in policies.HANDLERS:
            sight = Q(office_id=by.office)
            if by.region:
                sight &= Q(region_id=by.region)
            return everything.filter(sight).exclude(_reviewed_blind(by))
        case Kind.OFFICER if by.office and by.role == User.Role.LEGAL:
            referred = LegalReview.objects.filter(application=OuterRef("pk"))
            sight = Q(Exists(referred), office_id=by.office)
            return everything.filter(sight & Q(region_id=by.region) if by.region else sight)
        case Kind.MACHINE:
            return everything
    return everything.none()


def _reviewed_blind(by: Actor) -> Exists:
    """What an officer looks at again without knowing what was decided (``approvals.sampling``)."""
    open_ = SampleReview.objects.filter(
        application=OuterRef("pk"), reviewer__username=by.code, answered_at=None
    )
    return Exists(open_)


def case(number: str, by: Actor) -> Application:
    """Return one application that ``by`` may see; raises ``ActionRejected`` (404) otherwise."""
    if not plausible(number):
        raise not_found()
    found = visible_to(by).select_related("service", "edition", "office").filter(number=number)
    application = found.defer("edition__source").first()  # the pack's text is long
    if application is None and by.kind is Kind.CITIZEN:  # of an enterprise: none
        application = handed_in_for_others(by).filter(number=number).first()
    if application is None:
        raise not_found()
    return application


def handed_in_for_others(by: Actor) -> QuerySet[Application]:
    """Return what a citizen handed in as a guardian, or as an agent whose mandate is in force."""
    if by.kind is not Kind.CITIZEN or not by.code or by.enterprise:
        return Application.objects.none()
    rows = Representation.objects.filter(policies.in_force(Now()), representative=by.code)
    found = Application.objects.filter(pk__in=list(rows.values_list("application", flat=True)))
    return found.select_related("service", "edition", "office")


def acts_for_applicant(number: str, by: Actor) -> bool:
    """Whether a citizen handed in the case of a number for its applicant, and still may act."""
    return handed_in_for_others(by).filter(number=number).exists()


def inspected(number: str) -> dict[str, str] | None:
    """Return what the public reads of a certificate that was granted on a commitment; else None.

    ``code``: due, passed, rectify or untrue.
    """
    causes = (Cause.COMMITMENT, Cause.RECTIFIED)
    rows = Inspection.objects.filter(application__number=number, cause__in=causes)
    found = list(rows.order_by("opened_at", "id")) if number else []
    if not any(row.cause == Cause.COMMITMENT for row in found):
        return None  # drawn, or a promised file is missing: nothing was granted on a commitment
    row = found[-1]
    code = row.result or "due"
    return {"code": code, "due": city_date(row.due_at).isoformat(), **INSPECTED[code]}


INSPECTED: dict[str, dict[str, str]] = {
    "due": {
        "zh": "以告知承诺批准，尚待核查",
        "en": "Granted on a commitment; its inspection is due",
        "tone": "wait",
    },
    "passed": {
        "zh": "以告知承诺批准，经核查属实",
        "en": "Granted on a commitment; inspected, and as committed",
        "tone": "ok",
    },
    "rectify": {
        "zh": "以告知承诺批准，经核查须限期整改",
        "en": "Granted on a commitment; something is to be put right",
        "tone": "wait",
    },
    "untrue": {
        "zh": "以告知承诺批准，经核查承诺不实",
        "en": "Granted on a commitment that was found untrue",
        "tone": "bad",
    },
}


def material(key: UUID, by: Actor) -> Material | None:
    """Return a file that ``by`` has stored, or that a case which they may see has; else None."""
    of_case = Attachment.objects.filter(material=OuterRef("pk"), application__in=visible_to(by))
    seen = Material.objects.filter(Q(by=by.owner) | Exists(of_case), pk=key)
    return seen.first()


def cases_with(found: Material, by: Actor) -> list[str]:
    """Return the numbers of the cases that have a file, as far as ``by`` may see them."""
    cases = visible_to(by).filter(attachments__material=found)
    return list(cases.values_list("number", flat=True).distinct()[:10])


def latest_decision(application: Application) -> Decision | None:
    """Return the newest receipt of the application, live or not."""
    return Decision.objects.filter(application=application).order_by("-at", "-id").first()


def timeline(application: Application) -> list[Event]:
    """Return everything that happened to the application, oldest first."""
    return list(Event.objects.filter(subject=application.subject).order_by("seq"))


def late_registries(application: Application, now: datetime.datetime) -> list[str]:
    """Return the registries that should have answered by now: the citizen is told of them."""
    patience = now - datetime.timedelta(seconds=5)
    late = Check.objects.filter(
        application=application, round=application.round, state=CheckState.DUE, next_at__lt=patience
    )
    return sorted(set(late.values_list("registry", flat=True)))


def to_confirm(by: Actor) -> list[Cosignature]:
    """Return what a citizen is asked to sign as one of several, oldest first."""
    if by.kind is not Kind.CITIZEN or not by.code or by.enterprise:  # one signs for oneself
        return []
    rows = Cosignature.objects.select_related("application__edition")
    mine = rows.filter(signer=by.code, state=ConsentState.ASKED, application__state=State.WAITING)
    return [
        row
        for row in mine.order_by("asked_at")
        if bytes(row.answers_hash) == answers_digest(row.application.answers)
    ]
