"""The rows of messages that were refused because of their id (``exchange.inbox``)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import uuid7


class ReusedId(models.Model):
    """A message refused because its id came before with another body: a fault, or an attack.

    Authentic, so whoever sent it has the partner's secret. One row for each other body.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.ForeignKey(
        "exchange.Message",
        on_delete=models.PROTECT,
        db_index=False,
        verbose_name=_("message that counts"),
    )
    kind = models.CharField(_("kind"), max_length=40)  # of the body that was refused
    body_hash = models.BinaryField(max_length=32)
    at = models.DateTimeField(_("first refused at"), db_index=True)

    class Meta:
        verbose_name, verbose_name_plural = _("reused message id"), _("reused message ids")
        constraints = [
            models.UniqueConstraint(fields=["message", "body_hash"], name="reused_id_once"),
        ]

    def __str__(self) -> str:
        return str(self.message)
