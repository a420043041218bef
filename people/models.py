"""Who acts: users, the offices that they belong to, and the city's regions."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class Region(models.Model):
    """An administrative division (GB/T 2260), with the years in which its code is valid."""

    code = models.CharField(primary_key=True, max_length=9)
    name_zh = models.CharField(max_length=40)
    name_en = models.CharField(max_length=80)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True)
    since = models.PositiveSmallIntegerField(null=True, blank=True)  # first year of the code
    until = models.PositiveSmallIntegerField(null=True, blank=True)  # last year; null: still valid

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name_zh


class Office(models.Model):
    """A department that decides: the unit that a clerk's sight ends at, with the region."""

    code = models.SlugField(primary_key=True, max_length=40)
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120)
    uscc = models.CharField(max_length=18)  # GB 32100; issuer part of certificate identifiers

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name_zh


class User(AbstractUser):
    """A person who logs in. Citizens are known by their keyed index, never by their number."""

    class Role(models.TextChoices):
        CITIZEN = "citizen"
        CLERK = "clerk"  # decides cases of one office, in one region or all
        POLICY = "policy"  # keeps the rules
        OPERATOR = "operator"  # watches the city
        AUDITOR = "auditor"  # reads everything, changes nothing

    role = models.CharField(max_length=12, choices=Role.choices, default=Role.CITIZEN)
    name = models.CharField(max_length=80, blank=True)
    office = models.ForeignKey(Office, on_delete=models.PROTECT, null=True, blank=True)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, blank=True)
    subject = models.CharField(max_length=32, blank=True, db_index=True)  # identity.index(number)
    number = models.BinaryField(null=True, editable=False)  # identity.seal(number)
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
