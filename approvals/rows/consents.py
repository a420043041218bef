"""Whose word a case waits for beside the city's own: other agencies, and persons who sign along."""

from django.db import models

from approvals.states import ConsentState
from exchange.models import Partner
from ledger.identifiers import uuid7


class Consent(models.Model):
    """Another agency's approval of its part (部门审批), asked for by webhook."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(  # the unique key begins with it
        "approvals.Application", on_delete=models.PROTECT, related_name="consents", db_index=False
    )
    item = models.CharField(max_length=40)  # id of the pack's consent
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT)
    state = models.CharField(
        max_length=10, choices=ConsentState.choices, default=ConsentState.ASKED
    )
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True)
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
        "approvals.Application",
        on_delete=models.PROTECT,
        related_name="cosignatures",
        db_index=False,
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
