"""Disputes: an applicant says that a record which their case rests on is wrong."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from exchange.models import Partner
from ledger.identifiers import uuid7

CLAIM_LONGEST, REASON_LONGEST, ANSWER_LONGEST = 200, 1000, 400
MOST_FILES = 3  # that come with one dispute
QUESTION = "dispute:"  # before its number: what an ``Attachment`` of a dispute answers


class DisputeState(models.TextChoices):
    """How far a dispute is. It ends by the record itself, by its keeper's word, or by its author's.

    ``stands``: the keeper says that the record is right. ``correcting``: the keeper says that it is
    wrong, and what we read has not changed yet. ``corrected``: we have read the changed record.
    """

    OPEN = "open", _("not sent to the keeper of the record yet")
    NOTIFIED = "notified", _("with the keeper of the record")
    CORRECTING = "correcting", _("the keeper corrects the record")
    CORRECTED = "corrected", _("the record was corrected")
    STANDS = "stands", _("the keeper says that the record is right")
    WITHDRAWN = "withdrawn", _("withdrawn")


# while one of a case is in these, the machine does not decide the case
LIVE = (DisputeState.OPEN, DisputeState.NOTIFIED, DisputeState.CORRECTING)
# from: to; PostgreSQL refuses any other move
MOVES: dict[DisputeState, tuple[DisputeState, ...]] = {
    DisputeState.OPEN: (DisputeState.NOTIFIED, DisputeState.CORRECTED, DisputeState.WITHDRAWN),
    DisputeState.NOTIFIED: (
        DisputeState.CORRECTING,
        DisputeState.CORRECTED,
        DisputeState.STANDS,
        DisputeState.WITHDRAWN,
    ),
    DisputeState.CORRECTING: (DisputeState.CORRECTED, DisputeState.WITHDRAWN),
}

# columns that change, with an event of the case that names their hash (a reminder: without one)
CHANGING = (
    "state",
    *("record_value", "record_version", "record_hash", "record_read_at", "notified_at", "due_at"),
    *("answered_at", "answer", "ended_at"),
    *("corrected_value", "corrected_version", "corrected_hash", "corrected_read_at"),
)
# columns that are written once, with the dispute
FIXED = (
    *("id", "application_id", "number", "fact", "registry", "field", "partner_id"),
    *("claim", "value", "reason", "files", "opened_by", "opened_at"),
)


class Dispute(models.Model):
    """One fact of one case that its applicant calls wrong (个人信息保护法 §46).

    ``record_value``: canonical JSON of the record's field as it was when first read for the
    dispute, with the version of the record and the hash of the evidence; ``corrected_…`` the same
    of the corrected record. Empty where nothing was read yet. ``claim``: what it should be, in the
    applicant's words; ``value``: the same as canonical JSON where the field has such a value.
    ``partner``: the agency that keeps the registry; None where no agency is connected for it.
    ``files``: SHA-256 of what came with it, in hex, with commas between; each is an ``Attachment``
    of the case.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(
        "approvals.Application", on_delete=models.PROTECT, related_name="disputed", db_index=False
    )
    number = models.PositiveSmallIntegerField()  # within the case, from 1
    fact = models.CharField(max_length=80)  # of the edition
    registry = models.CharField(max_length=24)
    field = models.CharField(max_length=80)  # of the registry
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, related_name="+")
    claim = models.CharField(max_length=CLAIM_LONGEST)
    value = models.TextField(blank=True, default="")
    reason = models.CharField(max_length=REASON_LONGEST)
    files = models.CharField(max_length=200, blank=True, default="")
    opened_by = models.CharField(max_length=120)  # the actor as text
    opened_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=DisputeState.choices, default=DisputeState.OPEN)
    record_value = models.TextField(blank=True, default="")
    record_version = models.CharField(max_length=40, blank=True, default="")
    record_hash = models.BinaryField(max_length=32, null=True)
    record_read_at = models.DateTimeField(null=True)
    notified_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # by when the keeper answers
    reminded_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=ANSWER_LONGEST, blank=True, default="")  # its reason
    corrected_value = models.TextField(blank=True, default="")
    corrected_version = models.CharField(max_length=40, blank=True, default="")
    corrected_hash = models.BinaryField(max_length=32, null=True)
    corrected_read_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("dispute"), _("disputes")
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="dispute_numbered"),
            models.UniqueConstraint(
                fields=["application", "fact"],
                condition=models.Q(state__in=[state.value for state in LIVE]),
                name="dispute_of_a_fact_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in LIVE], ended_at=None)
                | ~models.Q(state__in=[state.value for state in LIVE])
                & models.Q(ended_at__isnull=False),
                name="dispute_ended_whole",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=DisputeState.CORRECTED.value)
                | models.Q(corrected_hash__isnull=False),
                name="dispute_corrected_by_a_record",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=DisputeState.STANDS.value) | ~models.Q(answer=""),
                name="dispute_stands_for_a_reason",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=DisputeState.NOTIFIED.value)
                | models.Q(partner__isnull=False, notified_at__isnull=False, due_at__isnull=False),
                name="dispute_notified_to_an_agency",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(state=DisputeState.NOTIFIED.value, reminded_at=None),
                name="dispute_to_remind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fact} of {self.application_id}: {self.state}"

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def digests(self) -> list[str]:
        """The files that came with it, by SHA-256."""
        return self.files.split(",") if self.files else []

    @property
    def question(self) -> str:
        """What its files are attached to the case as."""
        return f"{QUESTION}{self.number}"
