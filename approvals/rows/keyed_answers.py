"""What a program was answered under a key of its own, so that a write counts once."""

from django.db import models


class KeyedAnswer(models.Model):
    """An idempotency key of a program, what it came with, and the answer; kept 24 hours.

    Written in the transaction of what it answers. ``answer`` is encrypted, and bound to client and
    key; one that shows a secret is deleted (empty) at ``readable_until``, the key stays.
    """

    id = models.BigAutoField(primary_key=True)
    client = models.CharField(max_length=120)  # ``Actor.caller``
    key = models.CharField(max_length=120)
    request_hash = models.BinaryField(max_length=32)  # method, path and body
    answer = models.BinaryField()
    created_at = models.DateTimeField(db_index=True)
    readable_until = models.DateTimeField(null=True)  # of one that shows a secret

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "key"], name="keyed_answer_once"),
        ]
        indexes = [
            models.Index(
                fields=["readable_until"],
                condition=models.Q(readable_until__isnull=False),
                name="keyed_answer_secret",
            ),
        ]

    def __str__(self) -> str:
        return self.key
