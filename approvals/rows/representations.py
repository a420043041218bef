"""Acting for another online: mandates that principals give, and who handed in by which right."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from approvals.rows.intakes import Acting, Authority, Relation
from ledger.identifiers import uuid7
from people import identity
from people.models import Enterprise, User
from services.models import Service

# Application.channel of what somebody handed in online for its applicant
REPRESENTED = (Acting.GUARDIAN.value, Acting.AGENT.value, Acting.STATUTORY.value)


class Mandate(models.Model):
    """What a person lets another hand in for them (民法典 §§161, 165), until a day or until ended.

    Given from the principal's own log-in, for one service. ``agent``: by keyed index, encrypted
    number and the name that the principal knows them by. Either may end it at any time (§173).
    ``enterprise``: which one it is given for, by ``principal`` as its representative (§170).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    principal = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.PROTECT, null=True, related_name="+"
    )
    agent = models.CharField(max_length=32, db_index=True)  # identity.index
    agent_number = models.BinaryField()  # identity.encrypt
    agent_name = models.CharField(max_length=120)  # people.names.normal
    service = models.ForeignKey(Service, on_delete=models.PROTECT, db_index=False)
    given_at = models.DateTimeField()
    ends_at = models.DateTimeField()  # the end of its last day
    ended_at = models.DateTimeField(null=True)  # before that
    ended_by = models.CharField(max_length=120, blank=True)  # people.actors.Actor as text

    class Meta:
        verbose_name, verbose_name_plural = _("mandate"), _("mandates")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("given_at")), name="mandate_has_term"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, ended_by="")
                | models.Q(ended_at__isnull=False) & ~models.Q(ended_by=""),
                name="mandate_ended_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} until {self.ends_at:%Y-%m-%d}"

    @property
    def masked(self) -> str:
        """The agent's number as it may be shown."""
        return identity.mask(identity.decrypt(bytes(self.agent_number), self.agent))


class Representation(models.Model):
    """Who handed in an application online for its applicant; written with it, never changed.

    ``relation``: a guardian's, by the registry of kinship on that day; ``mandate``: an agent's. An
    enterprise's representative has neither: by the registry of enterprises on that day.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.OneToOneField(
        "approvals.Application", on_delete=models.PROTECT, related_name="representation"
    )
    at = models.DateTimeField()
    acting = models.CharField(max_length=10, choices=Acting.choices)
    representative = models.CharField(max_length=32, db_index=True)  # identity.index
    representative_number = models.BinaryField()  # identity.encrypt
    representative_name = models.CharField(max_length=120)
    relation = models.CharField(max_length=12, choices=Relation.choices, blank=True)
    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, null=True, db_index=False)

    class Meta:
        verbose_name, verbose_name_plural = _("representation"), _("representations")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(acting=Acting.GUARDIAN.value, mandate=None)
                & ~models.Q(relation="")
                | models.Q(acting=Acting.AGENT.value, mandate__isnull=False, relation="")
                | models.Q(acting=Acting.STATUTORY.value, mandate=None, relation=""),
                name="representation_by_a_right",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} by {self.acting}"

    @property
    def masked(self) -> str:
        """The representative's number as it may be shown."""
        number = identity.decrypt(bytes(self.representative_number), self.representative)
        return identity.mask(number)

    @property
    def representing(self) -> tuple[str, str]:
        """Index and name of an enterprise's representative: who acts, or who named the agent."""
        if self.mandate is None:
            return self.representative, self.representative_name
        return self.mandate.principal.subject, self.mandate.principal.name

    @property
    def authority(self) -> Authority:
        """By what they act."""
        return {
            Acting.GUARDIAN: Authority.REGISTRY,
            Acting.STATUTORY: Authority.ENTERPRISES,
        }.get(Acting(self.acting), Authority.MANDATE)

    def payload(self) -> dict[str, Any]:
        """What receipts say of it, as a canonical object: no number in full."""
        return {
            "acting": self.acting,
            "name": self.representative_name,
            "number": self.masked,
            "relation": self.relation,
            "authority": self.authority.value,
            "mandate": str(self.mandate_id or ""),
        }
