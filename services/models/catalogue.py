"""Services, and their frozen, dated, hashed editions."""

import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.clock import city_date
from ledger.models import Chained


class Service(Chained):
    """A catalogue entry (事项); what it means is in its editions."""

    code = models.SlugField(_("code"), primary_key=True, max_length=40)
    enabled = models.BooleanField(  # off: no new applications
        _("open for applications"), default=True
    )

    class Meta:
        verbose_name, verbose_name_plural = _("service"), _("services")

    def __str__(self) -> str:
        return self.code


class Edition(models.Model):
    """One published version of a service's pack (版本). Never changes; see the guard."""

    id = models.BigAutoField(primary_key=True)
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="editions", verbose_name=_("service")
    )
    number = models.PositiveIntegerField(_("number"))  # 1, 2, 3 … within the service
    source = models.TextField()  # the pack file, byte for byte
    city = models.JSONField(default=dict)  # what it took from its city; never changes either
    hash = models.CharField(_("SHA-256"), max_length=64)  # see services.edition.edition_hash
    legal_review = models.JSONField(default=list)  # of the pack: refuse, override; see the guard
    extension = models.PositiveSmallIntegerField(default=10, db_default=10)  # of the pack's clock
    engine = models.CharField(  # version of the rule engine that it was checked with
        _("rule engine"), max_length=20
    )
    in_force_from = models.DateField(_("in force from"))
    proposed_by = models.CharField(_("proposed by"), max_length=120)  # a policy officer
    published_at = models.DateTimeField(_("published at"))
    published_by = models.CharField(_("published by"), max_length=120)
    is_first = models.BooleanField(default=False)  # of its service: nothing was decided before it
    rollback_of = models.ForeignKey(  # the earlier edition whose text is in force again
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("rolled back to"),
    )
    reason = models.CharField(_("reason"), max_length=400, blank=True)
    trial = models.ForeignKey(  # without which it was not published; none: before that was asked
        "services.Trial",
        on_delete=models.PROTECT,
        null=True,
        related_name="editions",
        db_index=False,
        verbose_name=_("trial of a draft"),
    )
    # a correction, which may begin in the past: by order of a head of office
    ordered_by = models.CharField(_("ordered by"), max_length=120, blank=True, db_default="")
    order_reason = models.CharField(
        _("reason of the correction"), max_length=400, blank=True, db_default=""
    )

    class Meta:
        verbose_name, verbose_name_plural = _("edition"), _("editions")
        constraints = [
            models.UniqueConstraint(fields=["service", "number"], name="edition_numbered"),
            models.UniqueConstraint(
                fields=["hash"],
                condition=models.Q(rollback_of__isnull=True),
                name="edition_text_once",
            ),
            models.CheckConstraint(
                condition=models.Q(is_first=False) | models.Q(number=1),
                name="edition_first_is_first",
            ),
            models.CheckConstraint(
                condition=models.Q(rollback_of__isnull=True) | ~models.Q(reason=""),
                name="edition_rollback_has_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(ordered_by="", order_reason="")
                | ~(models.Q(ordered_by="") | models.Q(order_reason="")),
                name="edition_order_has_reason",
            ),
        ]
        ordering = ["service", "number"]

    def __str__(self) -> str:
        return f"{self.service_id} v{self.number}"

    @property
    def applies_from(self) -> datetime.date:
        """The first day on which a case could be judged by it: no first edition decided before."""
        published = city_date(self.published_at)
        return max(self.in_force_from, published) if self.is_first else self.in_force_from


class Pinyin(models.Model):
    """How a Chinese word is read, for finding services; made anew from a dictionary at any time."""

    word = models.CharField(max_length=200, primary_key=True)
    syllables = models.CharField(max_length=1400)  # without tones, a space between two

    class Meta:
        verbose_name = verbose_name_plural = _("pinyin")

    def __str__(self) -> str:
        return f"{self.word} {self.syllables}"
