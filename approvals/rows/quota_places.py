"""Places of a service that has so many (a pack's ``quota``), in the order of acceptance."""

from django.db import models

from ledger.identifiers import uuid7


class QuotaPlace(models.Model):
    """Where one application stands in the queue for a place (行政许可法 §57).

    Written with the submission. PostgreSQL gives the next ``ordinal`` of the queue (service, period
    and group) and the moment of ``accepted_at`` under a lock of that queue, so that the order is
    that of acceptance, and nobody comes in before whoever is there. Its position is that among the
    rows that are not freed. It is granted where that is within ``places``, the number in force
    then; PostgreSQL refuses it otherwise, and an approval without it (``approvals.guards.quotas``).

    Freed when the application ends without an approval, or what it was granted has ended. A case
    that is opened again after that stands in the queue anew, by another row.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(  # a unique key begins with it
        "approvals.Application",
        on_delete=models.PROTECT,
        related_name="quota_places",
        db_index=False,
    )
    service = models.CharField(max_length=40)
    period = models.CharField(max_length=4, blank=True)  # the year; empty: all together
    group = models.CharField(max_length=60, blank=True, db_column="group_key")
    ordinal = models.PositiveIntegerField(default=0)  # PostgreSQL's
    accepted_at = models.DateTimeField()  # PostgreSQL's
    places = models.PositiveIntegerField(null=True)  # in force when it was granted
    granted_at = models.DateTimeField(null=True)
    freed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["service", "period", "group", "ordinal"], name="quota_place_ordinal"
            ),
            models.UniqueConstraint(
                fields=["application"],
                condition=models.Q(freed_at=None),
                name="quota_place_one_a_case",
            ),
            models.CheckConstraint(
                condition=models.Q(granted_at=None, places=None)
                | models.Q(granted_at__isnull=False, places__gt=0),
                name="quota_place_granted_of",
            ),
        ]
        indexes = [
            models.Index(  # a position is counted in it alone
                fields=["service", "period", "group", "ordinal"],
                condition=models.Q(freed_at=None),
                name="quota_place_held",
            ),
            models.Index(
                fields=["service", "period", "group", "ordinal"],
                condition=models.Q(freed_at=None, granted_at=None),
                name="quota_place_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.period} {self.group} {self.ordinal}"
