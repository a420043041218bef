"""Files that belong to a case, and what an officer has read in them (材料)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import uuid7
from materials.models import Material
from people.models import User
from services.pack.materials import FACTS_LONGEST


class Attachment(models.Model):
    """One file that an application, or a correction of it, was handed in with. Append-only.

    ``round``: of the application. ``facts``: names of the pack's facts that rest on it, which are
    unknown until an officer has read it; with commas between them, empty where it is only kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(  # the unique key begins with it
        "approvals.Application",
        on_delete=models.PROTECT,
        related_name="attachments",
        db_index=False,
    )
    material = models.ForeignKey(Material, on_delete=models.PROTECT, related_name="attachments")
    question = models.CharField(max_length=40)  # of the form
    round = models.PositiveSmallIntegerField()
    facts = models.CharField(max_length=FACTS_LONGEST, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("material of a case"), _("materials of cases")
        constraints = [
            models.UniqueConstraint(
                fields=["application", "question", "material"], name="attachment_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question} of {self.application_id}"


class MaterialFinding(models.Model):
    """What an officer says that the files of a question show (材料认定). Append-only.

    It holds for just these ``files`` (``records.attached.digest``): other ones are read anew. The
    newest counts.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(
        "approvals.Application", on_delete=models.PROTECT, related_name="material_findings"
    )
    question = models.CharField(max_length=40)
    files = models.CharField(max_length=64)
    shows = models.BooleanField()
    reason = models.TextField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("finding of materials"), _("findings of materials")

    def __str__(self) -> str:
        return f"{self.question} of {self.application_id}: {self.shows}"
