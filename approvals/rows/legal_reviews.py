"""The row of a legal review (法制审核): what a clerk means to decide, and what legal says of it."""

import hashlib

from django.db import models
from django.utils.translation import gettext_lazy as _

from approvals.states import Outcome
from ledger.identifiers import uuid7
from people.models import User


class LegalReview(models.Model):
    """A refusal, or an approval against the verdict, before it is decided: for a legal officer.

    It holds for the case as it was: ``version`` is ``Application.version`` at that moment, and a
    case that has moved since leaves its reviews without effect. ``reason`` is the decision's, word
    for word.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(
        "approvals.Application", on_delete=models.PROTECT, related_name="reviews", db_index=False
    )
    version = models.PositiveIntegerField()
    outcome = models.CharField(max_length=8)  # refuse, approve
    reason = models.TextField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    settled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    settled_at = models.DateTimeField(null=True)
    agreed = models.BooleanField(null=True)  # false: sent back
    opinion = models.TextField(blank=True, default="")

    class Meta:
        verbose_name, verbose_name_plural = _("legal review"), _("legal reviews")
        constraints = [
            models.UniqueConstraint(fields=["application", "version"], name="legal_review_once"),
            models.CheckConstraint(
                condition=models.Q(outcome__in=[Outcome.REFUSE.value, Outcome.APPROVE.value]),
                name="legal_review_of_a_decision",
            ),
            models.CheckConstraint(
                condition=models.Q(settled_by=None, settled_at=None, agreed=None, opinion="")
                | (
                    models.Q(
                        settled_by__isnull=False, settled_at__isnull=False, agreed__isnull=False
                    )
                    & ~models.Q(opinion="")
                ),
                name="legal_review_settled_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} legal review {self.pk}"

    @property
    def opinion_sha256(self) -> str:
        """The SHA-256 of the opinion in UTF-8, as 64 hexadecimal digits; receipts name it so."""
        return hashlib.sha256(self.opinion.encode()).hexdigest()
