"""Assistants (智能助手): registered programs, what a citizen lets one do, and what it has done."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import uuid7
from people.models import User

ASSISTANT = "assistant"  # Application.channel of what an assistant handed in
BY_RIGHT = "assistant_submission_by_right"  # the constraint that a submission beyond it breaks
MOST_SUBMISSIONS = 20  # that one mandate may allow
LONGEST = 90  # days that one lasts


class Reads(models.TextChoices):
    """What an assistant may read of its citizen, beside what it hands in itself."""

    FACTS = "facts", _("what the registries say of me, condition by condition, before it applies")
    CASES = "cases", _("how all my applications for these services stand, not only those it made")


class Assistant(models.Model):
    """A program that an operator has registered: by its name a citizen knows whom they authorise.

    It is who it says by a secret, of which the SHA-256 is kept.
    """

    code = models.SlugField(_("code"), primary_key=True, max_length=40)
    name_zh = models.CharField(_("Chinese name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=120)
    operator = models.CharField(_("who runs it"), max_length=120)
    contact = models.EmailField(_("e-mail of its engineers"))
    secret_hash = models.BinaryField(max_length=32, unique=True)
    active = models.BooleanField(_("active"), default=True)
    registered_at = models.DateTimeField(_("registered at"))

    class Meta:
        verbose_name, verbose_name_plural = _("assistant"), _("assistants")

    def __str__(self) -> str:
        return self.name_zh


class AssistantMandate(models.Model):
    """What a citizen lets an assistant do for them (民法典 §165), until a day or until ended.

    Given from the citizen's own log-in. ``services``: codes; ``submissions``: how many applications
    it may hand in, in all; ``reads``: of ``Reads``. Of its key the SHA-256 is kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    citizen = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    assistant = models.ForeignKey(Assistant, on_delete=models.PROTECT, related_name="+")
    services = models.JSONField()
    submissions = models.PositiveSmallIntegerField()
    reads = models.JSONField(default=list)
    key_hash = models.BinaryField(max_length=32, unique=True)
    given_at = models.DateTimeField()
    ends_at = models.DateTimeField()  # the end of its last day
    ended_at = models.DateTimeField(null=True)  # before that
    ended_by = models.CharField(max_length=120, blank=True)  # people.actors.Actor as text

    class Meta:
        verbose_name, verbose_name_plural = _("assistant's mandate"), _("assistants' mandates")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("given_at")),
                name="assistant_mandate_has_term",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, ended_by="")
                | models.Q(ended_at__isnull=False) & ~models.Q(ended_by=""),
                name="assistant_mandate_ended_by",
            ),
            models.CheckConstraint(
                condition=models.Q(submissions__lte=MOST_SUBMISSIONS),
                name="assistant_mandate_limited",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assistant_id} until {self.ends_at:%Y-%m-%d}"


class AssistantSubmission(models.Model):
    """That an application was handed in by an assistant, by which mandate; written with it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.OneToOneField(
        "approvals.Application", on_delete=models.PROTECT, related_name="assisted"
    )
    mandate = models.ForeignKey(
        AssistantMandate, on_delete=models.PROTECT, related_name="submissions_made"
    )
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("assistant's submission"), _("of assistants")

    def __str__(self) -> str:
        return f"{self.application_id} by {self.mandate_id}"


class AssistantCall(models.Model):
    """One call of an assistant under a mandate: what it asked for, and what came of it.

    ``outcome``: ``ok``, or the code of why it was rejected. The citizen sees each.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mandate = models.ForeignKey(
        AssistantMandate, on_delete=models.PROTECT, related_name="calls", db_index=False
    )
    by = models.CharField(max_length=120)  # people.actors.Actor as text: the assistant
    at = models.DateTimeField()
    tool = models.CharField(max_length=40)
    service = models.CharField(max_length=40, blank=True)
    case = models.CharField(max_length=40, blank=True)
    outcome = models.CharField(max_length=40)

    class Meta:
        verbose_name, verbose_name_plural = _("assistant's call"), _("assistants' calls")
        indexes = [models.Index(fields=["mandate", "-at"], name="assistant_call_of_mandate")]

    def __str__(self) -> str:
        return f"{self.tool} at {self.at}"
