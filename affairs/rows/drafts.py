"""What a person has filled in and not handed in."""

from django.db import models

from ledger.identifiers import uuid7
from services.models import Service


class Draft(models.Model):
    """One person's form of one service, as far as it is filled in. It is no application.

    ``answers`` and ``disputes`` are encrypted and bound to ``subject``. It goes with the
    application that comes of it, in the statement that writes that (``affairs.guards``), and by
    itself at ``expires_at``.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject = models.CharField(max_length=32)  # whose
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+", db_index=False)
    edition = models.PositiveIntegerField()  # number of the one that the form was shown in
    answers = models.BinaryField()
    disputes = models.BinaryField(null=True)  # what its owner calls wrong of what is known
    saved_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "service"], name="draft_one_of_person_and_service"
            ),
        ]

    def __str__(self) -> str:
        return str(self.service_id)
