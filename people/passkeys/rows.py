"""What is kept of passkeys (W3C Web Authentication, Level 3), and of open challenges."""

import datetime
import hashlib

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, TimestampMixin

from ledger import encryption
from ledger.identifiers import uuid7

LONGEST_ID = 1023  # bytes of a credential id, section 4 of the standard


class Passkey(TimestampMixin, Device):  # type: ignore[misc]
    """A passkey: a log-in by itself where it verifies its user; of an officer a second factor, too.

    The public key is encrypted, bound to user, credential and level: without our key nobody can
    put a passkey into an account that would open it, move one, or make its log-ins surer.
    """

    user = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("name"), max_length=64)  # by which its owner knows it
    credential = models.BinaryField(editable=False, unique=True, max_length=LONGEST_ID)  # its id
    public_key = models.BinaryField(editable=False)  # COSE (RFC 9052), encrypted: see ``encrypt``
    sign_count = models.BigIntegerField(editable=False)  # of the last signature; 0: not counted
    transports = models.JSONField(editable=False, default=list)  # how the browser may reach it
    is_synced = models.BooleanField(editable=False)  # its maker may copy it to the owner's devices
    # of the log-in at which a citizen added it (portal.login.levels); an officer's: 0
    level = models.PositiveSmallIntegerField(editable=False, default=0, db_default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("passkey"), _("passkeys")
        constraints = [
            models.CheckConstraint(condition=~models.Q(name=""), name="passkey_has_a_name"),
            models.CheckConstraint(condition=models.Q(sign_count__gte=0), name="passkey_counts"),
            models.CheckConstraint(condition=models.Q(level__lte=3), name="passkey_level"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the credential id in hex, which events name it by."""
        return hashlib.sha256(self.credential).hexdigest()

    def encrypt(self, key: bytes) -> None:
        """Keep the COSE ``key`` under the encryption key in use; saves nothing."""
        self.public_key = encryption.encrypt("authenticator", key, self._bound)

    def key(self) -> bytes:
        """Return the COSE key in clear; raises ``ledger.encryption.DecryptionError``."""
        key, bound = encryption.decrypt("authenticator", self.public_key)
        if bound != self._bound:
            raise encryption.DecryptionError("the passkey belongs to another user")
        return key

    @property
    def _bound(self) -> bytes:
        level = f":{self.level}" if self.level else ""
        return f"passkey:{self.user_id}:{self.fingerprint}{level}".encode()


class PasskeyChallenge(models.Model):
    """Random bytes that a passkey is to sign, once and soon. Whoever takes it deletes it."""

    class Purpose(models.TextChoices):
        ENROL = "enrol"
        SECOND_FACTOR = "second_factor"  # after the password
        LOG_IN = "log_in"  # instead of the password; nobody is known yet

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    user = models.ForeignKey(
        "people.User", on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    challenge = models.BinaryField(editable=False)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(purpose="log_in", user=None)
                | (~models.Q(purpose="log_in") & models.Q(user__isnull=False)),
                name="passkeychallenge_is_for_somebody",
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} until {self.expires_at:%H:%M:%S}"

    def is_over(self, now: datetime.datetime) -> bool:
        return self.expires_at <= now
