"""What is proposed as an edition, and what a legal and a technical officer say of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField

from ledger.models import Chained
from people.models import User
from services.models.catalogue import Edition, Service
from services.states import EDGES, OPEN, ProposalState

WORDS = 2000  # characters of an opinion


class Proposal(Chained, edges=EDGES):
    """A pack that a policy officer wants published: its text is frozen, with its hash.

    Its steps are Events of the service; ``head`` is the last of them, ``events`` their number.
    ``author`` and ``orderer``: the keyed index of the person (``User.person``), so that nobody
    is two. ``base``: the latest edition when it was proposed; none for a first one.
    """

    id = models.BigAutoField(primary_key=True)
    events = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="proposals", verbose_name=_("service")
    )
    state = FSMField(
        _("state"),
        default=ProposalState.PROPOSED,
        choices=ProposalState.choices,
        protected=True,
    )
    source = models.TextField()
    city = models.JSONField(default=dict)
    hash = models.CharField(_("SHA-256"), max_length=64)
    in_force_from = models.DateField(_("in force from"))
    rollback_of = models.ForeignKey(
        Edition, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=400, blank=True)
    base = models.ForeignKey(
        Edition, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    proposed_at = models.DateTimeField(_("proposed at"))
    proposed_by = models.CharField(_("proposed by"), max_length=120)
    author = models.CharField(max_length=32, db_default="", editable=False)
    # a correction, which may begin in the past: by order of a head of office
    ordered_by = models.CharField(max_length=120, blank=True, db_default="")
    orderer = models.CharField(max_length=32, db_default="", editable=False)
    ordered_at = models.DateTimeField(null=True)
    order_reason = models.CharField(max_length=400, blank=True, db_default="")
    edition = models.OneToOneField(  # what came of it
        Edition, on_delete=models.PROTECT, null=True, related_name="proposal"
    )

    class Meta:
        verbose_name, verbose_name_plural = _("proposed edition"), _("proposed editions")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "hash"],
                condition=models.Q(state__in=[state.value for state in OPEN]),
                name="proposal_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state=ProposalState.PUBLISHED.value, edition__isnull=False)
                | ~models.Q(state=ProposalState.PUBLISHED.value) & models.Q(edition__isnull=True),
                name="proposal_published_has_edition",
            ),
            models.CheckConstraint(
                condition=models.Q(ordered_at=None, ordered_by="", orderer="", order_reason="")
                | models.Q(ordered_at__isnull=False)
                & ~(models.Q(ordered_by="") | models.Q(orderer="") | models.Q(order_reason="")),
                name="proposal_ordered_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} proposal {self.pk}"


class Review(models.Model):
    """What one officer says of a proposed text, by its hash. Never changes.

    ``person``: the keyed index of whose account it was (``User.person``). ``signature``: a
    detached JWS by the officer's own key, of a review that was given outside the desk.
    """

    class Role(models.TextChoices):
        LEGAL = User.Role.LEGAL.value, _("Legal officer")
        TECHNICAL = User.Role.TECHNICAL.value, _("Technical officer")

    id = models.BigAutoField(primary_key=True)
    proposal = models.ForeignKey(
        Proposal, on_delete=models.PROTECT, related_name="reviews", verbose_name=_("proposal")
    )
    hash = models.CharField(_("SHA-256"), max_length=64)
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    approves = models.BooleanField(_("approves"))  # false: sent back
    opinion = models.TextField(_("opinion"), max_length=WORDS)
    by = models.CharField(_("who"), max_length=120)
    person = models.CharField(max_length=32, editable=False)
    at = models.DateTimeField(_("time"))
    signature = models.TextField(blank=True, default="")

    class Meta:
        verbose_name, verbose_name_plural = _("review of an edition"), _("reviews of editions")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "role"],
                condition=models.Q(approves=True),
                name="review_once_a_role",
            ),
            models.UniqueConstraint(
                fields=["proposal", "person"],
                condition=models.Q(approves=True),
                name="review_once_a_person",
            ),
            models.CheckConstraint(condition=~models.Q(opinion=""), name="review_has_words"),
            models.CheckConstraint(
                condition=models.Q(role__in=["legal", "technical"]), name="review_of_a_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id}: {self.role}"
