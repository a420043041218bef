"""What the city has received and decided, added up: the rows that the operations centre reads.

They are written by one process at a time (``operations.counts.adding``), set-based, and never by
whoever handles a case.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

ALL = "*"  # in place of a service and a district: of all of them together


class Grain(models.TextChoices):
    """How long it took what is counted together, by the city's clocks."""

    HOUR = "hour", _("by hour")
    DAY = "day", _("by day")
    MONTH = "month", _("by month")
    ALL = "all", _("altogether")


class CaseCount(models.Model):
    """How many cases were received, or decided so, in the ``grain`` that begins at ``start``.

    ``outcome``: ``received``, or of a decision. Of approvals and refusals those that stand are
    counted: one whose case was reopened leaves the hour in which it was made. ``buckets``: of
    decisions, by the seconds since the first submission (``counts.statements.CUTS``).
    """

    id = models.BigAutoField(primary_key=True)
    grain = models.CharField(max_length=5, choices=Grain.choices)
    start = models.DateTimeField()
    service = models.CharField(max_length=40)
    region = models.CharField(max_length=9)
    outcome = models.CharField(max_length=8)
    machine = models.BooleanField()  # decided by the machine alone
    cases = models.BigIntegerField()
    buckets = ArrayField(models.BigIntegerField())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["grain", "start", "service", "region", "outcome", "machine"],
                name="case_count_once",
            ),
        ]
        indexes = [
            models.Index(  # history is read of these alone
                fields=["grain", "start"], condition=models.Q(service=ALL), name="case_count_totals"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cases} {self.outcome} by {self.grain} {self.start}"


class HandoverCount(models.Model):
    """How often the machine handed cases of a service to officers for a reason."""

    id = models.BigAutoField(primary_key=True)
    grain = models.CharField(max_length=5, choices=Grain.choices)
    start = models.DateTimeField()
    service = models.CharField(max_length=40)
    reason = models.CharField(max_length=200)
    cases = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["grain", "start", "service", "reason"], name="handover_count_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cases} {self.reason} by {self.grain} {self.start}"


class AnswerCount(models.Model):
    """How often a registry answered so; ``buckets``: by the seconds that it took."""

    id = models.BigAutoField(primary_key=True)
    grain = models.CharField(max_length=5, choices=Grain.choices)
    start = models.DateTimeField()
    registry = models.CharField(max_length=24)
    outcome = models.CharField(max_length=12)
    answers = models.BigIntegerField()
    buckets = ArrayField(models.BigIntegerField())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["grain", "start", "registry", "outcome"], name="answer_count_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.answers} {self.outcome} by {self.grain} {self.start}"


class RowChange(models.Model):
    """A row that its key does not find: written late, or changed after it may have been counted.

    Written by triggers (``operations.guards``) in the transaction that makes the change; deleted by
    the one that counts it.
    """

    class Kind(models.TextChoices):
        LATE_CASE = "late_case"  # its key is older than its row
        LATE_DECISION = "late_decision"
        LATE_LOOKUP = "late_lookup"
        NOT_LIVE = "not_live"  # a decision that no longer stands
        MOVED = "moved"  # a case, from the district ``was`` to ``now``

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=13, choices=Kind.choices)
    row = models.UUIDField()
    was = models.CharField(max_length=9, blank=True, default="", db_default="")
    now = models.CharField(max_length=9, blank=True, default="", db_default="")

    def __str__(self) -> str:
        return f"{self.kind} {self.row}"


class CountedUntil(models.Model):
    """Up to which key everything is counted; one row. ``at``: when that was last done."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    key = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="counted_until_one"),
        ]

    def __str__(self) -> str:
        return str(self.key)


class Centre(CaseCount):
    """The operations centre as the desk lists it: a page, and no rows of its own."""

    class Meta:
        proxy = True
        verbose_name, verbose_name_plural = _("operations centre"), _("operations centre")
