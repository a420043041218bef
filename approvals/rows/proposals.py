"""An approval against the verdict, as one officer proposes it and another confirms it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import uuid7
from people.models import User


class ApprovalProposal(models.Model):
    """One officer's wish to approve although a condition is not met; settled by a second one.

    It holds for the case as it was: ``version`` is ``Application.version`` at that moment, and a
    case that has moved since leaves its proposals without effect.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(
        "approvals.Application", on_delete=models.PROTECT, related_name="proposals", db_index=False
    )
    version = models.PositiveIntegerField()
    reason = models.TextField()
    proposed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    proposed_at = models.DateTimeField()
    settled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    settled_at = models.DateTimeField(null=True)
    confirmed = models.BooleanField(null=True)  # false: sent back
    answer = models.TextField(blank=True, default="")  # why it was sent back

    class Meta:
        verbose_name, verbose_name_plural = _("proposed approval"), _("proposed approvals")
        constraints = [
            models.UniqueConstraint(fields=["application", "version"], name="proposal_once"),
            models.CheckConstraint(
                condition=models.Q(settled_by=None, settled_at=None, confirmed=None)
                | models.Q(
                    settled_by__isnull=False, settled_at__isnull=False, confirmed__isnull=False
                ),
                name="proposal_settled_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(settled_by=None) | ~models.Q(settled_by=models.F("proposed_by")),
                name="proposal_two_officers",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} proposal {self.pk}"
