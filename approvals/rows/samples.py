"""Automatic approvals drawn for a second look, what officers say of them, and findings."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import uuid7
from people.models import User


class SampleDraw(models.Model):
    """What was drawn of the automatic approvals of one month, and how: enough to draw it again.

    Append-only. ``strata``: one object for each office, service and edition, with ``population``
    and ``sampled``, and of its service the ``rate`` that was expected, the half-width that is
    ``wanted`` and the one that is ``reached``; numbers as text.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    month = models.DateField(unique=True)  # its first day
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()  # the first moment that is not of it
    drawn_at = models.DateTimeField()
    head_size = models.BigIntegerField()  # ledger.TreeHead: the first after the month and a pause
    head_root = models.BinaryField(max_length=32)
    population = models.PositiveIntegerField()
    late = models.PositiveIntegerField()  # of the month, but not under that head: left out
    list_hash = models.BinaryField(max_length=32)  # SHA-256 of the ids of all decisions, sorted
    strata = models.JSONField()

    class Meta:
        verbose_name, verbose_name_plural = _("re-review: rates"), _("re-review: rates")

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class SampleReview(models.Model):
    """One drawn decision and the officer who looks at it again, without knowing what was decided.

    ``is_control``: the machine did not approve this one. Controls keep the reviewer from knowing
    the outcome; no rate counts them.
    """

    class Answer(models.TextChoices):
        APPROVE = "approve", _("I would approve")
        REJECT = "reject", _("I would not approve")
        UNSURE = "unsure", _("I cannot tell")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    draw = models.ForeignKey(
        SampleDraw, on_delete=models.PROTECT, related_name="reviews", db_index=False
    )
    place = models.PositiveIntegerField()  # in the order of the draw, from 0
    decision = models.ForeignKey(
        "approvals.Decision", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    application = models.ForeignKey(
        "approvals.Application", on_delete=models.PROTECT, related_name="+"
    )
    is_control = models.BooleanField()
    candidates = models.JSONField()  # user names of who might have been chosen, sorted
    reviewer = models.ForeignKey(  # nobody: all clerks of the office have had to do with it
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    assigned_at = models.DateTimeField()
    answer = models.CharField(max_length=8, choices=Answer.choices, blank=True, default="")
    conditions = models.JSONField(default=list)  # ids of those that are not met, in the edition
    reason = models.TextField(blank=True, default="")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("re-review"), _("re-reviews")
        constraints = [
            models.UniqueConstraint(fields=["draw", "place"], name="sample_one_per_place"),
            models.UniqueConstraint(fields=["draw", "decision"], name="sample_decision_once"),
            models.CheckConstraint(
                condition=models.Q(answer="", answered_at=None, reason="", conditions=[])
                | (
                    models.Q(answered_at__isnull=False, reviewer__isnull=False)
                    & models.Q(answer__in=["approve", "reject", "unsure"])
                ),
                name="sample_answered_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["reviewer", "application"],
                condition=models.Q(answered_at=None),
                name="sample_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.draw_id} {self.place}"


class SampleFinding(models.Model):
    """That a drawn approval was false: one officer finds it, a second one confirms or dismisses.

    ``ground``: of ``certificates.models.Revocation``, where the second officer proposed to revoke;
    ``test``: a test case for the pack, with masked facts (YAML).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    review = models.OneToOneField(SampleReview, on_delete=models.PROTECT, related_name="finding")
    found_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    found_at = models.DateTimeField()
    settled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    settled_at = models.DateTimeField(null=True)
    confirmed = models.BooleanField(null=True)  # false: dismissed
    note = models.TextField(blank=True, default="")  # of the second officer
    ground = models.CharField(max_length=12, blank=True, default="")
    test = models.TextField(blank=True, default="")

    class Meta:
        verbose_name, verbose_name_plural = _("finding"), _("findings of re-reviews")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(settled_by=None, settled_at=None, confirmed=None, ground="")
                | models.Q(
                    settled_by__isnull=False, settled_at__isnull=False, confirmed__isnull=False
                ),
                name="finding_settled_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(settled_by=None) | ~models.Q(settled_by=models.F("found_by")),
                name="finding_two_officers",
            ),
        ]

    def __str__(self) -> str:
        return f"finding {self.pk}"
