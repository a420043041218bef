"""Applications, what they rest on, and how they were decided."""

import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField

from approvals.review.handover import LONGEST
from approvals.rows.deliveries import Delivery as Delivery
from approvals.rows.desk import Absence as Absence
from approvals.rows.desk import SavedFilter as SavedFilter
from approvals.rows.documents import Document as Document
from approvals.rows.guard_keys import GuardKey as GuardKey
from approvals.rows.heartbeats import Heartbeat as Heartbeat
from approvals.rows.intakes import Intake as Intake
from approvals.rows.legal_reviews import LegalReview as LegalReview
from approvals.rows.proposals import ApprovalProposal as ApprovalProposal
from approvals.rows.return_permissions import ReturnPermission as ReturnPermission
from approvals.rows.samples import SampleDraw as SampleDraw
from approvals.rows.samples import SampleFinding as SampleFinding
from approvals.rows.samples import SampleReview as SampleReview
from approvals.rows.terms import Acceptance as Acceptance
from approvals.rows.terms import Escalation as Escalation
from approvals.rows.terms import Procedure as Procedure
from approvals.rows.terms import TermExtension as TermExtension
from approvals.states import (
    EDGES,
    FACES,
    FINAL,
    OPEN,
    SETTLED,
    CheckState,
    ConsentState,
    Face,
    Outcome,
    State,
)
from exchange.models import Partner
from ledger.identifiers import uuid7
from ledger.models import Chained
from people.models import Office, Region, User
from services.models import Edition, Service

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
    channel = models.CharField(max_length=12)  # portal, api, window
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

    class Meta:
        verbose_name, verbose_name_plural = _("case"), _("cases")
        indexes = [
            models.Index(
                fields=["submitted_at"],
                condition=models.Q(state=State.SUBMITTED.value, checks_due=0),
                name="application_ready",
            ),
            models.Index(
                fields=["office", "due_at"],
                condition=models.Q(state=State.REVIEW.value),
                name="application_queue",
            ),
            models.Index(  # the same of all offices, as an auditor lists them
                fields=["due_at", "id"],
                condition=models.Q(state=State.REVIEW.value),
                name="application_by_deadline",
            ),
            models.Index(fields=["applicant", "-created_at"]),
            models.Index(
                fields=["state", "submitted_at"],
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
                fields=["state", "id"],
                condition=_IS_SETTLED & ~models.Q(state=State.APPROVED.value),
                name="application_unapproved",
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


class Check(models.Model):
    """One registry to be asked about one subject for one application, in one round."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(  # the unique key begins with it
        Application, on_delete=models.PROTECT, related_name="checks", db_index=False
    )
    round = models.PositiveSmallIntegerField()
    registry = models.CharField(max_length=24)
    # whose index (identity.index), where it is not who the registry is asked about first
    subject = models.CharField(max_length=32, blank=True, default="")
    state = models.CharField(max_length=10, choices=CheckState.choices, default=CheckState.DUE)
    # times taken since it was last given back; more than a few: it ends its workers
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=80, blank=True)  # timeout, 503, breaker, mismatch …

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "round", "registry", "subject"], name="check_once_a_round"
            ),
        ]
        indexes = [
            models.Index(
                fields=["registry", "next_at"],
                condition=models.Q(state=CheckState.DUE.value),
                name="check_due",
            ),
            models.Index(
                fields=["registry", "next_at"],
                condition=models.Q(state=CheckState.UNANSWERED.value),
                name="check_unanswered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.registry}, round {self.round}: {self.state}"


class Evidence(models.Model):
    """What one registry said of one subject, as it was when relied on (证据). Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(  # the unique key begins with it
        Application, on_delete=models.PROTECT, related_name="evidence", db_index=False
    )
    round = models.PositiveSmallIntegerField()
    registry = models.CharField(max_length=24)
    subject = models.CharField(max_length=32, blank=True, default="")  # as in Check
    outcome = models.CharField(max_length=12)  # of exchange.queries.Answer
    reason = models.CharField(max_length=80, blank=True)
    facts = models.TextField()  # canonical JSON of the fields that the edition declares
    version = models.CharField(max_length=40, blank=True)  # of the registry's record
    read_at = models.DateTimeField()
    purpose = models.CharField(max_length=80)
    hash = models.BinaryField(max_length=32)  # SHA-256: see records.receipts.evidence_hash

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "round", "registry", "subject"], name="evidence_once_a_round"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.registry}, round {self.round}: {self.outcome}"


class Consent(models.Model):
    """Another agency's approval of its part (部门审批), asked for by webhook."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(  # the unique key begins with it
        Application, on_delete=models.PROTECT, related_name="consents", db_index=False
    )
    item = models.CharField(max_length=40)  # id of the pack's consent
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT)
    state = models.CharField(
        max_length=10, choices=ConsentState.choices, default=ConsentState.ASKED
    )
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "item"], name="consent_once"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(state=ConsentState.ASKED.value),
                name="consent_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.state}"


class Cosignature(models.Model):
    """One person who must sign beside the applicant, and what they said from their own log-in.

    It holds for the answers that they saw: changed answers have to be confirmed anew.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="cosignatures", db_index=False
    )
    signer = models.CharField(max_length=32, db_index=True)  # identity.index
    answers_hash = models.BinaryField(max_length=32)
    state = models.CharField(
        max_length=10, choices=ConsentState.choices, default=ConsentState.ASKED
    )
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "signer", "answers_hash"], name="cosignature_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(state=ConsentState.ASKED.value),
                name="cosignature_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id}: {self.state}"


class Decision(models.Model):
    """What was decided and why, as a signed receipt (决定书). Append-only but for ``live``.

    The machine's handing over and sending back are recorded in the same form, never live.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="decisions")
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, db_index=False)
    round = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    live = models.BooleanField()  # the decision that stands; false after reopening
    by = models.CharField(max_length=120)
    officer = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    proposed_by = models.ForeignKey(  # the first of two officers, against the verdict
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    as_of = models.DateField()
    inputs = models.JSONField()  # canonical typed facts; a back-test reads one row a case
    receipt = models.BinaryField()  # canonical bytes
    kid = models.CharField(max_length=64)
    algorithm = models.CharField(max_length=16)
    signature = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=models.Q(live=True), name="decision_one_live"
            ),
            models.CheckConstraint(
                condition=models.Q(live=False)
                | models.Q(outcome__in=[outcome.value for outcome in FINAL]),
                name="decision_live_is_final",
            ),
            models.CheckConstraint(  # only a named officer refuses
                condition=~models.Q(outcome=Outcome.REFUSE.value) | models.Q(officer__isnull=False),
                name="decision_refusal_has_officer",
            ),
            models.CheckConstraint(
                condition=models.Q(proposed_by=None) | ~models.Q(proposed_by=models.F("officer")),
                name="decision_two_officers",
            ),
        ]
        indexes = [
            models.Index(fields=["edition", "at"]),
            models.Index(
                fields=["at"],
                condition=models.Q(outcome=Outcome.RETURN.value),
                name="decision_returned",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} by {self.by}"


class Submission(models.Model):
    """An idempotency key and what it led to; kept 24 hours."""

    id = models.BigAutoField(primary_key=True)
    client = models.CharField(max_length=120)  # the actor as text
    key = models.CharField(max_length=120)
    body_hash = models.BinaryField(max_length=32)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, db_index=False)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "key"], name="submission_once"),
        ]

    def __str__(self) -> str:
        return self.key
