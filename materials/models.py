"""Files that applicants hand in: a row here, the encrypted file in a private folder."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import uuid7
from materials.content import Kind


class Material(models.Model):
    """One file, by its content, of whoever handed it in; never changed.

    ``sha256``: of the file as it came, in hex; an answer names it by this. ``stored``: SHA-256 of
    the encrypted file, in hex, which is its name in ``storage``. ``name``: what it was called,
    encrypted. ``scanned_by``: the scanner that found nothing; empty: it was not scanned.
    ``kept_until``: then it is deleted, unless a case has it; null from then on.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    by = models.CharField(max_length=120)  # people.actors.Actor.owner
    sha256 = models.CharField(max_length=64)
    stored = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=4, choices=[(kind.value, kind.value) for kind in Kind])
    size = models.PositiveIntegerField()  # bytes
    pages = models.PositiveSmallIntegerField()
    name = models.BinaryField()
    scanned_by = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()
    kept_until = models.DateTimeField(null=True, db_index=True)

    class Meta:
        verbose_name, verbose_name_plural = _("material"), _("materials handed in")
        constraints = [
            models.UniqueConstraint(fields=["by", "sha256"], name="material_once_of_one"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.sha256[:12]}"
