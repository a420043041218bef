"""Amended clauses of the law, and the rules that have to be looked at because of them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import uuid7
from services.models.catalogue import Edition, Service


class ClauseTask(models.Model):
    """That a clause says something else from a day on, and one rule of a service cites it.

    Opened once for each clause, day and rule. Settled once: by a policy officer who says why the
    rule stays as it is, or by a later edition whose rule is another (``settled_by_edition``).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="+", verbose_name=_("service")
    )
    clause = models.CharField(_("clause"), max_length=50)  # city.laws.Clause.id
    citation = models.CharField(_("citation"), max_length=220)  # as it stood in the register
    amended_on = models.DateField(_("amended on"))
    rule = models.CharField(_("rule"), max_length=160)  # services.clauses.rules.Rule.key
    edition = models.ForeignKey(  # that cites it
        Edition,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("edition"),
    )
    opened_at = models.DateTimeField(_("opened at"))
    settled_at = models.DateTimeField(_("settled at"), null=True)
    settled_by = models.CharField(_("settled by"), max_length=120, blank=True)
    reason = models.CharField(_("reason"), max_length=400, blank=True)  # why the rule stays
    settled_by_edition = models.ForeignKey(  # whose rule is another
        Edition,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("settled by edition"),
    )

    class Meta:
        verbose_name, verbose_name_plural = _("amended clause"), _("amended clauses")
        ordering = ["amended_on", "service", "clause", "rule"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "clause", "amended_on", "rule"], name="clause_task_once"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    settled_at=None, settled_by="", reason="", settled_by_edition=None
                )
                | (
                    models.Q(settled_at__isnull=False)
                    & ~models.Q(settled_by="")
                    & (
                        (~models.Q(reason="") & models.Q(settled_by_edition=None))
                        | models.Q(reason="", settled_by_edition__isnull=False)
                    )
                ),
                name="clause_task_settled_why",
            ),
        ]
        indexes = [
            models.Index(
                fields=["service"],
                condition=models.Q(settled_at=None),
                name="clause_task_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} {self.citation} {self.amended_on}"
