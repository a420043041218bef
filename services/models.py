"""What can be applied for: services and their frozen, dated, hashed editions."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.models import Chained


class Service(Chained):
    """A catalogue entry (事项); what it means is in its editions."""

    code = models.SlugField(primary_key=True, max_length=40)
    enabled = models.BooleanField(default=True)  # off: no new applications
    automatic = models.BooleanField(default=True)  # off (suspended): everything goes to an officer

    class Meta:
        verbose_name, verbose_name_plural = _("service"), _("services")

    def __str__(self) -> str:
        return self.code


class Edition(models.Model):
    """One published version of a service's pack (版本). Never changes; see the guard."""

    id = models.BigAutoField(primary_key=True)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="editions")
    number = models.PositiveIntegerField()  # 1, 2, 3 … within the service
    source = models.TextField()  # the pack file, byte for byte
    city = models.JSONField(default=dict)  # what it took from its city; never changes either
    hash = models.CharField(max_length=64, unique=True)  # see services.edition.edition_hash
    engine = models.CharField(max_length=20)  # version of the rule engine that it was checked with
    in_force_from = models.DateField()
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=120)

    class Meta:
        verbose_name, verbose_name_plural = _("edition"), _("editions")
        constraints = [
            models.UniqueConstraint(fields=["service", "number"], name="edition_numbered"),
        ]
        ordering = ["service", "number"]

    def __str__(self) -> str:
        return f"{self.service_id} v{self.number}"
