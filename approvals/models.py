"""Applications, what they rest on, and how they were decided."""

import datetime

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField

from approvals.review.handover import LONGEST
from approvals.rows.assistants import Assistant as Assistant
from approvals.rows.assistants import AssistantCall as AssistantCall
from approvals.rows.assistants import AssistantMandate as AssistantMandate
from approvals.rows.assistants import AssistantSubmission as AssistantSubmission
from approvals.rows.confirmations import Confirmation as Confirmation
from approvals.rows.consents import Consent as Consent
from approvals.rows.consents import Cosignature as Cosignature
from approvals.rows.decisions import Decision as Decision
from approvals.rows.deliveries import Delivery as Delivery
from approvals.rows.desk import Absence as Absence
from approvals.rows.desk import SavedFilter as SavedFilter
from approvals.rows.disputes import Dispute as Dispute
from approvals.rows.documents import Document as Document
from approvals.rows.evidence import Check as Check
from approvals.rows.evidence import Evidence as Evidence
from approvals.rows.evidence import EvidenceProof as EvidenceProof
from approvals.rows.guard_keys import GuardKey as GuardKey
from approvals.rows.heartbeats import Heartbeat as Heartbeat
from approvals.rows.intakes import Intake as Intake
from approvals.rows.keyed_answers import KeyedAnswer as KeyedAnswer
from approvals.rows.legal_reviews import LegalReview as LegalReview
from approvals.rows.materials import Attachment as Attachment
from approvals.rows.materials import MaterialFinding as MaterialFinding
from approvals.rows.proposals import ApprovalProposal as ApprovalProposal
from approvals.rows.quota_places import QuotaPlace as QuotaPlace
from approvals.rows.representations import Mandate as Mandate
from approvals.rows.representations import Representation as Representation
from approvals.rows.return_permissions import ReturnPermission as ReturnPermission
from approvals.rows.samples import SampleDraw as SampleDraw
from approvals.rows.samples import SampleFinding as SampleFinding
from approvals.rows.samples import SampleReview as SampleReview
from approvals.rows.submissions import Submission as Submission
from approvals.rows.terms import Acceptance as Acceptance
from approvals.rows.terms import Escalation as Escalation
from approvals.rows.terms import Procedure as Procedure
from approvals.rows.terms import TermExtension as TermExtension
from approvals.rows.undertakings import CreditRecord as CreditRecord
from approvals.rows.undertakings import Inspection as Inspection
from approvals.rows.undertakings import Undertaking as Undertaking
from approvals.states import EDGES, FACES, OPEN, SETTLED, Face, State
from exchange.models import Partner
from ledger.identifiers import uuid7
from ledger.models import Chained
from people.models import Office, Region, User
from services.models import Edition, Service

# what the desk's counts of cases in review look at besides office and deadline
_COUNTED = ["region", "taken_by", "applicant", "submitted_at"]
_IS_SETTLED = models.Q(state__in=sorted(state.value for state in SETTLED))


