"""The rows of what keepers have reported (``exchange.changes``)."""

from django.db import models


class ReportedChange(models.Model):
    """When a keeper last reported that a record of its own has changed (``exchange.changes``).

    What was read of it before is no longer used while the keeper does not answer.
    """

    pk = models.CompositePrimaryKey("registry", "subject")
    registry = models.CharField(max_length=24)
    subject = models.CharField(max_length=32)  # keyed index, as in Lookup
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.registry} at {self.at}"
