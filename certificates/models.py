"""What is issued: certificates, their versions, and the filings consolidated into them."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField

from certificates.states import EDGES, FILING_EDGES, FilingState, State
from exchange.models import Partner
from ledger.identifiers import uuid7
from ledger.models import Chained
from people.models import Office, Region, User


class Certificate(Chained, edges=EDGES):
    """One version of one certificate (证照), signed when it was issued.

    It outlives its application and can exist without one, so it keeps the application's number
    and no foreign key.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identifier = models.CharField(max_length=100)  # 1.2.156.3005.2.… (GB/T 36904)
    public_id = models.CharField(max_length=26)  # short, random; in QR and /verify/
    serial = models.BigIntegerField()  # place in the sequence, and in the status list
    number = models.CharField(
        _("number"), max_length=60
    )  # as printed: USCC of a licence, approval number …
    version = models.PositiveSmallIntegerField(default=1)
    previous = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    service = models.CharField(max_length=40)
    kind = models.CharField(_("kind"), max_length=40)  # certificate type code in the pack
    application = models.CharField(max_length=40, blank=True)  # application number
    holder = models.CharField(max_length=32)  # identity.index
    office = models.ForeignKey(Office, on_delete=models.PROTECT, db_index=False)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, db_index=False)
    state = FSMField(_("state"), default=State.VALID, choices=State.choices, protected=True)
    issued_at = models.DateTimeField()
    expires_on = models.DateField(null=True)
    payload = models.BinaryField()  # canonical bytes: what was certified, and on what it rests
    jws = models.TextField()  # compact JWS over the payload (RFC 7515)
    kid = models.CharField(max_length=64)

    class Meta:
        verbose_name, verbose_name_plural = _("certificate"), _("certificates")
        constraints = [
            # one live certificate of a kind per application (I2)
            models.UniqueConstraint(
                fields=["application", "kind"],
                condition=models.Q(state__in=["valid", "suspended"]) & ~models.Q(application=""),
                name="certificate_one_live",
            ),
            # one successor, whatever changes come at the same moment
            models.UniqueConstraint(
                fields=["previous"],
                condition=models.Q(previous__isnull=False),
                name="certificate_one_successor",
            ),
            # here and not on the fields, where Django would add an index for LIKE to each
            models.UniqueConstraint(fields=["identifier"], name="certificate_identifier"),
            models.UniqueConstraint(fields=["public_id"], name="certificate_public_id"),
        ]
        indexes = [
            models.Index(fields=["holder"], name="certificate_holder"),
            models.Index(fields=["number"], name="certificate_number"),  # as somebody reads it out
            models.Index(  # the status list reads only these
                fields=["serial"],
                condition=~models.Q(state="valid"),
                name="certificate_not_valid",
            ),
            models.Index(  # what the clock has to end
                fields=["expires_on"],
                condition=models.Q(state__in=["valid", "suspended"], expires_on__isnull=False),
                name="certificate_to_expire",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def subject(self) -> str:
        return f"certificate:{self.public_id}"


class Endorsement(models.Model):
    """A certificate that has to be endorsed (签注), and until when it is; the first by its issue.

    Of each certificate one is current. While the last day of that one has passed the certificate is
    suspended (``certificates.actions.endorsing``).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    certificate = models.ForeignKey(
        Certificate, on_delete=models.PROTECT, related_name="endorsements", db_index=False
    )
    application = models.CharField(max_length=40)  # number of the one by which it was endorsed
    until = models.DateField()  # its last day
    notice_on = models.DateField()  # from then on its holder has a message
    is_current = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["certificate"],
                condition=models.Q(is_current=True),
                name="endorsement_one_current",
            ),
            models.UniqueConstraint(
                fields=["certificate", "application"], name="endorsement_once_a_case"
            ),
            models.CheckConstraint(
                condition=models.Q(notice_on__lte=models.F("until")), name="endorsement_notice"
            ),
        ]
        indexes = [
            models.Index(
                fields=["notice_on"], condition=models.Q(is_current=True), name="endorsement_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application}: {self.until}"


class Reliance(models.Model):
    """A department that was sent a certificate or asked about it: notified when it ends."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="reliances")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT)
    purpose = models.CharField(max_length=80)
    at = models.DateTimeField()  # the first time

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["certificate", "partner"], name="reliance_once"),
        ]

    def __str__(self) -> str:
        return f"{self.partner_id}: {self.purpose}"


