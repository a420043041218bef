"""A second return, as a clerk asks for it and a supervisor permits it (一次性告知)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import uuid7
from people.models import Office, User


class ReturnPermission(models.Model):
    """A clerk's wish to return a case that was returned before; settled by a supervisor.

    It holds for the case's ``round``, whatever follows the return needs a permission of its own,
    and for its ``office``: another one to which it is given asks its own supervisor. Rows from
    before name no office.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(
        "approvals.Application",
        on_delete=models.PROTECT,
        related_name="return_permissions",
        db_index=False,
    )
    office = models.ForeignKey(
        Office, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    round = models.PositiveSmallIntegerField()
    reason = models.TextField()  # the clerk's, for the supervisor
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    settled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    settled_at = models.DateTimeField(null=True)
    permitted = models.BooleanField(null=True)
    answer = models.TextField(blank=True, default="")  # the supervisor's; permitted: for everybody

    class Meta:
        verbose_name, verbose_name_plural = _("permission to return"), _("permissions to return")
        constraints = [
            models.UniqueConstraint(
                fields=["application", "round", "office"],
                condition=models.Q(permitted=None) | models.Q(permitted=True),
                name="return_permission_once",
            ),
            models.CheckConstraint(
                condition=models.Q(settled_by=None, settled_at=None, permitted=None)
                | models.Q(
                    settled_by__isnull=False, settled_at__isnull=False, permitted__isnull=False
                ),
                name="return_permission_settled_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(settled_by=None) | ~models.Q(settled_by=models.F("asked_by")),
                name="return_permission_two_persons",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id}, round {self.round}: {self.permitted}"
