"""The border: partners, the shared information base, who read what, and notices both ways."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from exchange.reported_changes import ReportedChange as ReportedChange
from exchange.reused_ids import ReusedId as ReusedId
from ledger.identifiers import uuid7
from people.language import in_language


def everything() -> list[str]:
    return ["*"]


class Partner(models.Model):
    """Another agency: its programs call our API, and we call its webhook endpoints."""

    code = models.SlugField(_("code"), primary_key=True, max_length=40)
    name_zh = models.CharField(_("Chinese name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=120)
    # SHA-256 of its API token
    token_hash = models.BinaryField(max_length=32, null=True, unique=True)
    services = models.JSONField(  # codes it may apply for and see; ["*"] = all
        _("services"), default=list
    )
    # what its programs may do at most, of oauth.scopes; ["*"] = all
    scopes = models.JSONField(_("scopes"), default=everything, db_default=["*"])
    active = models.BooleanField(_("active"), default=True)
    # whom to tell when its webhook keeps failing
    contact = models.EmailField(_("e-mail of its engineers"), blank=True, default="", db_default="")

    class Meta:
        verbose_name, verbose_name_plural = _("partner"), _("partners")

    def __str__(self) -> str:
        return in_language(self)


class Client(models.Model):
    """A program of a partner that gets access tokens (OAuth 2.0 client, RFC 6749, section 2).

    What it may do ends where its partner's does. Django OAuth Toolkit calls it an application.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    client_id = models.SlugField(_("client ID"), max_length=60, unique=True)
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="clients", verbose_name=_("partner")
    )
    name = models.CharField(_("name"), max_length=80)
    scopes = models.JSONField(_("scopes"), default=everything)  # ["*"] = all of its partner
    services = models.JSONField(_("services"), default=everything)  # ["*"] = all of its partner
    # SHA-256 of TLS client certificates, in hex, one of which it has to show (RFC 8705); []: none
    certificates = models.JSONField(_("certificates"), default=list, blank=True)
    created_at = models.DateTimeField(_("made at"))
    ended_at = models.DateTimeField(_("ended at"), null=True)  # its tokens end with it

    class Meta:
        verbose_name, verbose_name_plural = _("client"), _("clients")

    def __str__(self) -> str:
        return self.client_id


class ClientSecret(models.Model):
    """A secret of a client, as its SHA-256: it is random, so that nothing slower is needed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="secrets")
    secret_hash = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)  # a newer one has taken its place

    def __str__(self) -> str:
        return f"secret of {self.client_id}"


class AccessToken(models.Model):
    """A token that a client was given, as its SHA-256, until it expires or is revoked."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    token_hash = models.BinaryField(max_length=32, unique=True)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="tokens")
    scopes = models.JSONField()  # of oauth.scopes
    services = models.JSONField(default=everything)  # that were asked for; ["*"] = the client's
    certificate = models.CharField(max_length=64, blank=True)  # it works with this one alone
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"token of {self.client_id}"


class Endpoint(models.Model):
    """Where a partner takes our webhooks, and which of them: by kind, service and district.

    Each list has codes, or "*" alone for all; see ``exchange.subscriptions``.
    """

    class Ended(models.TextChoices):
        NOT = "", _("no")
        BY_OWNER = "owner", _("by its owner")
        GONE = "gone", _("its answer was 410 Gone")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="endpoints", verbose_name=_("partner")
    )
    url = models.CharField(_("webhook address"), max_length=300)
    description = models.CharField(_("what it is"), max_length=120, blank=True)
    kinds = models.JSONField(_("kinds"), default=everything)
    services = models.JSONField(_("services"), default=everything)
    districts = models.JSONField(_("districts"), default=everything)
    ended = models.CharField(  # nothing is sent to it, and what is owed to it waits
        _("switched off"), max_length=10, choices=Ended.choices, blank=True, default=Ended.NOT
    )
    created_at = models.DateTimeField(_("made at"))
    # how sending goes: it fails, or sent Retry-After
    paused_until = models.DateTimeField(_("paused until"), null=True, editable=False)
    failures = models.PositiveSmallIntegerField(  # in a row
        _("failures in a row"), default=0, editable=False
    )
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    told_at = models.DateTimeField(  # when its owner was last told that it fails
        _("its owner was told at"), null=True, editable=False
    )

    class Meta:
        verbose_name, verbose_name_plural = _("webhook endpoint"), _("webhook endpoints")

    def __str__(self) -> str:
        return self.url