class Filing(Chained, edges=FILING_EDGES):
    """One item of a consolidated licence (多证合一): pushed to its receiver, who answers."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="filings")
    item = models.CharField(_("filing item"), max_length=40)  # id in the pack's table of filings
    place = models.PositiveSmallIntegerField(default=0)  # in that table
    zh = models.CharField(max_length=80)
    en = models.CharField(max_length=160)
    # the code in the pack, whether or not that agency is a partner of ours yet: a licence never
    # fails for a receiver that is missing
    receiver = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, db_constraint=False)
    basis = models.CharField(max_length=200)  # the law
    state = FSMField(
        _("state"), default=FilingState.DUE, choices=FilingState.choices, protected=True
    )
    why_zh = models.CharField(max_length=200, blank=True)  # why it applies, or does not
    why_en = models.CharField(max_length=300, blank=True)
    data = models.JSONField(default=dict)  # what the receiver is sent
    cause = models.CharField(max_length=12, default="issued")  # issued, changed, cancelled
    attempts = models.PositiveSmallIntegerField(default=0)  # pushes and reminders
    pushed_at = models.DateTimeField(null=True)  # the latest
    answer_by = models.DateTimeField(null=True)  # then a reminder
    answered_at = models.DateTimeField(null=True)
    receipt = models.CharField(max_length=120, blank=True)  # the receiver's own number
    reason = models.CharField(max_length=400, blank=True)  # of a return
    taken_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name, verbose_name_plural = _("filing"), _("filings")
        constraints = [
            models.UniqueConstraint(fields=["certificate", "item"], name="filing_once"),
        ]
        indexes = [
            models.Index(
                fields=["answer_by"],
                condition=models.Q(state__in=["due", "pushed", "overdue"]),
                name="filing_unanswered",
            ),
            models.Index(
                fields=["certificate"],
                condition=models.Q(state__in=["due", "returned", "overdue"]),
                name="filing_for_clerks",
            ),
        ]

    @property
    def subject(self) -> str:
        return f"filing:{self.id}"

    def __str__(self) -> str:
        return self.zh


STATEMENT_LONGEST = 2000  # characters of what a holder says


class Revocation(models.Model):
    """A withdrawal that one officer proposed and another confirms (行政许可法 art. 69).

    With ``filing`` only that part of a consolidated licence ends. The database refuses a revoked
    certificate or part without its confirmed row (see ``certificates.guards``).
    """

    class Ground(models.TextChoices):
        DECEPTION = "deception", _("obtained by deception or bribery (must be revoked)")
        ABUSE = "abuse", _("abuse of power or neglect of duty (may be revoked)")
        AUTHORITY = (
            "authority",
            _("beyond the authority of the office (may be revoked)"),
        )
        PROCEDURE = "procedure", _("against the statutory procedure (may be revoked)")
        UNQUALIFIED = "unqualified", _("the holder was not qualified (may be revoked)")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    certificate = models.ForeignKey(
        Certificate, on_delete=models.PROTECT, related_name="revocations"
    )
    filing = models.ForeignKey(Filing, on_delete=models.PROTECT, null=True)
    ground = models.CharField(max_length=12, choices=Ground.choices)
    reason = models.CharField(max_length=400)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)  # the second officer said no
    # until then nobody confirms it, unless its holder has stated their view (陈述、申辩)
    heard_until = models.DateTimeField(null=True)
    statement = models.TextField(blank=True, default="")
    stated_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["certificate", "filing"],
                condition=models.Q(confirmed_at__isnull=True, dropped_at__isnull=True),
                nulls_distinct=False,
                name="revocation_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | models.Q(
                    confirmed_by__isnull=False,
                    confirmed_at__isnull=False,
                    dropped_at__isnull=True,
                ),
                name="revocation_confirmed_at_by",
            ),
            models.CheckConstraint(  # two officers
                condition=models.Q(confirmed_by__isnull=True)
                | ~models.Q(confirmed_by=models.F("proposed_by")),
                name="revocation_two_officers",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.certificate}: {self.ground}"

    @property
    def mandatory(self) -> bool:
        """Whether the law says must (art. 69, second paragraph) and not may."""
        return self.ground == self.Ground.DECEPTION