class Application(Chained, edges=EDGES):
    """One case (办件). By its ``version`` a stale page is refused, and a proposal holds or not."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=40)  # see approvals.numbers
    service = models.ForeignKey(Service, on_delete=models.PROTECT, db_index=False)
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, db_index=False)  # to the end
    office = models.ForeignKey(Office, on_delete=models.PROTECT, db_index=False)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, db_index=False)
    state = FSMField(default=State.DRAFT.value, choices=State.choices, protected=True)

    applicant_kind = models.CharField(max_length=12)  # person, enterprise
    applicant = models.CharField(max_length=32)  # identity.index(number)
    applicant_number = models.BinaryField()  # identity.encrypt(number)
    applicant_name = models.CharField(max_length=120, db_collation="C")  # people.names.normal
    channel = models.CharField(max_length=12)  # portal, api, window, assistant; REPRESENTED
    client = models.ForeignKey(  # who submitted by API
        Partner, on_delete=models.PROTECT, null=True, db_index=False
    )
    contested = models.TextField(blank=True, default="")  # why, in the applicant's words
    answers = models.JSONField(default=dict)  # valid against the edition's form
    by_person = models.BooleanField(default=False)  # "a person, please" (个人信息保护法 art. 24)

    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)  # the latest submission
    received_on = models.DateField(null=True)  # city's date of the first submission; ``as_of``
    settled_at = models.DateTimeField(null=True)
    # the terms (``approvals.terms``); of one that stands still, the dates are as if it did not
    term_from = models.DateField(null=True)  # they run from then: the receipt, or the reopening
    pauses = models.JSONField(default=list)  # [[from, to], …], the last without end while it lasts
    extended_days = models.PositiveSmallIntegerField(default=0)  # of the statutory one (§42)
    due_at = models.DateTimeField(null=True)  # statutory deadline
    promised_at = models.DateTimeField(null=True)  # promised deadline
    due_provisional = models.BooleanField(default=False)  # the year's working days are unpublished
    calendar = models.CharField(max_length=8, blank=True)  # the version that they follow
    correct_by = models.DateTimeField(null=True)  # returned: expires then

    round = models.PositiveSmallIntegerField(default=0)  # each return to ``submitted`` is a new one
    checks_due = models.PositiveSmallIntegerField(default=0)  # checks of this round not yet done
    attempts = models.PositiveSmallIntegerField(default=0)  # by the engine, this round
    leased_until = models.DateTimeField(null=True)  # by the engine
    handover = models.CharField(max_length=LONGEST, blank=True)  # why it is in review

    taken_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    taken_at = models.DateTimeField(null=True)
    side_events = models.PositiveIntegerField(default=0, db_default=0)  # ``states.SIDE_EVENTS``
    disputes = models.PositiveSmallIntegerField(default=0, db_default=0)  # ever, of its records
    # of an agency's case: when it last changed, by PostgreSQL's clock (``guards.updates``)
    updated_at = models.DateTimeField(null=True, default=None, db_default=Now(), editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("case"), _("cases")
        indexes = [
            models.Index(
                fields=["submitted_at"],
                condition=models.Q(state=State.SUBMITTED.value, checks_due=0),
                name="application_ready",
            ),
            models.Index(  # the desk counts and pages what is with officers in these two alone
                fields=["office", "due_at", "id"],
                include=_COUNTED,
                condition=models.Q(state=State.REVIEW.value),
                name="application_queue",
            ),
            models.Index(  # the same of all offices, as an auditor lists them
                fields=["due_at", "id"],
                include=_COUNTED,
                condition=models.Q(state=State.REVIEW.value),
                name="application_by_deadline",
            ),
            models.Index(fields=["applicant", "-created_at"]),
            models.Index(  # the columns behind ``office`` are compared in it, not searched by
                fields=["state", "office", "due_at", "applicant_name"],
                condition=models.Q(state__in=[state.value for state in OPEN]),
                name="application_open",
            ),
            # the desk's; of these the way of one application writes the first two, once. The
            # columns behind ``id`` are compared in the index, not searched by.
            models.Index(
                fields=["office", "id", "state", "service", "region"],
                condition=_IS_SETTLED,
                name="application_settled",
            ),
            models.Index(
                fields=["applicant_name", "office"], condition=_IS_SETTLED, name="application_named"
            ),
            models.Index(
                fields=["office", "id"],
                condition=_IS_SETTLED & ~models.Q(handover=""),
                name="application_handled",
            ),
            models.Index(  # few, and looked for in all offices
                fields=["state", "id", "office", "service", "region"],
                condition=_IS_SETTLED & ~models.Q(state=State.APPROVED.value),
                name="application_unapproved",
            ),
            models.Index(  # an agency's programs list theirs in it alone (``agencies.cases``)
                fields=["client", "updated_at", "id"],
                include=["state", "service", "region", "received_on"],
                condition=models.Q(client__isnull=False),
                name="application_of_client",
            ),
        ]
        constraints = [
            # not on the field, where Django would add an index for LIKE; and the foreign keys have
            # none: each row is written twice, and nobody looks for it by them alone
            models.UniqueConstraint(fields=["number"], name="application_number"),
            models.CheckConstraint(
                condition=models.Q(taken_by__isnull=True, taken_at__isnull=True)
                | models.Q(taken_by__isnull=False, taken_at__isnull=False),
                name="application_taken_at_by",
            ),
            models.CheckConstraint(
                condition=models.Q(state=State.DRAFT.value)
                | models.Q(submitted_at__isnull=False, round__gte=1)
                | models.Q(state=State.WITHDRAWN.value),
                name="application_submitted_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def subject(self) -> str:
        return f"application:{self.number}"

    @property
    def version(self) -> int:
        """How often it has moved: what a page or a proposal was made of, and still is or is not."""
        return self.events - self.side_events

    @property
    def face(self) -> Face:
        """What is shown of the state it is in."""
        return FACES[State(self.state)]

    @property
    def as_of(self) -> datetime.date:
        """The day that the rules look at; every submitted application has one."""
        assert self.received_on is not None, f"{self.number} was never submitted"
        return self.received_on
