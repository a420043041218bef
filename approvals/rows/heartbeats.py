"""That a standing process lives."""

from django.db import models


class Heartbeat(models.Model):
    """A standing process says that it lives (a row in PostgreSQL, not a ping to a broker)."""

    name = models.CharField(primary_key=True, max_length=60)  # engine:<host>:<pid>, checker:…
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name
