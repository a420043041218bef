"""That a decision reaches its applicant: by when, and how it did (送达, 行政许可法 §44)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import uuid7
from people.models import User


class DeliveryWay(models.TextChoices):
    """How a decision is delivered (民事诉讼法 §§88–95, applied by analogy)."""

    ELECTRONIC = "electronic", _("electronically, as agreed")  # 电子送达
    IN_PERSON = "in_person", _("handed over")  # 直接送达
    POST = "post", _("by post")  # 邮寄送达
    ENTRUSTED = "entrusted", _("by another office")  # 委托送达
    LEFT = "left", _("left with a witness")  # 留置送达
    NOTICE = "notice", _("by public notice")  # 公告送达


OF_OFFICERS = tuple(way for way in DeliveryWay if way is not DeliveryWay.ELECTRONIC)
EXPLAINED = (DeliveryWay.LEFT, DeliveryWay.NOTICE)  # whose note says who saw it, or where it stood
NOTE_LONGEST = 400


class Delivery(models.Model):
    """The delivery of one decision: due within ten working days, open until it is recorded.

    An officer records who received it, how and on which day. Where the applicant has agreed to
    have it in the portal, it is delivered when it arrives there, and nobody records it. What the
    machine grants to a logged-in applicant, or a program, is delivered when issued: it has no row.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(
        "approvals.Application", on_delete=models.PROTECT, related_name="deliveries"
    )
    decision = models.OneToOneField(
        "approvals.Decision", on_delete=models.PROTECT, related_name="delivery"
    )
    due_at = models.DateTimeField()  # the first moment that is too late
    way = models.CharField(max_length=10, choices=DeliveryWay.choices, blank=True, default="")
    recipient = models.CharField(max_length=120, blank=True, default="")  # who received it
    note = models.CharField(max_length=NOTE_LONGEST, blank=True, default="")
    delivered_on = models.DateField(null=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("delivery"), _("deliveries")
        indexes = [
            models.Index(
                fields=["due_at"], condition=models.Q(recorded_at=None), name="delivery_open"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(recorded_at=None, delivered_on=None, by=None, way="")
                | models.Q(
                    recorded_at__isnull=False,
                    delivered_on__isnull=False,
                    by=None,
                    way=DeliveryWay.ELECTRONIC.value,
                )
                | models.Q(
                    recorded_at__isnull=False,
                    delivered_on__isnull=False,
                    by__isnull=False,
                    way__in=[way.value for way in OF_OFFICERS],
                )
                & ~models.Q(recipient=""),
                name="delivery_recorded_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id}: {self.way or 'open'}"
