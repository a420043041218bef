"""What is changed of an officer's account, and by which two administrators."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import uuid7


class OfficerChange(models.Model):
    """One administrator's wish to change an officer's account; a second one carries it out.

    It holds what the account shall be afterwards. ``first`` counts the two administrators whom an
    empty database begins with: nobody is there yet to propose or to confirm them.
    """

    class Kind(models.TextChoices):
        ENROL = "enrol", _("enrol")
        CHANGE = "change", _("change role, name, office or region")
        BAR = "bar", _("bar")
        ADMIT = "admit", _("admit again")
        PASSWORD = "password", _("reset the password")
        SECOND_FACTOR = "second_factor", _("reset the second factor")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("change"), max_length=16, choices=Kind.choices)
    username = models.CharField(_("username"), max_length=150)
    # identity.index of the officer's ID number, so that one person has one account
    person = models.CharField(max_length=32, default="", editable=False)
    role = models.CharField(_("role"), max_length=16)
    name = models.CharField(_("name"), max_length=80)
    office = models.ForeignKey(
        "people.Office",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        verbose_name=_("office"),
    )
    region = models.ForeignKey(
        "people.Region",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        verbose_name=_("region"),
    )
    is_active = models.BooleanField(_("active"), default=True)
    # the proposer's half of the new password, encrypted until the second administrator confirms
    half = models.BinaryField(null=True, editable=False)
    first = models.PositiveSmallIntegerField(null=True, editable=False)
    proposed_by = models.ForeignKey(
        "people.User",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("proposed by"),
    )
    proposed_at = models.DateTimeField(_("proposed at"))
    settled_by = models.ForeignKey(
        "people.User",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("settled by"),
    )
    settled_at = models.DateTimeField(_("settled at"), null=True)
    confirmed = models.BooleanField(_("confirmed"), null=True)  # false: dropped

    class Meta:
        verbose_name, verbose_name_plural = _("change of an officer"), _("changes of officers")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    # operators kept accounts until there were administrators
                    first__in=[1, 2], kind="enrol", role__in=["administrator", "operator"],
                    proposed_by=None, settled_by=None, confirmed=True,
                )
                | models.Q(first=None, proposed_by__isnull=False),
                name="officer_first_two",
            ),
            models.UniqueConstraint(
                fields=["first", "role"],
                condition=models.Q(first__isnull=False),
                name="officer_each_first_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(confirmed=True)
                | models.Q(first__isnull=False)
                | (
                    models.Q(settled_by__isnull=False)
                    & ~models.Q(settled_by=models.F("proposed_by"))
                ),
                name="officer_two_administrators",
            ),
            models.CheckConstraint(
                condition=models.Q(settled_at=None, confirmed=None)
                | models.Q(settled_at__isnull=False, confirmed__isnull=False),
                name="officer_settled_whole",
            ),
            models.UniqueConstraint(
                fields=["username"],
                condition=models.Q(settled_at=None),
                name="officer_one_open_change",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.Kind(self.kind).label} {self.username}"
