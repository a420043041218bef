"""Trials of drafts on past cases (以往办件试算), and the cases that a draft decides otherwise."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField

from ledger.identifiers import uuid7
from ledger.models import Chained
from services.models.catalogue import Edition, Service


class TrialState(models.TextChoices):
    ORDERED = "ordered", _("ordered")
    RUNNING = "running", _("running")
    FINISHED = "finished", _("finished")  # signed; never changes again
    FAILED = "failed", _("failed")  # ``fault`` says why; never changes again


class TrialKind(models.TextChoices):
    PAST = "past", _("past cases")
    BOUNDARY = "boundary", _("generated boundary cases")


EDGES = {
    "begin": ([TrialState.ORDERED], TrialState.RUNNING),
    "finish": ([TrialState.RUNNING], TrialState.FINISHED),
    "fail": ([TrialState.ORDERED, TrialState.RUNNING], TrialState.FAILED),
}
ENDED = frozenset({TrialState.FINISHED, TrialState.FAILED})


class Trial(Chained, edges=EDGES):
    """One replay of a draft, beside the edition in force, over the cases received in a period.

    PostgreSQL is the queue: ``groups`` and ``position`` say how far it has come, and are written
    with the flips that were found so far. Cases count that were decided by ``asked_at``.
    ``live``: none for a first edition. ``moves``: a list of {live, draft, cases, conditions};
    ``breakdown``: a list of {by, group, live, draft, cases} (``services.trials``).
    ``document``: what is signed, canonical; it has the digest of the flips.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+", db_index=False)
    source = models.TextField()  # the draft, byte for byte
    city = models.JSONField(default=dict)
    hash = models.CharField(_("SHA-256"), max_length=64)  # see services.edition.edition_hash
    live = models.ForeignKey(
        Edition, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=8, choices=TrialKind.choices)
    first_day = models.DateField(_("received from"))
    last_day = models.DateField(_("received until"))
    state = FSMField(default=TrialState.ORDERED.value, choices=TrialState.choices, protected=True)
    asked_by = models.CharField(_("ordered by"), max_length=120)
    asked_at = models.DateTimeField(_("ordered at"))
    begun_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    fault = models.CharField(max_length=200, blank=True, default="", db_default="")

    groups = models.JSONField(default=list)  # [[edition, first day, last day, cases], …]
    position = models.JSONField(default=list)  # [groups done, last decision seen of the next]
    counted = models.JSONField(null=True)  # what SQL alone counts, before the judge has confirmed
    of = models.PositiveIntegerField(default=0)  # cases to go through; ``cases``: so many were
    cases = models.PositiveIntegerField(_("cases"), default=0)
    judged = models.PositiveIntegerField(default=0)  # of these by the judge, not by SQL alone
    flips = models.PositiveIntegerField(_("decided otherwise"), default=0)
    disagreements = models.PositiveIntegerField(default=0)  # of SQL and judge
    moves = models.JSONField(default=list)
    breakdown = models.JSONField(default=list)
    remarks = models.JSONField(default=dict)  # alone, left, unheld, wrong (approvals.records)

    document = models.BinaryField(null=True)
    kid = models.CharField(max_length=64, blank=True, default="")
    algorithm = models.CharField(max_length=16, blank=True, default="")
    signature = models.BinaryField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("trial of a draft"), _("trials of drafts")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(first_day__lte=models.F("last_day")), name="trial_period"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state=TrialState.FINISHED.value,
                    finished_at__isnull=False,
                    document__isnull=False,
                    signature__isnull=False,
                )
                | ~models.Q(state=TrialState.FINISHED.value)
                & models.Q(document__isnull=True, signature__isnull=True),
                name="trial_finished_signed",
            ),
        ]
        indexes = [
            models.Index(fields=["service", "hash"], name="trial_of_text"),
            models.Index(
                fields=["asked_at"],
                condition=models.Q(state__in=[TrialState.ORDERED.value, TrialState.RUNNING.value]),
                name="trial_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} {self.hash[:12]} {self.first_day}..{self.last_day}"


class TrialFlip(models.Model):
    """One case that a draft decides otherwise, as the judge has confirmed it. Append-only.

    A boundary case has no application: ``facts`` has what was set. ``changes``: condition ->
    [by the live edition, by the draft]. ``region``, ``age`` and ``legal_kind`` are the groups in
    which it is counted; empty where its facts do not say.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="+", db_index=False)
    place = models.PositiveIntegerField()  # 1, 2, 3 … within the trial
    decision = models.UUIDField(null=True)  # the one that stood; approvals' key
    application = models.CharField(max_length=40, blank=True, default="")  # its number
    live = models.CharField(max_length=8)  # outcome
    draft = models.CharField(max_length=8)
    changes = models.JSONField()
    region = models.CharField(max_length=9, blank=True, default="")
    age = models.CharField(max_length=8, blank=True, default="")
    legal_kind = models.CharField(max_length=24, blank=True, default="")
    facts = models.JSONField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("case of a trial"), _("cases of trials")
        constraints = [
            models.UniqueConstraint(fields=["trial", "place"], name="trial_flip_once"),
            models.CheckConstraint(
                condition=~models.Q(live=models.F("draft")), name="trial_flip_differs"
            ),
            models.CheckConstraint(
                condition=models.Q(decision=None, application="", facts__isnull=False)
                | models.Q(decision__isnull=False, facts__isnull=True) & ~models.Q(application=""),
                name="trial_flip_past_or_made",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trial_id} {self.place}"