class WebhookSecret(models.Model):
    """A secret that signs messages in one direction; several are active while one is changed.

    Encrypted, and bound to the partner's code. One with an ``endpoint`` signs what that is sent,
    in place of its partner's.
    """

    class Direction(models.TextChoices):
        OUT = "out", _("signs what we send")
        IN = "in", _("verifies what it sends")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="secrets")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, null=True)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    secret = models.BinaryField()
    created_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)  # a newer one has taken its place

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(endpoint=None) | models.Q(direction="out"),
                name="secret_of_endpoint_signs",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.direction} of {self.partner_id}"


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


class SignedAnswer(models.Model):
    """What another agency has signed about the subjects of one request, as received. Append-only.

    A JWS with digests in it alone (``exchange.protocol``): each item, with the salt that its digest
    needs, is kept with the evidence that rests on it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    registry = models.CharField(max_length=24)
    kid = models.CharField(max_length=200)  # of the key that signed it
    algorithm = models.CharField(max_length=12)  # Ed25519, or HS256: authenticated, no proof
    statement = models.TextField()
    received_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.registry}, {self.received_at}"


class Notice(models.Model):
    """One message that we owe a partner (outbox), written with what it tells of.

    Its deliveries, one an endpoint that wants it, are made afterwards (``exchange.routing``).
    They follow ``place``, an identity column which only the database knows (see the migration):
    the writer holds the subject's lock, so places follow the order of commits, which neither
    clocks nor UUIDs do.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)  # webhook-id
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, db_index=False, verbose_name=_("partner")
    )
    kind = models.CharField(_("kind"), max_length=40)  # outgoing.KINDS
    subject = models.CharField(_("subject"), max_length=80)  # as in Event; orders the deliveries
    body = models.TextField(_("content"))  # canonical JSON, signed as it is
    created_at = models.DateTimeField(_("made at"))
    routed_at = models.DateTimeField(  # none: its partner has no endpoint yet
        _("given to endpoints at"), null=True
    )

    class Meta:
        verbose_name, verbose_name_plural = _("notice"), _("notices")
        indexes = [
            models.Index(
                fields=["partner"], condition=models.Q(routed_at=None), name="notice_to_route"
            ),
            models.Index(fields=["partner", "created_at"], name="notice_log"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} → {self.partner_id}"


class WebhookDelivery(models.Model):
    """One notice on its way to one endpoint. At least once, in order per subject."""

    class State(models.TextChoices):
        DUE = "due", _("to be sent")  # to be sent, or sent again, at ``next_at``
        DELIVERED = "delivered", _("delivered")  # the endpoint answered 2xx
        DEAD = "dead", _("given up")  # after the last attempt; it may be sent again by hand

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    notice = models.ForeignKey(
        Notice, on_delete=models.CASCADE, db_index=False, verbose_name=_("notice")
    )
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, db_index=False, verbose_name=_("webhook endpoint")
    )
    subject = models.CharField(_("subject"), max_length=80)  # the notice's
    place = models.BigIntegerField(editable=False)  # the notice's
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DUE)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt at"))
    leased_until = models.DateTimeField(_("being sent until"), null=True)
    last_status = models.CharField(  # "503", "timeout", …
        _("last answer"), max_length=80, blank=True
    )
    delivered_at = models.DateTimeField(_("delivered at"), null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("notice sent"), _("notices sent")
        constraints = [
            models.UniqueConstraint(fields=["notice", "endpoint"], name="webhook_delivery_once"),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "next_at"],
                condition=models.Q(state="due"),
                name="webhook_delivery_due",
            ),
            models.Index(
                fields=["subject", "endpoint", "place"],
                condition=models.Q(state="due"),
                name="webhook_delivery_order",
            ),
            models.Index(fields=["endpoint", "place"], name="webhook_delivery_log"),
            models.Index(
                fields=["place"],
                condition=models.Q(state="dead"),
                name="webhook_delivery_dead",
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class WebhookAttempt(models.Model):
    """One attempt at a delivery: what was sent where, and what was answered. Kept for a month."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="log")
    url = models.CharField(_("webhook address"), max_length=300)
    status = models.CharField(_("answer"), max_length=80)  # "204", "timeout", …
    headers = models.TextField(_("headers sent"))  # JSON; of a signature its version alone
    answer = models.CharField(_("answer's text"), max_length=500, blank=True)  # its beginning
    milliseconds = models.PositiveIntegerField(_("milliseconds"))
    at = models.DateTimeField(_("time"), db_index=True)

    class Meta:
        verbose_name, verbose_name_plural = _("attempt"), _("each attempt")

    def __str__(self) -> str:
        return f"{self.status} at {self.at}"


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
