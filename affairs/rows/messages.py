"""Messages to a person, where else they are sent to, and how far that is."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from affairs.kinds import Channel, MessageKind


class Message(models.Model):
    """One message to one person. PostgreSQL writes it with what it tells of (``affairs.guards``).

    ``id`` is that of the Event, where one it tells of; so no Event has two. It holds no personal
    data but the case's number.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    subject = models.CharField(max_length=32)  # whose
    kind = models.CharField(max_length=24, choices=MessageKind.choices)
    topic = models.CharField(max_length=80)  # application:…, certificate:…, bundle:…, draft:…
    case = models.CharField(max_length=40, blank=True)  # of the application or bundled case, if one
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("message to a citizen"), _("messages to citizens")
        indexes = [
            models.Index(fields=["subject", "-at"], name="message_of_person"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["topic", "kind", "subject"],
                condition=models.Q(
                    kind__in=[MessageKind.CERTIFICATE_ENDING, MessageKind.DRAFT_ENDING]
                ),
                name="message_of_ending_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.topic}"


class Contact(models.Model):
    """Where else a person wants their messages, if they do; addresses are encrypted.

    Both are bound to ``subject``: moved to another person's row they cannot be decrypted, and
    PostgreSQL refuses the row. ``chosen_by``: of an enterprise's, which representative chose them,
    by index: they are theirs, and nothing is sent there once another represents it.
    """

    subject = models.CharField(primary_key=True, max_length=32)
    language = models.CharField(max_length=8, default="zh-hans")
    email = models.BinaryField(null=True)  # none: no e-mail is wanted
    phone = models.BinaryField(null=True)  # none: no text message is wanted
    chosen_by = models.CharField(max_length=32, blank=True, default="", db_default="")
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.subject


class MessageDelivery(models.Model):
    """One message on its way out (outbox): written by PostgreSQL with the message.

    ``sending`` is committed before anything leaves us. What is still ``sending`` when its lease is
    over may have left us: it is ``unconfirmed`` and never sent again.
    """

    class State(models.TextChoices):
        DUE = "due"
        SENDING = "sending"
        SENT = "sent"
        UNCONFIRMED = "unconfirmed"
        DEAD = "dead"  # given up; the message is in the inbox all the same

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="deliveries")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.DUE)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    next_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    last_fault = models.CharField(max_length=80, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "channel"], name="delivery_once"),
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=models.Q(state__in=["due", "sending"]),
                name="message_delivery_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} by {self.channel}: {self.state}"
