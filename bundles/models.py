"""What somebody asked for together: a bundled case (联办件), and each of its steps."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from approvals.models import Application
from bundles.states import StepState
from exchange.models import Partner
from ledger.identifiers import uuid7
from people import identity
from services.models import Edition, Service


class BundledCase(models.Model):
    """One handing-in of a bundle: who, for what, when. It never changes; its steps do.

    Each step is a plain application of its service, with edition, receipt and terms of its own.
    ``number``: as applications have them, beginning with YJ. ``zh``, ``en``: the bundle's name as
    it was then.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=40)
    bundle = models.CharField(max_length=40)  # code in the city's folder
    zh = models.CharField(max_length=200)
    en = models.CharField(max_length=200)
    applicant = models.CharField(max_length=32)  # identity.index(number)
    applicant_number = models.BinaryField()  # identity.encrypt(number)
    applicant_name = models.CharField(max_length=120)
    channel = models.CharField(max_length=12)  # portal, api
    client = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, db_index=False)
    by_person = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("bundled case"), _("bundled cases")
        constraints = [models.UniqueConstraint(fields=["number"], name="bundled_case_number")]
        indexes = [models.Index(fields=["applicant", "-created_at"], name="bundled_case_of")]

    def __str__(self) -> str:
        return self.number

    @property
    def applicant_plain(self) -> str:
        """The applicant's number; never shown."""
        return identity.decrypt(bytes(self.applicant_number), self.applicant)


class BundleStep(models.Model):
    """One service of a bundled case.

    ``after``: the codes of the steps that must be approved before it is handed in. ``answers``:
    those of its own form, ID numbers encrypted; ``takes``: of its questions, the step and field of
    the certificate that answers them, as ``step.field``. ``edition``: the one that was shown.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(
        BundledCase, on_delete=models.PROTECT, related_name="steps", db_index=False
    )
    code = models.CharField(max_length=40)
    place = models.PositiveSmallIntegerField()
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+", db_index=False)
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="+", db_index=False)
    after = models.JSONField(default=list)
    takes = models.JSONField(default=dict)
    holder = models.CharField(max_length=40, blank=True)  # the step whose enterprise applies
    answers = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=StepState.choices)
    application = models.OneToOneField(
        Application, on_delete=models.PROTECT, null=True, related_name="bundle_step"
    )
    moved_at = models.DateTimeField()  # into its state
    why = models.JSONField(default=dict)  # stopped: {"code": …, "zh": …, "en": …}
    next_at = models.DateTimeField()  # waiting: not tried before

    class Meta:
        verbose_name, verbose_name_plural = _("step of a bundled case"), _("steps of bundled cases")
        constraints = [
            models.UniqueConstraint(fields=["case", "code"], name="bundle_step_once"),
            models.CheckConstraint(
                condition=models.Q(state=StepState.SUBMITTED.value, application__isnull=False)
                | ~models.Q(state=StepState.SUBMITTED.value) & models.Q(application__isnull=True),
                name="bundle_step_has_application",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=models.Q(state=StepState.WAITING.value),
                name="bundle_step_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.code}"


class BundleDraft(models.Model):
    """One person's form of one bundle, as far as it is filled in. It is no application.

    ``answers`` is encrypted and bound to ``subject``; it goes with the case that comes of it, and
    by itself at ``expires_at``.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject = models.CharField(max_length=32)  # whose
    bundle = models.CharField(max_length=40)
    answers = models.BinaryField()
    saved_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "bundle"], name="bundle_draft_once"),
        ]

    def __str__(self) -> str:
        return self.bundle
