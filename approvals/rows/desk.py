"""What the desk keeps of an officer: when they are away, and how they narrow their lists."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import uuid7
from people.models import User


class Absence(models.Model):
    """That an officer is away until the end of a day, and who marked it; ended, they are back."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    officer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    until = models.DateField()  # the last day, of the city's calendar
    marked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    marked_at = models.DateTimeField()
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["officer"], condition=models.Q(ended_at=None), name="absence_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, ended_by=None)
                | models.Q(ended_at__isnull=False, ended_by__isnull=False),
                name="absence_ended_at_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.officer_id} until {self.until}"


class SavedFilter(models.Model):
    """A list of cases as one officer narrows it often; nobody else's."""

    MOST = 20  # of one officer

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    officer = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(_("name"), max_length=40)
    query = models.CharField(max_length=400)  # of the list's address: filters, and no search

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["officer", "name"], name="saved_filter_one_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name
