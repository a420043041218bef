"""Automatic approvals that were overturned, kept as tests that later editions have to pass."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import uuid7
from people.models import User
from services.models.catalogue import Edition, Service


class Regression(models.Model):
    """One overturned approval of the machine's (回归案例), with nobody's data in it.

    ``facts``: the inputs of the decision in stored form (``services.inputs.Inputs.to_json``),
    masked. ``decision``: of ``approvals.Decision``, which alone leads back to the case.
    ``conditions``: ids of those that officers say are not met; ``changed``: names of the facts that
    the officers' decision rests on otherwise than the machine's. ``involved``: user names of who
    decided, reviewed or settled the case. Facts, words and origin never change; see the guard.
    """

    class Origin(models.TextChoices):
        REOPENING = "reopening", _("overturned after it was opened again")
        REVIEW = "review", _("found false by re-review")

    class Cause(models.TextChoices):
        RULE = "rule", _("the rule")
        FACTS = "facts", _("the facts, not the rule")
        NOT_MASKED = "not_masked", _("could not be masked")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("waits for a legal officer")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        RETIRED = "retired", _("retired")

    class Expected(models.TextChoices):
        NOT_APPROVE = "not_approve", _("anything but approval")
        RETURN = "return", _("return for correction")
        REFER = "refer", _("hand to an officer")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="regressions", verbose_name=_("service")
    )
    number = models.PositiveIntegerField()  # 1, 2, 3 … within the service
    edition = models.ForeignKey(
        Edition, on_delete=models.PROTECT, related_name="+", db_index=False
    )  # that erred
    decision = models.UUIDField(unique=True)
    origin = models.CharField(max_length=12, choices=Origin.choices)
    cause = models.CharField(max_length=12, choices=Cause.choices)
    facts = models.JSONField()
    conditions = models.JSONField(default=list)
    changed = models.JSONField(default=list)
    words = models.TextField()  # why, as the officers wrote it, masked
    involved = models.JSONField(default=list)
    proposed_at = models.DateTimeField(_("proposed at"))
    proposed_by = models.CharField(max_length=120)  # who overturned it: people.actors.Actor

    state = models.CharField(
        _("state"), max_length=8, choices=State.choices, default=State.PROPOSED
    )
    expected = models.CharField(
        max_length=12, choices=Expected.choices, default=Expected.NOT_APPROVE
    )
    law = models.CharField(max_length=400, blank=True, default="")
    reason = models.CharField(max_length=400, blank=True, default="")  # of the legal officer
    settled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    settled_at = models.DateTimeField(null=True)

    # two officers retire one that was accepted; asked and not yet confirmed, it still counts
    retirement_reason = models.CharField(max_length=400, blank=True, default="")
    retirement_asked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    retirement_asked_at = models.DateTimeField(null=True)
    retired_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    retired_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("regression case"), _("regression cases")
        ordering = ["service", "number"]
        constraints = [
            models.UniqueConstraint(fields=["service", "number"], name="regression_numbered"),
            models.CheckConstraint(  # a machine declines what is no test of a rule
                condition=models.Q(state="proposed", settled_by=None, settled_at=None, cause="rule")
                | models.Q(state="declined", settled_by=None, settled_at__isnull=False)
                & ~models.Q(cause="rule")
                | models.Q(
                    state__in=["accepted", "declined", "retired"],
                    settled_by__isnull=False,
                    settled_at__isnull=False,
                    cause="rule",
                ),
                name="regression_settled_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["proposed", "declined"])
                | (~models.Q(law="") & ~models.Q(reason="")),
                name="regression_has_law_and_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    retirement_asked_by=None, retirement_asked_at=None, retirement_reason=""
                )
                | models.Q(
                    retirement_asked_by__isnull=False,
                    retirement_asked_at__isnull=False,
                    state__in=["accepted", "retired"],
                )
                & ~models.Q(retirement_reason=""),
                name="regression_retirement_asked_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(state="retired", retirement_asked_by__isnull=False)
                & models.Q(retired_by__isnull=False, retired_at__isnull=False)
                & ~models.Q(retired_by=models.F("retirement_asked_by"))
                | ~models.Q(state="retired") & models.Q(retired_by=None, retired_at=None),
                name="regression_retired_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id}-{self.number}"
