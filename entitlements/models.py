"""What is paid by period: entitlements, their instalments, payment lists, and what was overpaid."""

import json

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField

from entitlements.states import EDGES, InstalmentState, OverpaymentState, State
from ledger.identifiers import uuid7
from ledger.models import Chained
from people.models import Office, Region, User


class Entitlement(Chained, edges=EDGES):
    """What one person is entitled to (待遇): paid by period until one of its ends comes about.

    It outlives its application, so it keeps the application's number and no foreign key, and what
    a later review needs of it: who is paid, and the answers that its conditions read.

    ``reviewed_for``: the first day of the period for which it was judged last; ``amount``,
    ``basis`` and ``edition`` are of that judgement; no amount: nothing is due for that period, or
    nobody knows how much. ``is_pinned``: a person, or a case that was
    opened again, keeps it from being paid, and no review lifts that. ``cleared``: doubts that an
    officer has looked into and that hold it no more.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    service = models.CharField(_("service"), max_length=40)
    kind = models.CharField(_("kind"), max_length=40)
    application = models.CharField(_("application"), max_length=40)
    holder = models.CharField(max_length=32)  # identity.index
    holder_name = models.CharField(_("name"), max_length=200)
    holder_number = models.BinaryField()  # encrypted (people.identity)
    office = models.ForeignKey(Office, on_delete=models.PROTECT, db_index=False)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, db_index=False)
    state = FSMField(_("state"), default=State.ACTIVE, choices=State.choices, protected=True)
    reasons = models.TextField(default="[]")  # JSON: why it is not active
    is_pinned = models.BooleanField(default=False)
    cleared = models.TextField(default="[]")  # JSON: doubts that an officer has looked into
    answers = models.TextField(default="{}")  # canonical JSON, of those that its conditions read
    granted_at = models.DateTimeField(_("granted at"))
    first_period = models.DateField(_("paid from"))
    confirmed_on = models.DateField()  # the holder said last that nothing has changed
    ended_on = models.DateField(null=True)  # nothing is due for a period that begins later
    reviewed_for = models.DateField(null=True)
    amount = models.DecimalField(
        _("amount"), null=True, max_digits=12, decimal_places=2
    )  # yuan a period
    basis = models.TextField(default="")  # canonical JSON: what the review rested on
    edition = models.CharField(max_length=64, default="")  # hash of the edition that judged

    class Meta:
        verbose_name, verbose_name_plural = _("entitlement"), _("entitlements")
        constraints = [
            models.UniqueConstraint(
                fields=["application", "kind"],
                condition=models.Q(state__in=["active", "suspended", "held"]),
                name="entitlement_one_live",
            ),
            models.CheckConstraint(
                condition=models.Q(state="ended", ended_on__isnull=False)
                | (~models.Q(state="ended") & models.Q(ended_on__isnull=True)),
                name="entitlement_ended_on",
            ),
            models.CheckConstraint(
                condition=models.Q(amount__isnull=True) | models.Q(amount__gt=0),
                name="entitlement_amount",
            ),
        ]
        indexes = [
            models.Index(fields=["holder"], name="entitlement_holder"),
            models.Index(  # a review and a run go through the live ones of a service
                fields=["service", "id"],
                condition=models.Q(state__in=["active", "suspended", "held"]),
                name="entitlement_live",
            ),
            models.Index(  # the desk counts what an office has to look into
                fields=["office"],
                condition=models.Q(state="held"),
                name="entitlement_held",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.application}"

    @property
    def subject(self) -> str:
        return f"entitlement:{self.id}"

    @property
    def why(self) -> list[str]:
        return list(json.loads(self.reasons))


class PaymentList(models.Model):
    """What the treasury is to pay for one service, once: its instalments name it. Append-only.

    ``sha256``: of the text that ``payment_text`` writes, which is not kept, because it has the
    numbers of people; the same rows give the same text again.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    service = models.CharField(_("service"), max_length=40)
    period = models.DateField(_("period"))  # the first day of the latest period on it
    number = models.PositiveIntegerField(_("number"))  # 1, 2, … of the service
    entries = models.PositiveIntegerField(_("payments"))
    total = models.DecimalField(_("total"), max_digits=16, decimal_places=2)
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(_("made at"))
    by = models.CharField(max_length=120)
    kid = models.CharField(max_length=64)
    algorithm = models.CharField(max_length=16)
    signature = models.BinaryField()

    class Meta:
        verbose_name, verbose_name_plural = _("payment list"), _("payment lists")
        constraints = [
            models.UniqueConstraint(fields=["service", "number"], name="payment_list_number")
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.number}"

    @property
    def subject(self) -> str:
        return f"payment_list:{self.id}"


class Instalment(models.Model):
    """One period of one entitlement: there is one row, and so one payment, whoever writes it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entitlement = models.ForeignKey(
        Entitlement, on_delete=models.PROTECT, related_name="instalments", db_index=False
    )
    period = models.DateField(_("period"))  # its first day
    amount = models.DecimalField(
        _("amount"), null=True, max_digits=12, decimal_places=2
    )  # None: held, and not known
    state = models.CharField(_("state"), max_length=10, choices=InstalmentState.choices)
    basis = models.TextField()  # canonical JSON: what the amount rests on
    edition = models.CharField(max_length=64)
    payment = models.ForeignKey(
        PaymentList, on_delete=models.PROTECT, null=True, related_name="instalments", db_index=False
    )
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entitlement", "period"], name="instalment_once"),
            models.CheckConstraint(
                condition=~models.Q(state="due") | models.Q(amount__gt=0), name="instalment_amount"
            ),
            models.CheckConstraint(
                condition=models.Q(payment__isnull=True) | models.Q(state="due"),
                name="instalment_paid_is_due",
            ),
        ]
        indexes = [
            models.Index(
                fields=["entitlement"],
                condition=models.Q(payment__isnull=True) & ~models.Q(state="cancelled"),
                name="instalment_open",
            ),
            models.Index(fields=["payment"], name="instalment_payment"),
        ]

    def __str__(self) -> str:
        return f"{self.period}: {self.amount}"


class Overpayment(models.Model):
    """What was paid for periods after the end. Whether it is paid back two officers decide."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entitlement = models.ForeignKey(
        Entitlement, on_delete=models.PROTECT, related_name="overpayments", db_index=False
    )
    periods = models.TextField()  # JSON: their first days
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    found_at = models.DateTimeField(_("found at"))
    state = models.CharField(
        _("state"), max_length=10, choices=OverpaymentState.choices, default=OverpaymentState.STATED
    )
    choice = models.CharField(max_length=10, blank=True)  # recovered or waived, as proposed
    reason = models.CharField(max_length=400, blank=True)
    proposed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    proposed_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("overpayment"), _("overpayments")
        constraints = [
            models.UniqueConstraint(fields=["entitlement"], name="overpayment_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="overpayment_amount"),
            models.CheckConstraint(  # two officers
                condition=models.Q(state__in=["stated", "proposed"], decided_by__isnull=True)
                | (
                    models.Q(
                        state__in=["recovered", "waived"],
                        proposed_by__isnull=False,
                        decided_by__isnull=False,
                    )
                    & ~models.Q(decided_by=models.F("proposed_by"))
                    & models.Q(choice=models.F("state"))
                ),
                name="overpayment_two_officers",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entitlement}: {self.amount}"

    @property
    def first_days(self) -> list[str]:
        return list(json.loads(self.periods))
