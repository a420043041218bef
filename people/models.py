"""Who acts: users, the offices that they belong to, and the city's regions."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class Region(models.Model):
    """An administrative division (GB/T 2260), with the years in which its code is valid."""

    code = models.CharField(_("code"), primary_key=True, max_length=9)
    name_zh = models.CharField(_("Chinese name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=80)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("part of")
    )
    since = models.PositiveSmallIntegerField(_("valid from year"), null=True, blank=True)
    until = models.PositiveSmallIntegerField(_("valid to year"), null=True, blank=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("region")
        verbose_name_plural = _("regions")

    def __str__(self) -> str:
        return self.name_zh


class Office(models.Model):
    """A department that decides: the unit that a clerk's sight ends at, with the region."""

    code = models.SlugField(_("code"), primary_key=True, max_length=40)
    name_zh = models.CharField(_("Chinese name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=120)
    # GB 32100; issuer part of certificate identifiers
    uscc = models.CharField(_("unified social credit code"), max_length=18)

    class Meta:
        ordering = ["code"]
        verbose_name = _("office")
        verbose_name_plural = _("offices")

    def __str__(self) -> str:
        return self.name_zh


class User(AbstractUser):
    """A person who logs in. Citizens are known by their keyed index, never by their number."""

    class Role(models.TextChoices):
        CITIZEN = "citizen", _("Citizen")
        CLERK = "clerk", _("Clerk")  # decides cases of one office, in one region or all
        POLICY = "policy", _("Policy officer")  # keeps the rules
        OPERATOR = "operator", _("Operator")  # watches the city
        AUDITOR = "auditor", _("Auditor")  # reads everything, changes nothing

    role = models.CharField(_("role"), max_length=12, choices=Role.choices, default=Role.CITIZEN)
    name = models.CharField(_("name"), max_length=80, blank=True)
    office = models.ForeignKey(
        Office, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("office")
    )
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("region")
    )
    subject = models.CharField(max_length=32, blank=True, db_index=True)  # identity.index(number)
    number = models.BinaryField(null=True, editable=False)  # identity.encrypt(number)
    elder_mode = models.BooleanField(default=False)  # 长辈版

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["subject"], condition=~models.Q(subject=""), name="user_one_per_person"
            ),
            models.CheckConstraint(
                condition=~models.Q(role="clerk") | models.Q(office__isnull=False),
                name="clerk_has_an_office",
            ),
        ]
