"""The keys with which officers sign outside the desk: what is kept of them is public."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SigningKey(models.Model):
    """An officer's own Ed25519 key (RFC 8037); the private part never comes here.

    ``kid`` is the thumbprint of the key (RFC 7638). Retired, it verifies what it signed before.
    """

    kid = models.CharField(_("key"), primary_key=True, max_length=64)
    user = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    public = models.BinaryField(max_length=32)
    registered_at = models.DateTimeField(_("registered at"))
    retired_at = models.DateTimeField(_("retired at"), null=True)
    retired_reason = models.CharField(max_length=400, blank=True, default="", db_default="")

    class Meta:
        verbose_name, verbose_name_plural = _("signing key"), _("signing keys")
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(retired_at=None),
                name="signing_key_one_per_officer",
            )
        ]

    def __str__(self) -> str:
        return self.kid
