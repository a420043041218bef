"""What changes the terms of a case: extensions, special procedures, escalations."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from approvals.states import PAUSED, State
from ledger.identifiers import uuid7
from people.models import User
from services.pack.model import OF_GOVERNMENT, OF_OFFICE

# SQL: whether the clock of an application ``a`` stands still, as ``actions.clock.stands_still``
_PAUSED = ", ".join(f"'{state}'" for state in PAUSED)
STANDS_STILL = (
    f"a.state IN ({_PAUSED}) OR a.state = '{State.RETURNED}'"
    " AND a.pauses #> '{-1,1}' IS NOT DISTINCT FROM 'null'::jsonb"
)


class TermExtension(models.Model):
    """A longer term of the law, by the head of the office, once (行政许可法 §42). Append-only.

    That of a joint handling is approved by the head of the government of that level, in a document
    with a number and a day, and recorded by the head of the office.
    ``version`` is ``Application.version`` before it: PostgreSQL lets ``extended_days`` change only
    together with this row.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(  # the unique key begins with it
        "approvals.Application", on_delete=models.PROTECT, related_name="extensions", db_index=False
    )
    version = models.PositiveIntegerField()
    days = models.PositiveSmallIntegerField()  # in the unit of the term
    reason = models.TextField()
    approval_number = models.CharField(max_length=80, blank=True, default="")  # of the government
    approved_on = models.DateField(null=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    was_due_at = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("extension"), _("extensions")
        constraints = [
            models.UniqueConstraint(fields=["application", "version"], name="extension_once"),
            models.CheckConstraint(
                condition=models.Q(due_at__gt=models.F("was_due_at"), days__gt=0),
                name="extension_is_longer",
            ),
            models.CheckConstraint(
                condition=models.Q(days__lte=OF_OFFICE, approved_on=None, approval_number="")
                | models.Q(days=OF_GOVERNMENT, approved_on__isnull=False)
                & ~models.Q(approval_number=""),
                name="extension_by_government",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} +{self.days}"


class ProcedureKind(models.TextChoices):
    """What of §45 does not count into the term, as far as an office of ours holds it.

    And an inspection, where a law of its own takes its time out of the term.
    """

    HEARING = "hearing", _("hearing")  # 听证
    EXPERT_REVIEW = "expert_review", _("expert review")  # 专家评审
    INSPECTION = "inspection", _("inspection on site")  # 勘验、检查
    TESTING = "testing", _("testing or appraisal")  # 检验、检测、检疫、鉴定


class Procedure(models.Model):
    """A hearing, expert review, inspection or test that a case waits for (特别程序, §45).

    While it is open the case is in the state ``procedure``. ``until``: the last day that the
    applicant was told. Ended by an officer with its result; without either where the applicant
    took the application back.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(
        "approvals.Application", on_delete=models.PROTECT, related_name="procedures"
    )
    kind = models.CharField(max_length=16, choices=ProcedureKind.choices)
    law = models.CharField(max_length=200)
    words = models.TextField()  # what the applicant reads: what is done, where, what to bring
    until = models.DateField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    opened_at = models.DateTimeField()
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True)
    result = models.TextField(blank=True, default="")

    class Meta:
        verbose_name, verbose_name_plural = _("special procedure"), _("special procedures")
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=models.Q(ended_at=None),
                name="procedure_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_by=None, result="")
                | (models.Q(ended_by__isnull=False, ended_at__isnull=False) & ~models.Q(result="")),
                name="procedure_ended_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.application_id}"


class Stage(models.TextChoices):
    """Whom an escalation concerns: soon is the supervisor's, over is the head's too."""

    SOON = "soon", _("soon overdue")
    OVER = "over", _("overdue")


class Escalation(models.Model):
    """That a case was shown to the supervisor before its day, or to the head after it. Append-only.

    Once for each day that its term ends on: after a pause or an extension there is another one.
    ``of_delivery``: the day is not that of the decision but the one to deliver it by.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(  # the unique key begins with it
        "approvals.Application",
        on_delete=models.PROTECT,
        related_name="escalations",
        db_index=False,
    )
    stage = models.CharField(max_length=4, choices=Stage.choices)
    of_delivery = models.BooleanField(default=False)
    due_at = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("escalation"), _("escalations")
        constraints = [
            models.UniqueConstraint(
                fields=["application", "due_at", "stage", "of_delivery"], name="escalation_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.stage}"


class Acceptance(models.Model):
    """That an application counts as accepted because nobody called anything missing in time.

    From the day of receipt, once five working days are over without a correction notice
    (行政许可法 §32). Append-only; whoever calls something missing from then on has a supervisor's
    permission.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.OneToOneField(
        "approvals.Application", on_delete=models.PROTECT, related_name="acceptance"
    )
    received_on = models.DateField()
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("deemed acceptance"), _("deemed acceptances")

    def __str__(self) -> str:
        return f"{self.application_id} of {self.received_on}"
