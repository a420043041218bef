"""Drafts: the text of a pack that one officer is changing, and each text that it has had."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from services.models.catalogue import Edition, Service
from services.models.proposals import Proposal


class DraftState(models.TextChoices):
    OPEN = "open", _("Being changed")
    PROPOSED = "proposed", _("Sent for review")
    DROPPED = "dropped", _("Dropped")


class Draft(models.Model):
    """A pack that is being changed. Its author alone changes it; others read it, or take it over.

    ``version`` is raised by each change: whoever saves names the version that they changed.
    """

    id = models.BigAutoField(primary_key=True)
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="drafts", verbose_name=_("service")
    )
    base = models.ForeignKey(  # the edition that it began with; none: it was handed in
        Edition,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("begun with"),
    )
    source = models.TextField()  # the pack, byte for byte; it may have faults
    hash = models.CharField(_("SHA-256"), max_length=64)  # of its text, as sha256sum says it
    author = models.CharField(_("author"), max_length=120)  # whoever changes it now
    state = FSMField(
        _("state"), default=DraftState.OPEN, choices=DraftState.choices, protected=True
    )
    version = models.PositiveIntegerField(_("version"), default=1)
    begun_at = models.DateTimeField(_("begun at"))
    changed_at = models.DateTimeField(_("changed at"))
    proposal = models.OneToOneField(  # what it was sent for review as
        Proposal, on_delete=models.PROTECT, null=True, related_name="draft"
    )

    class Meta:
        verbose_name, verbose_name_plural = _("draft"), _("drafts")
        ordering = ["-changed_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state=DraftState.PROPOSED, proposal__isnull=False)
                | (~models.Q(state=DraftState.PROPOSED) & models.Q(proposal__isnull=True)),
                name="draft_sent_as_a_proposal",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} draft {self.pk}"

    @transition(field=state, source=DraftState.OPEN, target=DraftState.PROPOSED)
    def mark_proposed(self) -> None:
        """Move; raises ``TransitionNotAllowed`` from any other state."""

    @transition(field=state, source=DraftState.OPEN, target=DraftState.DROPPED)
    def mark_dropped(self) -> None:
        """Move; raises ``TransitionNotAllowed`` from any other state."""


class DraftText(models.Model):
    """A text that a draft has had, by version, so that it can be had again. Never changes."""

    class Kind(models.TextChoices):
        BEGUN = "begun", _("begun")
        SAVED = "saved", _("saved")
        RESTORED = "restored", _("earlier text restored")
        TAKEN_OVER = "taken_over", _("taken over")

    id = models.BigAutoField(primary_key=True)
    draft = models.ForeignKey(Draft, on_delete=models.PROTECT, related_name="texts")
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=Kind.choices)
    source = models.TextField()
    hash = models.CharField(max_length=64)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()
    reason = models.CharField(max_length=400, blank=True)  # of taking it over

    class Meta:
        verbose_name, verbose_name_plural = _("text of a draft"), _("texts of drafts")
        ordering = ["draft", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["draft", "version"], name="draft_text_numbered"),
            models.CheckConstraint(
                condition=~models.Q(kind="taken_over") | ~models.Q(reason=""),
                name="draft_taken_over_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"draft {self.draft_id}, version {self.version}"
