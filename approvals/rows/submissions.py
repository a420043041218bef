"""What was handed in under a key of its sender's, so that it counts once."""

from django.db import models


class Submission(models.Model):
    """An idempotency key and what it led to; kept 24 hours."""

    id = models.BigAutoField(primary_key=True)
    client = models.CharField(max_length=120)  # ``Actor.caller``
    key = models.CharField(max_length=120)
    body_hash = models.BinaryField(max_length=32)
    application = models.ForeignKey(
        "approvals.Application", on_delete=models.CASCADE, db_index=False
    )
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "key"], name="submission_once"),
        ]

    def __str__(self) -> str:
        return self.key
