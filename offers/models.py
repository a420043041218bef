"""Scans of the whole city by an edition's own conditions, and the offers that come of them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import uuid7
from services.models import Edition, Service


class ScanOrder(models.Model):
    """That a service is to be scanned: by the clock once a month, or by an officer.

    PostgreSQL is the queue: whatever dies with an order in hand, the next run takes it again.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+", db_index=False)
    month = models.DateField(null=True)  # its first day, of an order by the clock
    by = models.CharField(_("ordered by"), max_length=120)
    at = models.DateTimeField(_("ordered at"))
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    ended_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        verbose_name, verbose_name_plural = _("order of a scan"), _("orders of scans")
        constraints = [
            models.UniqueConstraint(fields=["service", "month"], name="scan_order_once_a_month"),
        ]
        indexes = [
            models.Index(fields=["at"], condition=models.Q(ended_at=None), name="scan_order_open"),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} {self.at:%Y-%m-%d}"


class Scan(models.Model):
    """One run over the whole city: by which edition, as of when, and who was found. Append-only.

    ``subjects``: the keyed indexes of all who met every condition, 16 bytes each, in order;
    ``list_hash`` is their SHA-256. ``counts``: what became of them (``offers.actions.scanning``),
    ``regions``: the offers by district. ``left``: the conditions that SQL could not say, by id,
    with the reason. ``missed``: of ``checked`` people whom SQL left out, those whom the judge
    would not have; it should be 0.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.OneToOneField(ScanOrder, on_delete=models.PROTECT, related_name="scan")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+", db_index=False)
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="+", db_index=False)
    edition_hash = models.CharField(max_length=64)
    as_of = models.DateField(_("as of"))
    at = models.DateTimeField(_("time"))
    milliseconds = models.PositiveIntegerField()  # of finding and judging
    snapshot = models.TextField()  # PostgreSQL's, as which the store was read
    records = models.PositiveIntegerField(_("gone through"))
    drawn = models.PositiveIntegerField(_("drawn"))
    subjects = models.BinaryField()
    list_hash = models.BinaryField(max_length=32)
    counts = models.JSONField()
    regions = models.JSONField()
    left = models.JSONField(default=dict)
    checked = models.PositiveIntegerField()
    missed = models.PositiveIntegerField()

    class Meta:
        verbose_name, verbose_name_plural = _("scan"), _("scans of the city")
        indexes = [models.Index(fields=["service", "-at"], name="scan_of_service")]

    def __str__(self) -> str:
        return f"{self.service_id} {self.as_of}"


class ScanReading(models.Model):
    """That a scan has read a registry: one row for all (数据条例 §43). Append-only.

    In place of a look-up each: ``records`` says of how many. ``everybody``: of all who are in it;
    else of those whom the scan drew.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="readings")
    registry = models.CharField(max_length=24)
    fields = models.TextField()  # comma-separated
    everybody = models.BooleanField()
    records = models.PositiveIntegerField()
    by = models.CharField(max_length=120)
    purpose = models.TextField()
    basis = models.TextField()  # the law relied on
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("reading by a scan"), _("readings by scans")
        indexes = [models.Index(fields=["-at"], name="scan_reading_newest")]

    def __str__(self) -> str:
        return f"{self.registry} by {self.scan_id}"


class Offer(models.Model):
    """What a scan found somebody to meet, and what they said of it.

    ``inputs``: the facts by which they were found, canonical JSON, by which they are judged again
    when the scan is replayed. ``checked_at``: when these facts were last seen to hold.
    """

    class State(models.TextChoices):
        OPEN = "open", _("not answered")
        ACCEPTED = "accepted", _("agreed to")  # an application was handed in
        DECLINED = "declined", _("not wanted")
        EXPIRED = "expired", _("expired")
        WITHDRAWN = "withdrawn", _("withdrawn")  # the registries no longer say so

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="offers")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+", db_index=False)
    subject = models.CharField(max_length=32)  # identity.index of whose it is
    region = models.CharField(max_length=9, blank=True)  # GB/T 2260; empty: the whole city's
    inputs = models.TextField()
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    made_at = models.DateTimeField(_("made at"))
    checked_at = models.DateTimeField()
    expires_on = models.DateField(_("open until"))  # its last day
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=40, blank=True, default="")  # of a withdrawal
    application = models.CharField(max_length=40, blank=True, default="")  # its number

    class Meta:
        verbose_name, verbose_name_plural = _("offer"), _("offers")
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "service"],
                condition=models.Q(state="open"),
                name="offer_one_open",
            ),
            models.UniqueConstraint(fields=["scan", "subject"], name="offer_once_a_scan"),
            models.CheckConstraint(
                condition=models.Q(state="open", ended_at=None)
                | models.Q(~models.Q(state="open"), ended_at__isnull=False),
                name="offer_ended_at",
            ),
            models.CheckConstraint(
                condition=models.Q(state="accepted") & ~models.Q(application="")
                | ~models.Q(state="accepted") & models.Q(application=""),
                name="offer_accepted_with_case",
            ),
        ]
        indexes = [
            models.Index(fields=["subject", "-made_at"], name="offer_of_person"),
            models.Index(
                fields=["expires_on"], condition=models.Q(state="open"), name="offer_to_expire"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} to {self.subject}"
