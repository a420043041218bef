"""Texts that judge every live case beside the live edition, without effect (影子运行)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from services.models.catalogue import Edition, Service


class Shadow(models.Model):
    """A text in shadow: a draft before it is live, or a former edition beside a new one.

    One at a time for a service. Where a draft diverges more than is ``expected``, that is found
    before it is live (``found_at``); where a former edition does, the service is suspended.
    ``measured`` as in ``Suspension``. ``cases`` that both judged; ``failed``: of them, where the
    shadow's judge raised; ``unheld``: where the case lacks a fact that it wants. The counts are
    added up by one process (``services.watching``).
    """

    id = models.BigAutoField(primary_key=True)
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="shadows", verbose_name=_("service")
    )
    edition = models.ForeignKey(  # of a former edition
        Edition, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    source = models.TextField()
    city = models.JSONField(default=dict)
    hash = models.CharField(_("SHA-256"), max_length=64)
    expected = models.DecimalField(  # share of cases that may diverge; null: the city's band
        _("divergence expected"), max_digits=4, decimal_places=3, null=True
    )
    reason = models.CharField(_("reason"), max_length=400)
    started_at = models.DateTimeField(_("started at"))
    started_by = models.CharField(_("started by"), max_length=120)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    ended_by = models.CharField(_("ended by"), max_length=120, blank=True)
    found_at = models.DateTimeField(_("left its band at"), null=True)
    measured = models.JSONField(default=dict)
    cases = models.PositiveBigIntegerField(_("cases"), default=0)
    diverged = models.PositiveBigIntegerField(_("diverged"), default=0)
    failed = models.PositiveBigIntegerField(_("judge failed"), default=0)
    unheld = models.PositiveBigIntegerField(_("lacked a fact"), default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("shadow"), _("shadows")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["service"], condition=models.Q(ended_at=None), name="shadow_one_running"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, ended_by="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(ended_by="")),
                name="shadow_ended",
            ),
            models.CheckConstraint(
                condition=models.Q(expected=None) | models.Q(expected__gt=0, expected__lt=1),
                name="shadow_expected_is_share",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} shadow {self.pk}"


class Divergence(models.Model):
    """How often a condition had one result live and another in shadow, and with which outcomes.

    ``condition`` is empty where the outcomes differ and no condition of both does, and ``failed``
    as the shadow's result where its judge raised. ``samples``: numbers of some such cases.
    """

    id = models.BigAutoField(primary_key=True)
    shadow = models.ForeignKey(Shadow, on_delete=models.PROTECT, related_name="divergences")
    condition = models.CharField(max_length=80, blank=True)
    live = models.CharField(max_length=16)
    other = models.CharField(max_length=16)
    live_outcome = models.CharField(max_length=8)
    other_outcome = models.CharField(max_length=8)
    cases = models.PositiveBigIntegerField()
    samples = models.JSONField(default=list)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shadow", "condition", "live", "other", "live_outcome", "other_outcome"],
                name="divergence_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.condition}: {self.live} -> {self.other}"
