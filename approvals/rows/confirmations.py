"""What was granted provisionally, and whether it was confirmed (暂准、核实)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from approvals.rows.decisions import Decision
from ledger.identifiers import uuid7


class ConfirmationState(models.TextChoices):
    DUE = "due", _("to be confirmed")  # the registries are still asked
    CONFIRMED = "confirmed", _("confirmed")  # they answered, and every condition is met
    CONTRADICTED = "contradicted", _("not confirmed")  # they answered; an officer has the case
    OVERDUE = "overdue", _("not confirmed in time")  # nobody answered; an officer has the case
    ENDED = "ended", _("ended otherwise")  # opened again, or its certificate ended before


class Otherwise(models.TextChoices):
    """What becomes of the certificate where nobody has answered in time (``city.freshness``)."""

    SUSPEND = "suspend", _("suspended until an officer decides")
    LAPSE = "lapse", _("ended")


CONFIRMATION = "confirmation"  # in the data of the events that end one: its id
# how asking goes on, of which no event tells; and what ends it, each with its event
ASKING = ("next_at", "leased_until", "attempts", "reason")
ENDING = ("state", "ended_at")


class Confirmation(models.Model):
    """That one provisional approval is to be confirmed.

    ``registries``: those that had not answered, in order, joined by commas. ``due_at``: the first
    moment that is too late; ``until``: the last day, as its certificate says.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(  # the unique key begins with it
        "approvals.Application",
        on_delete=models.PROTECT,
        related_name="confirmations",
        db_index=False,
    )
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT)
    registries = models.CharField(max_length=200)
    until = models.DateField()
    due_at = models.DateTimeField()
    otherwise = models.CharField(max_length=8, choices=Otherwise.choices)
    state = models.CharField(
        max_length=12, choices=ConfirmationState.choices, default=ConfirmationState.DUE
    )
    ended_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)  # since it was last given back
    reason = models.CharField(max_length=80, blank=True, default="")  # why the last try failed

    class Meta:
        verbose_name, verbose_name_plural = _("confirmation"), _("confirmations")
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=models.Q(state=ConfirmationState.DUE.value),
                name="confirmation_one_due",
            ),
            models.CheckConstraint(
                condition=models.Q(state=ConfirmationState.DUE.value, ended_at=None)
                | ~models.Q(state=ConfirmationState.DUE.value) & models.Q(ended_at__isnull=False),
                name="confirmation_ended_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=models.Q(state=ConfirmationState.DUE.value),
                name="confirmation_next",
            ),
            models.Index(
                fields=["due_at"],
                condition=models.Q(state=ConfirmationState.DUE.value),
                name="confirmation_due",
            ),
            models.Index(fields=["application"], name="confirmation_of_case"),
        ]

    def __str__(self) -> str:
        return f"{self.registries}: {self.state}"

    @property
    def asked(self) -> list[str]:
        return self.registries.split(",")
