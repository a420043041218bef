"""What an office puts in writing about a case (文书): one row a document, never changed."""

from functools import cached_property
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from approvals.states import DocumentKind
from ledger import canonical, signatures
from ledger.identifiers import uuid7

TYP = "miaopi-document+jws"  # of the JWS: no other kind of paper passes for a document
PURPOSE = "document"  # of the key that signs


class Document(models.Model):
    """One document as it was issued: its words are in the signed payload (``jws``), once.

    ``source`` is the decision, or the event, that it puts in writing. Officers' decisions write
    theirs at once; what the machine decided is written when somebody first asks for it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(
        "approvals.Application", on_delete=models.PROTECT, related_name="documents"
    )
    kind = models.CharField(max_length=12, choices=DocumentKind.choices)
    round = models.PositiveSmallIntegerField()
    source = models.UUIDField()
    public_id = models.CharField(max_length=16)  # in the QR code, and typed by whoever verifies
    number = models.CharField(max_length=60)  # 文号
    issued_at = models.DateTimeField()  # when it was decided or happened
    issued_by = models.CharField(max_length=120)  # the actor as text
    jws = models.TextField()  # compact JWS over the canonical payload (RFC 7515)

    class Meta:
        verbose_name, verbose_name_plural = _("document"), _("documents")
        constraints = [
            models.UniqueConstraint(fields=["source"], name="document_once"),
            models.UniqueConstraint(fields=["public_id"], name="document_public_id"),
            models.UniqueConstraint(fields=["number"], name="document_number"),
            models.CheckConstraint(
                condition=models.Q(kind__in=DocumentKind.values), name="document_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @cached_property
    def payload(self) -> dict[str, Any]:
        """What it says, as signed; raises ``SignatureError`` where the signature is not ours."""
        _header, body = signatures.verify_jws(self.jws, typ=TYP, purpose=PURPOSE)
        found: dict[str, Any] = canonical.loads(body)
        return found
