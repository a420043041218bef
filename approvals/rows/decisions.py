"""How a case was decided (决定)."""

from django.db import models

from approvals.states import FINAL, Outcome
from ledger.identifiers import uuid7
from people.models import User
from services.models import Edition


class Decision(models.Model):
    """What was decided and why, as a signed receipt (决定书). Append-only but for ``live``.

    The machine's handing over and sending back are recorded in the same form, never live.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(
        "approvals.Application", on_delete=models.PROTECT, related_name="decisions"
    )
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, db_index=False)
    round = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    live = models.BooleanField()  # the decision that stands; false after reopening
    by = models.CharField(max_length=120)
    officer = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    proposed_by = models.ForeignKey(  # the first of two officers, against the verdict
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    as_of = models.DateField()
    inputs = models.JSONField()  # canonical typed facts; a back-test reads one row a case
    receipt = models.BinaryField()  # canonical bytes
    kid = models.CharField(max_length=64)
    algorithm = models.CharField(max_length=16)
    signature = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=models.Q(live=True), name="decision_one_live"
            ),
            models.CheckConstraint(
                condition=models.Q(live=False)
                | models.Q(outcome__in=[outcome.value for outcome in FINAL]),
                name="decision_live_is_final",
            ),
            models.CheckConstraint(  # only a named officer refuses
                condition=~models.Q(outcome=Outcome.REFUSE.value) | models.Q(officer__isnull=False),
                name="decision_refusal_has_officer",
            ),
            models.CheckConstraint(
                condition=models.Q(proposed_by=None) | ~models.Q(proposed_by=models.F("officer")),
                name="decision_two_officers",
            ),
        ]
        indexes = [
            models.Index(fields=["edition", "at"]),
            models.Index(
                fields=["at"],
                condition=models.Q(outcome=Outcome.RETURN.value),
                name="decision_returned",
            ),
            models.Index(  # what a back-test counts, without a look at the rows
                fields=["edition", "as_of", "at"],
                condition=models.Q(live=True),
                name="decision_by_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} by {self.by}"
