"""Who acts: users, the offices that they belong to, and the city's regions."""

import time

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, ThrottlingMixin, TimestampMixin
from django_otp.oath import TOTP

from ledger import encryption
from ledger.identifiers import uuid7
from people.changes import OfficerChange as OfficerChange
from people.language import in_language
from people.passkeys.rows import Passkey as Passkey
from people.passkeys.rows import PasskeyChallenge as PasskeyChallenge
from people.signing_keys.rows import SigningKey as SigningKey


class Region(models.Model):
    """An administrative division (GB/T 2260), with the years in which its code is valid."""

    code = models.CharField(_("code"), primary_key=True, max_length=9)
    name_zh = models.CharField(_("Chinese name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=80)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("part of")
    )
    since = models.PositiveSmallIntegerField(_("valid from year"), null=True, blank=True)
    until = models.PositiveSmallIntegerField(_("valid to year"), null=True, blank=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("region")
        verbose_name_plural = _("regions")

    def __str__(self) -> str:
        return in_language(self)


class Office(models.Model):
    """A department that decides: the unit that a clerk's sight ends at, with the region."""

    code = models.SlugField(_("code"), primary_key=True, max_length=40)
    name_zh = models.CharField(_("Chinese name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=120)
    # GB 32100; issuer part of certificate identifiers
    uscc = models.CharField(_("unified social credit code"), max_length=18)

    class Meta:
        ordering = ["code"]
        verbose_name = _("office")
        verbose_name_plural = _("offices")

    def __str__(self) -> str:
        return in_language(self)


class User(AbstractUser):
    """A person who logs in. Citizens are known by their keyed index, never by their number."""

    class Role(models.TextChoices):
        CITIZEN = "citizen", _("Citizen")
        CLERK = "clerk", _("Clerk")  # decides cases of one office, in one region or all
        SUPERVISOR = "supervisor", _("Supervisor")  # of clerks: releases and reassigns cases
        HEAD = "head", _("Head of office")  # sees its cases; extends, orders; decides none
        LEGAL = "legal", _("Legal officer")  # reviews what is referred to legal review
        POLICY = "policy", _("Policy officer")  # keeps the rules
        TECHNICAL = "technical", _("Technical officer")  # reviews editions; sees nobody's data
        OPERATOR = "operator", _("Operator")  # watches the city
        ADMINISTRATOR = "administrator", _("Administrator")  # keeps accounts, offices, regions
        AUDITOR = "auditor", _("Auditor")  # reads everything, changes nothing

    role = models.CharField(_("role"), max_length=16, choices=Role.choices, default=Role.CITIZEN)
    name = models.CharField(_("name"), max_length=80, blank=True)
    office = models.ForeignKey(
        Office, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("office")
    )
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("region")
    )
    subject = models.CharField(max_length=32, blank=True, db_index=True)  # identity.index(number)
    number = models.BinaryField(null=True, editable=False)  # identity.encrypt(number)
    # identity.index of an officer's ID number: whose account it is
    person = models.CharField(max_length=32, default="", editable=False)
    elder_mode = models.BooleanField(default=False)  # 长辈版
    change = models.OneToOneField(  # of an officer: what two administrators confirmed last
        OfficerChange, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["subject"], condition=~models.Q(subject=""), name="user_one_per_person"
            ),
            models.UniqueConstraint(  # else one person could propose and confirm
                fields=["person"],
                condition=~models.Q(person="") & models.Q(is_active=True),
                name="officer_one_per_person",
            ),
            models.CheckConstraint(
                condition=~models.Q(role__in=["clerk", "supervisor", "head", "legal"])
                | models.Q(office__isnull=False),
                name="clerk_has_an_office",
            ),
        ]

    def get_full_name(self) -> str:
        """Return the name, which the desk shows instead of the user name."""
        return str(self.name)


class Enterprise(models.Model):
    """The account of an enterprise in the portal: made when somebody first acts for it.

    It logs nobody in: people do, and may act for it as long as the registry of enterprises, or a
    mandate of its representative, says so (``approvals.actions.capacities``).
    """

    subject = models.CharField(max_length=32, primary_key=True)  # identity.index of its code
    number = models.BinaryField(editable=False)  # identity.encrypt of its credit code (GB 32100)
    name = models.CharField(_("name"), max_length=120)  # as registered when it was last acted for
    since = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("enterprise"), _("enterprises")

    def __str__(self) -> str:
        return self.name


class Reading(models.Model):
    """That an officer or an agency's program opened a case, certificate or person. Grows only.

    ``role``, ``office`` and ``region`` are the reader's at that moment.
    """

    AGENCY = "agency"

    class Kind(models.TextChoices):
        CASE = "case", _("case")  # subject: its number
        CERTIFICATE = "certificate", _("certificate")  # its public id
        PERSON = "person", _("person")  # the user name
        EVENT = "event", _("event")  # the event's own subject
        LOOKUP = "lookup", _("look-up")  # the case that it was for
        REGRESSION = "regression", _("regression case")  # its service and number
        SEARCH = "search", _("search")  # what was searched; of an ID number the keyed index

    class Purpose(models.TextChoices):
        HANDLING = "handling", _("handling cases")
        SUPERVISION = "supervision", _("supervision")
        LEGAL_REVIEW = "legal_review", _("legal review")
        RULES = "rules", _("keeping the rules")
        ACCOUNTS = "accounts", _("keeping accounts and operation")
        AUDIT = "audit", _("audit")
        UNMASKING = "unmasking", _("names and numbers shown, with a reason")
        PROGRAM = "program", _("the state of one's own submission")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(_("time"))
    by = models.CharField(_("who"), max_length=120)  # people.actors.Actor as text
    role = models.CharField(_("role"), max_length=16)
    office = models.CharField(_("office"), max_length=40, blank=True)
    region = models.CharField(_("region"), max_length=9, blank=True)
    kind = models.CharField(_("what"), max_length=12, choices=Kind.choices)
    subject = models.CharField(_("which"), max_length=120)
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose.choices)
    reason = models.TextField(_("reason"), blank=True, default="")  # of an unmasking

    class Meta:
        verbose_name, verbose_name_plural = _("trace of reading"), _("traces of reading")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(purpose="unmasking") | ~models.Q(reason=""),
                name="unmasking_has_a_reason",
            )
        ]
        indexes = [
            models.Index(fields=["by", "-at"], name="reading_of_reader"),
            models.Index(fields=["kind", "subject", "-at"], name="reading_of_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.by}: {self.kind}, {self.at:%Y-%m-%d %H:%M:%S}"  # a search may be by a name


class Authenticator(TimestampMixin, ThrottlingMixin, Device):  # type: ignore[misc]
    """An officer's TOTP device (RFC 6238, six digits each 30 s); its secret is encrypted at rest.

    The secret is bound to its user: moved to another officer's row it cannot be decrypted.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    secret = models.BinaryField(editable=False)  # encrypted, see ``encrypt``
    drift = models.SmallIntegerField(default=0)  # steps that the device's clock is off
    last_step = models.BigIntegerField(default=-1)  # of the last code that was taken

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "confirmed"], name="authenticator_one_per_officer"
            )
        ]

    def encrypt(self, key: bytes) -> None:
        """Keep ``key`` (RFC 4226: 20 bytes) under the encryption key in use; saves nothing."""
        self.secret = encryption.encrypt("authenticator", key, self._bound)

    def key(self) -> bytes:
        """Return the secret in clear; raises ``ledger.encryption.DecryptionError``."""
        key, bound = encryption.decrypt("authenticator", self.secret)
        if bound != self._bound:
            raise encryption.DecryptionError("the secret belongs to another user")
        return key

    @property
    def _bound(self) -> bytes:
        return str(self.user_id).encode()

    def verify_token(self, token: str) -> bool:
        """Take a code of six digits once; after a wrong one the device waits, ever longer.

        A code that is taken encrypts the secret anew, so that a rotated key comes into use.
        """
        if not self.verify_is_allowed()[0]:
            return False
        key = self.key()
        totp = TOTP(key, drift=self.drift)
        totp.time = time.time()
        if not (token.isascii() and token.isdigit()) or not totp.verify(
            int(token), tolerance=1, min_t=self.last_step + 1
        ):
            self.throttle_increment(commit=True)
            return False
        self.last_step, self.drift = totp.t(), totp.drift
        self.encrypt(key)
        self.throttle_reset(commit=False)
        self.set_last_used_timestamp(commit=False)
        self.save()
        return True

    def get_throttle_factor(self) -> float:
        return float(settings.OTP_TOTP_THROTTLE_FACTOR)
