"""Codes by which somebody reads without a log-in how far an application is."""

import uuid

from django.db import models

from approvals.models import Application

MOST_ATTEMPTS = 5


class ProgressCode(models.Model):
    """One request for a code. Whether there is such a case and phone, only ``application`` says.

    ``case``: keyed index of the number that was typed, so that requests for what does not exist
    are counted like others. The code is made when it is sent, and kept as a keyed hash.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)  # not guessed
    case = models.CharField(max_length=32)
    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    language = models.CharField(max_length=8)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    sent_at = models.DateTimeField(null=True)
    code = models.CharField(max_length=32, blank=True)  # identity.index of id and code
    attempts = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    phone = models.BinaryField(null=True)  # bound to the applicant; gone when the code is sent

    class Meta:
        indexes = [models.Index(fields=["case", "asked_at"], name="progress_code_of_case")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(attempts__lte=MOST_ATTEMPTS), name="progress_code_attempts"
            ),
            models.CheckConstraint(
                condition=models.Q(used_at=None) | models.Q(application__isnull=False),
                name="progress_code_of_a_case",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M}"
