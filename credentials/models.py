"""Offers of credentials, credentials in wallets and their statuses, requests to be shown one."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from certificates.models import Certificate, Filing
from credentials.statuslist import ENTRIES
from ledger.identifiers import uuid7
from people.models import Office, User


class CredentialOffer(models.Model):
    """That a holder may put one certificate into one wallet: a pre-authorised code, and its PIN.

    Neither is stored: both are keyed hashes of ``id`` (``credentials.codes``). ``token`` and
    ``nonce`` are SHA-256 of what the wallet was given and of what it has used.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="+")
    holder = models.CharField(max_length=32)  # of the certificate when it was offered
    citizen = models.CharField(max_length=32)  # who asked for it, by keyed index
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    wrong_pins = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)  # by a newer one, its citizen, or wrong PINs
    redeemed_at = models.DateTimeField(null=True)  # the code is used up
    wallet = models.CharField(max_length=80, blank=True)  # what it calls itself; proves nothing
    token = models.BinaryField(max_length=32, null=True)
    token_until = models.DateTimeField(null=True)
    nonce = models.BinaryField(max_length=32, null=True)
    issued_at = models.DateTimeField(null=True)  # the token has brought its credentials

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["certificate", "citizen"],
                condition=models.Q(ended_at__isnull=True, redeemed_at__isnull=True),
                name="credential_offer_one_open",
            ),
            models.UniqueConstraint(fields=["token"], name="credential_offer_token"),
            models.UniqueConstraint(fields=["nonce"], name="credential_offer_nonce_once"),
            models.CheckConstraint(
                condition=models.Q(redeemed_at__isnull=True, token__isnull=True)
                | models.Q(redeemed_at__isnull=False, token__isnull=False),
                name="credential_offer_redeemed_for_token",
            ),
            models.CheckConstraint(
                condition=models.Q(issued_at__isnull=True, nonce__isnull=True)
                | models.Q(issued_at__isnull=False, nonce__isnull=False, token__isnull=False),
                name="credential_offer_issued_by_nonce",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.certificate_id}: {self.made_at}"


class Credential(models.Model):
    """One certificate in one wallet, bound to a key of that wallet."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    offer = models.ForeignKey(CredentialOffer, on_delete=models.PROTECT, related_name="credentials")
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=43)  # RFC 7638 thumbprint of the wallet's key
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)  # the wallet says that it has it
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=120, blank=True)  # people.actors.Actor, or the wallet

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["offer", "key"], name="credential_key_once"),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, ended_by="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(ended_by="")),
                name="credential_ended_at_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.certificate_id}: {self.key}"


class StatusEntry(models.Model):
    """The place in a status list of a credential, or of one filing that is a part of it.

    Places are drawn at random, so that two of them tell nothing of each other.
    """

    id = models.BigAutoField(primary_key=True)
    list = models.PositiveIntegerField()
    place = models.PositiveIntegerField()
    credential = models.ForeignKey(Credential, on_delete=models.PROTECT, related_name="entries")
    filing = models.ForeignKey(
        Filing, on_delete=models.PROTECT, null=True, related_name="+"
    )  # None: the credential itself

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["list", "place"], name="status_place_once"),
            models.UniqueConstraint(
                fields=["credential", "filing"], nulls_distinct=False, name="status_of_each_once"
            ),
            models.CheckConstraint(
                condition=models.Q(place__lt=ENTRIES), name="status_place_in_list"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.list}/{self.place}"


class PresentationRequest(models.Model):
    """That an officer asks whoever is before them to show claims of one kind of certificate.

    ``shown`` is what was shown, encrypted, until ``expires_at``; nothing else of it is kept.
    """

    class Outcome(models.TextChoices):
        OPEN = "open", _("not answered yet")
        SHOWN = "shown", _("shown")
        FAULTY = "faulty", _("what was shown is not to be relied on")
        DECLINED = "declined", _("declined")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    officer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="+")
    service = models.CharField(max_length=40)
    claims = models.JSONField()  # paths of claims, such as ["fields", "level"]
    purpose = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()  # of the request; once answered, of its result
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.OPEN)
    answered_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=40, blank=True)  # code in credentials.words.FAULTS
    shown = models.BinaryField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = (
            _("request to show a credential"),
            _("requests to show a credential"),
        )
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome="open", answered_at__isnull=True, shown__isnull=True)
                | (~models.Q(outcome="open") & models.Q(answered_at__isnull=False)),
                name="presentation_answered_at",
            ),
            models.CheckConstraint(
                condition=models.Q(shown__isnull=True) | models.Q(outcome="shown"),
                name="presentation_shown",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=models.Q(shown__isnull=False),
                name="presentation_to_erase",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.office_id}: {self.service}"
