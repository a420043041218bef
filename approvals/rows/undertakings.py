"""What applicants sign in place of files, what is inspected after approval, and who may sign none.

The words of a commitment or promise are its edition's; a row has their hash, and who signed when.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import uuid7
from people.models import User


class UndertakingKind(models.TextChoices):
    COMMITMENT = "commitment", _("commitment")  # 告知承诺: that something is so
    PROMISE = "promise", _("promise to hand in later")  # 容缺受理: that a file comes by a day


class UndertakingState(models.TextChoices):
    """How far one is. Only what is ``signed`` stands in for files."""

    SIGNED = "signed", _("signed")
    WITHDRAWN = "withdrawn", _("taken back")  # by its signer, before the decision
    KEPT = "kept", _("handed in")  # of a promise
    LAPSED = "lapsed", _("not handed in in time")  # of a promise


# columns that change, with an event of the case that names their hash
CHANGING = ("state", "ended_at")
FIXED = (
    *("id", "application_id", "box", "question", "kind", "waits", "sha256"),
    *("signed_by", "signed_at", "due_at"),
)


class Undertaking(models.Model):
    """One commitment or promise of one case.

    ``box``: of the form; ``question``: in place of whose files it was signed. ``sha256``: of its
    words, as the edition has them. ``waits``: nothing is granted while it is open. ``due_at``: of a
    promise, the first moment that is too late.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(  # the index begins with it
        "approvals.Application",
        on_delete=models.PROTECT,
        related_name="undertakings",
        db_index=False,
    )
    box = models.CharField(max_length=46)
    question = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=UndertakingKind.choices)
    waits = models.BooleanField()
    sha256 = models.CharField(max_length=64)
    signed_by = models.CharField(max_length=120)  # the actor as text
    signed_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    state = models.CharField(
        max_length=10, choices=UndertakingState.choices, default=UndertakingState.SIGNED
    )
    ended_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("undertaking"), _("undertakings")
        constraints = [
            models.UniqueConstraint(
                fields=["application", "box"],
                condition=models.Q(state=UndertakingState.SIGNED.value),
                name="undertaking_signed_once",
            ),
            models.CheckConstraint(
                condition=models.Q(kind=UndertakingKind.PROMISE.value, due_at__isnull=False)
                | models.Q(kind=UndertakingKind.COMMITMENT.value, due_at=None, waits=False),
                name="undertaking_promise_has_day",
            ),
            models.CheckConstraint(
                condition=models.Q(state=UndertakingState.SIGNED.value, ended_at=None)
                | ~models.Q(state=UndertakingState.SIGNED.value) & models.Q(ended_at__isnull=False),
                name="undertaking_ended_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["application"], name="undertaking_of_case"),
            models.Index(
                fields=["due_at"],
                condition=models.Q(state=UndertakingState.SIGNED.value, due_at__isnull=False),
                name="undertaking_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.box} of {self.application_id}: {self.state}"


class Cause(models.TextChoices):
    """Why a case is inspected after it was granted."""

    COMMITMENT = "commitment", _("granted on a commitment")
    DRAWN = "drawn", _("drawn at random")  # 双随机
    LAPSE = "lapse", _("a promised file did not come")
    RECTIFIED = "rectified", _("what was to be put right by now")


class InspectionResult(models.TextChoices):
    PASSED = "passed", _("as committed")
    RECTIFY = "rectify", _("to be put right by a day")
    UNTRUE = "untrue", _("untrue: to be revoked")


# columns that are written once, when it is done
OF_RESULT = ("result", "reason", "rectify_by", "done_by_id", "done_at")


class Inspection(models.Model):
    """One look at what was granted, by a named officer until a day (事中事后监管).

    ``rectify_by``: the last day to put it right; another inspection follows that day.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(
        "approvals.Application", on_delete=models.PROTECT, related_name="inspections"
    )
    cause = models.CharField(_("cause"), max_length=10, choices=Cause.choices)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(_("due"))
    escalated_at = models.DateTimeField(null=True)
    result = models.CharField(
        _("result"), max_length=8, choices=InspectionResult.choices, blank=True, default=""
    )
    reason = models.TextField(blank=True, default="")
    rectify_by = models.DateField(null=True)
    done_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("inspection"), _("inspections")
        ordering = ["due_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(result="", done_by=None, done_at=None, reason="")
                | ~models.Q(result="")
                & ~models.Q(reason="")
                & models.Q(done_by__isnull=False, done_at__isnull=False),
                name="inspection_done_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(result="rectify", rectify_by__isnull=False)
                | ~models.Q(result="rectify") & models.Q(rectify_by=None),
                name="inspection_rectify_has_day",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=models.Q(done_at=None), name="inspection_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id}: {self.result or self.due_at}"


class CreditRecord(models.Model):
    """That a commitment was untrue, so that its signer commits to nothing until a day (失信记录).

    Written once the certificate that came of it is revoked by two officers. Append-only.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.CharField(max_length=32)  # identity.index of the applicant
    inspection = models.OneToOneField(Inspection, on_delete=models.PROTECT, related_name="credit")
    at = models.DateTimeField()
    until = models.DateField()  # the last day

    class Meta:
        verbose_name, verbose_name_plural = _("credit record"), _("credit records")
        indexes = [models.Index(fields=["person", "until"], name="credit_of_person")]

    def __str__(self) -> str:
        return f"{self.inspection_id}: {self.until}"
