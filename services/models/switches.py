"""What of automatic approval is suspended (熔断): a service, or whatever rests on a registry.

And what is counted of the machine's decisions, so that it is suspended by itself.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import uuid7


class Scope(models.TextChoices):
    SERVICE = "service", _("service")
    REGISTRY = "registry", _("registry")


class Cause(models.TextChoices):
    PERSON = "person", _("a person")
    BAND = "band", _("a measured rate left its band")


class Suspension(models.Model):
    """Nothing of a service, or that rests on a registry's answers, is approved by the machine.

    Until two officers have released it: one proposes, another confirms. Append-only but for the
    release. ``measured``: of a rate that left its band, what was counted (``services.bands``).
    """

    id = models.BigAutoField(primary_key=True)
    scope = models.CharField(_("what"), max_length=8, choices=Scope.choices)
    code = models.SlugField(_("code"), max_length=40, db_index=False)
    cause = models.CharField(_("cause"), max_length=6, choices=Cause.choices)
    measured = models.JSONField(default=dict)
    reason = models.CharField(_("reason"), max_length=400)
    by = models.CharField(_("suspended by"), max_length=120)
    at = models.DateTimeField(_("suspended at"))
    release_reason = models.CharField(_("reason of the release"), max_length=400, blank=True)
    release_proposed_by = models.CharField(_("release proposed by"), max_length=120, blank=True)
    release_proposed_at = models.DateTimeField(null=True)
    released_by = models.CharField(_("released by"), max_length=120, blank=True)
    released_at = models.DateTimeField(_("released at"), null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("suspension"), _("suspensions")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(  # the index that every decision asks
                fields=["scope", "code"],
                condition=models.Q(released_at=None),
                name="suspension_one_live",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="suspension_has_reason"),
            models.CheckConstraint(
                condition=models.Q(cause="person", measured={})
                | (models.Q(cause="band") & ~models.Q(measured={})),
                name="suspension_band_is_measured",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    release_proposed_at=None, release_proposed_by="", release_reason=""
                )
                | (
                    models.Q(release_proposed_at__isnull=False)
                    & ~models.Q(release_proposed_by="")
                    & ~models.Q(release_reason="")
                ),
                name="suspension_release_proposed",
            ),
            models.CheckConstraint(
                condition=models.Q(released_at=None, released_by="")
                | (
                    models.Q(released_at__isnull=False, release_proposed_at__isnull=False)
                    & ~models.Q(released_by="")
                    & ~models.Q(released_by=models.F("release_proposed_by"))
                ),
                name="suspension_two_officers",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.code}"

    @property
    def is_live(self) -> bool:
        return self.released_at is None


class Tally(models.Model):
    """What one batch of an engine decided of a service, on a registry, or beside a shadow.

    Inserted with the decisions, in their statement; added up and deleted by one process within a
    second (``services.watching``). So engines never wait for each other's counts, and a count is
    neither lost nor doubled. ``detail``: of a shadow, the divergences of the batch.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.CharField(max_length=8)  # service, registry, shadow
    code = models.CharField(max_length=40)  # of a shadow its id
    cases = models.PositiveIntegerField()
    approved = models.PositiveIntegerField(default=0)
    handed_over = models.PositiveIntegerField(default=0)
    diverged = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    unheld = models.PositiveIntegerField(default=0)
    detail = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.scope} {self.code}: {self.cases}"


class Rate(models.Model):
    """What speaks for a rate having left its band on one side (``services.bands``).

    ``hits`` of ``cases`` since nothing spoke for it the last time, at ``since``.
    """

    id = models.BigAutoField(primary_key=True)
    scope = models.CharField(max_length=8)
    code = models.CharField(max_length=40)
    measure = models.CharField(max_length=12)  # approved, handed_over, diverged
    side = models.CharField(max_length=5)  # above, below
    cases = models.PositiveIntegerField(default=0)
    hits = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "code", "measure", "side"], name="rate_once"),
            models.CheckConstraint(
                condition=models.Q(hits__lte=models.F("cases")), name="rate_hits"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.code}: {self.hits} of {self.cases} {self.measure}"
