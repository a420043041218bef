"""What may exist once (a pack's ``guards``), as applications claim it."""

from django.db import models

from ledger.identifiers import uuid7


class GuardKey(models.Model):
    """What may exist once, as one application claims it: a pack's ``guards``, computed.

    ``held`` while it counts: from the submission for guards of open applications, from the
    approval for those of live certificates. PostgreSQL lets one row hold a key, and lets go of it
    when the application is settled or its certificate ends (``approvals.guards``).

    ``heir_of``: the application whose certificate holds the key, where this case changes or uses up
    that certificate: held from the approval, or as soon as that one lets go of it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(
        "approvals.Application", on_delete=models.PROTECT, related_name="guard_keys", db_index=False
    )
    guard = models.CharField(max_length=40)  # its id in the pack
    key = models.CharField(max_length=64)  # SHA-256 of scope and values, in hex
    while_open = models.BooleanField()
    while_live = models.BooleanField()
    held = models.BooleanField()
    heir_of = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(held=True), name="guard_once"
            ),
            models.UniqueConstraint(fields=["application", "key"], name="guard_once_a_case"),
        ]
        indexes = [
            models.Index(
                fields=["heir_of"], condition=models.Q(heir_of__isnull=False), name="guard_heirs"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.guard} of {self.application_id}"
