"""The border: partners, the shared information base, who read what, and notices both ways."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import uuid7


class Partner(models.Model):
    """Another agency: its programs call our API, and we call its webhook."""

    code = models.SlugField(_("code"), primary_key=True, max_length=40)
    name_zh = models.CharField(_("Chinese name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=120)
    # SHA-256 of its API token
    token_hash = models.BinaryField(max_length=32, null=True, unique=True)
    webhook_url = models.CharField(_("webhook address"), max_length=300, blank=True)
    webhook_secret = models.BinaryField(null=True)  # encrypted; signs what we send
    inbound_secret = models.BinaryField(null=True)  # encrypted; verifies what it sends
    services = models.JSONField(  # codes it may apply for and see; ["*"] = all
        _("services"), default=list
    )
    active = models.BooleanField(_("active"), default=True)
    # it fails, or sent Retry-After
    paused_until = models.DateTimeField(_("paused until"), null=True, editable=False)
    failures = models.PositiveSmallIntegerField(  # in a row
        _("failures in a row"), default=0, editable=False
    )

    class Meta:
        verbose_name, verbose_name_plural = _("partner"), _("partners")

    def __str__(self) -> str:
        return self.name_zh


class Record(models.Model):
    """What one registry of the city's own store says of one subject (共享信息库).

    The table is hash-partitioned by subject (see the migration); nothing refers to it.
    """

    pk = models.CompositePrimaryKey("subject", "registry")
    subject = models.CharField(max_length=32)  # identity.index of an ID number or a USCC
    registry = models.CharField(max_length=24)
    version = models.PositiveIntegerField(default=1)
    data = models.JSONField()
    updated_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "exchange_record"

    def __str__(self) -> str:
        return f"{self.registry} of {self.subject}"


class Entry(models.Model):
    """What the city itself entered in a registry of its store: a licence in the register, a name.

    Beside ``Record``, which agencies deliver whole and which would write over it. It is answered
    together with the record while ``ended_at`` is empty: as long as what it comes from is live.

    ``replaces``: empty where it is joined to the record; else it stands in place of its fields, and
    of records in lists that have the same value in the field of that name (``yes``: lists whole).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    registry = models.CharField(max_length=24)
    subject = models.CharField(max_length=32)  # identity.index of what the registry is asked by
    case = models.CharField(max_length=40)  # number of the application; not answered to itself
    certificate = models.UUIDField()  # that it comes from, and ends with (certificates.guards)
    data = models.TextField()  # canonical JSON of the registry's fields
    replaces = models.CharField(max_length=40, blank=True, default="", db_default="")
    entered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["subject", "registry"],
                condition=models.Q(ended_at=None),
                name="entry_live",
            ),
            models.Index(fields=["certificate"], name="entry_certificate"),
        ]

    def __str__(self) -> str:
        return f"{self.registry}, by case {self.case}"


class Lookup(models.Model):
    """Who read whose data, which fields, for which case, on what basis (查询留痕). Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    registry = models.CharField(_("registry"), max_length=24)
    subject = models.CharField(_("keyed index of the person"), max_length=32)
    fields = models.TextField(_("fields"))  # comma-separated
    by = models.CharField(_("who"), max_length=120)
    purpose = models.TextField(_("purpose"))  # text: a pack's long words must not stop its cases
    case = models.CharField(_("case"), max_length=40, blank=True)  # application number
    basis = models.TextField(_("legal basis"))  # the law relied on
    outcome = models.CharField(_("outcome"), max_length=12)  # found, absent, failed
    reason = models.CharField(_("reason"), max_length=80, blank=True)  # why it failed
    milliseconds = models.PositiveIntegerField(_("milliseconds"), default=0)
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name, verbose_name_plural = _("look-up"), _("look-ups")
        indexes = [
            models.Index(fields=["subject", "-at"]),
            models.Index(fields=["case"]),
        ]

    def __str__(self) -> str:
        return f"{self.registry} for {self.case or self.purpose}"


class Notice(models.Model):
    """One message that we owe a partner (outbox). At least once, in order per subject.

    The order is that of ``place``, an identity column which only the database knows (see the
    migration): the writer holds the subject's lock, so places follow the order of commits, which
    neither clocks nor UUIDs do.
    """

    class State(models.TextChoices):
        DUE = "due", _("to be sent")  # to be sent, or sent again, at ``next_at``
        DELIVERED = "delivered", _("delivered")  # the partner answered 2xx
        DEAD = "dead", _("given up")  # given up after the last attempt; an officer may replay it

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)  # webhook-id
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, db_index=False, verbose_name=_("partner")
    )
    kind = models.CharField(  # application.decided, approval.requested, filing.pushed
        _("kind"), max_length=40
    )
    subject = models.CharField(_("subject"), max_length=80)  # as in Event; orders the deliveries
    body = models.TextField(_("content"))  # canonical JSON, signed as it is
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DUE)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt at"))
    leased_until = models.DateTimeField(_("being sent until"), null=True)
    last_status = models.CharField(  # "503", "timeout", …
        _("last answer"), max_length=80, blank=True
    )
    created_at = models.DateTimeField(_("made at"))
    delivered_at = models.DateTimeField(_("delivered at"), null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("notice"), _("notices")
        indexes = [
            models.Index(
                fields=["partner", "next_at"], condition=models.Q(state="due"), name="notice_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.partner_id}"


class Message(models.Model):
    """A message that a partner sent to us (inbox): (partner, message id) takes effect once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, db_index=False, verbose_name=_("partner")
    )
    message_id = models.CharField(_("message id"), max_length=255)
    kind = models.CharField(_("kind"), max_length=40)
    body_hash = models.BinaryField(max_length=32)
    body = models.TextField(_("content"))
    received_at = models.DateTimeField(_("received at"))
    result = models.CharField(_("result"), max_length=80, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("message received"), _("messages received")
        constraints = [
            models.UniqueConstraint(fields=["partner", "message_id"], name="message_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.partner_id}"
