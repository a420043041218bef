"""How an application, or its correction, was taken at a counter (窗口): by whom, of whom."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.events import instant
from ledger.identifiers import uuid7
from people import identity
from people.models import Office, User

FIRST = 1  # Application.round of what was handed in and never corrected
WINDOW = "window"  # Application.channel of what was taken at a counter


class Acting(models.TextChoices):
    """Who hands it in (民法典 §§23, 161, 163): the applicant, or somebody for them."""

    SELF = "self", _("the applicant")
    GUARDIAN = "guardian", _("a guardian of the applicant")
    AGENT = "agent", _("an agent with a written mandate")
    STATUTORY = "statutory", _("the legal representative of the enterprise")


class Paper(models.TextChoices):
    """What shows who somebody is; the officer has seen the original."""

    ID_CARD = "id_card", _("resident identity card")
    TEMPORARY = "temporary", _("temporary identity card")
    HOUSEHOLD = "household", _("household register")  # of whom who has no card yet
    LICENCE = "licence", _("business licence")


class Authority(models.TextChoices):
    """What shows that somebody may act for the applicant; the officer has seen the original."""

    REGISTRY = "registry", _("the registry of kinship")  # then there is no paper
    MANDATE = "mandate", _("written mandate")  # 授权委托书, 民法典 §165
    HOUSEHOLD = "household", _("household register")
    BIRTH = "birth", _("medical certificate of birth")
    JUDGMENT = "judgment", _("judgment of a court")  # 民法典 §§24, 31
    APPOINTMENT = "appointment", _("appointment as guardian")  # by committee or 民政, §31
    LICENCE = "licence", _("business licence")
    ENTERPRISES = "enterprises", _("the registry of enterprises")  # online alone


class Relation(models.TextChoices):
    """What a guardian is to the applicant (民法典 §§27, 28)."""

    PARENT = "parent", _("parent")
    SPOUSE = "spouse", _("spouse")
    CHILD = "child", _("child")
    GRANDPARENT = "grandparent", _("grandparent")
    SIBLING = "sibling", _("brother or sister")
    OTHER = "other", _("other person or organisation")


OF_GUARDIAN = (
    Authority.REGISTRY,
    Authority.HOUSEHOLD,
    Authority.BIRTH,
    Authority.JUDGMENT,
    Authority.APPOINTMENT,
)
AUTHORITIES = {
    Acting.GUARDIAN: OF_GUARDIAN,
    Acting.AGENT: (Authority.MANDATE,),
    Acting.STATUTORY: (Authority.LICENCE,),
}


def _fits(acting: Acting) -> models.Q:
    q = models.Q(acting=acting.value, authority__in=[a.value for a in AUTHORITIES[acting]])
    return q & (~models.Q(relation="") if acting is Acting.GUARDIAN else models.Q(relation=""))


class Intake(models.Model):
    """One application, or one correction of it, taken at a counter; written with it, never changed.

    ``round``: of the application; 1 is the application itself, each later one a correction.
    ``office`` and ``counter``: where, which need not be the office that decides.
    ``representative``: who acted for the applicant, by keyed index; empty where nobody did.
    ``consented_at``: when whoever was present agreed that registries are read to fill in the form.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(
        "approvals.Application",
        on_delete=models.PROTECT,
        related_name="intakes",
        db_index=False,  # the constraint's
    )
    round = models.PositiveIntegerField()
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="+", db_index=False)
    counter = models.CharField(max_length=40)  # of the city's counters.yaml
    officer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    consented_at = models.DateTimeField()
    acting = models.CharField(max_length=10, choices=Acting.choices)
    paper = models.CharField(max_length=10, choices=Paper.choices)  # of the applicant
    representative = models.CharField(max_length=32, blank=True)  # identity.index
    representative_number = models.BinaryField(null=True)  # identity.encrypt
    representative_name = models.CharField(max_length=120, blank=True)
    representative_paper = models.CharField(max_length=10, choices=Paper.choices, blank=True)
    relation = models.CharField(max_length=12, choices=Relation.choices, blank=True)
    authority = models.CharField(max_length=12, choices=Authority.choices, blank=True)
    authority_on = models.DateField(null=True)  # the day of that paper
    authority_note = models.CharField(max_length=200, blank=True)  # its number, who issued it

    class Meta:
        verbose_name, verbose_name_plural = _("intake"), _("applications taken at a counter")
        constraints = [
            models.UniqueConstraint(fields=["application", "round"], name="intake_once_a_round"),
            models.CheckConstraint(
                condition=models.Q(
                    acting=Acting.SELF.value,
                    representative="",
                    representative_number=None,
                    representative_name="",
                    representative_paper="",
                    relation="",
                    authority="",
                    authority_on=None,
                    authority_note="",
                )
                | (
                    ~models.Q(representative="")
                    & ~models.Q(representative_name="")
                    & ~models.Q(representative_paper="")
                    & models.Q(representative_number__isnull=False, authority_on__isnull=False)
                    & (_fits(Acting.GUARDIAN) | _fits(Acting.AGENT) | _fits(Acting.STATUTORY))
                ),
                name="intake_representative_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(consented_at__lte=models.F("at")), name="intake_consent_first"
            ),
        ]
        indexes = [models.Index(fields=["office", "-at"], name="intake_of_office")]

    def __str__(self) -> str:
        return f"{self.application_id} at {self.counter}"

    @property
    def is_correction(self) -> bool:
        """Whether a returned application was corrected with it, instead of begun."""
        return self.round > FIRST

    @property
    def masked(self) -> str:
        """The representative's number as it may be shown."""
        if self.representative_number is None:
            return ""
        number = identity.decrypt(bytes(self.representative_number), self.representative)
        return identity.mask(number)

    def payload(self) -> dict[str, Any]:
        """What receipts say of it, as a canonical object: no number in full."""
        made: dict[str, Any] = {
            "office": self.office_id,
            "counter": self.counter,
            "at": instant(self.at),
            "acting": self.acting,
            "paper": self.paper,
        }
        if self.acting != Acting.SELF:
            assert self.authority_on is not None  # the check constraint
            made["representative"] = {
                "name": self.representative_name,
                "number": self.masked,
                "relation": self.relation,
                "authority": self.authority,
                "authority_on": self.authority_on.isoformat(),
            }
        return made
