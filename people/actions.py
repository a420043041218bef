"""Actions on users."""

from django.contrib.auth.models import Group
from django.db import transaction

from people import identity, text
from people.models import Office, Region, User


@transaction.atomic
def put_in_role(*, user: User) -> None:
    """Give a saved user the groups of the role in ``user.role``, and no others.

    Officers may enter the clerk's desk; citizens may not.
    """
    user.is_staff = user.role != User.Role.CITIZEN
    user.save(update_fields=["is_staff"])
    user.groups.set(Group.objects.filter(name=user.role))


@transaction.atomic
def enrol_officer(
    *, username: str, name: str, role: str, office: str, region: str = "", password: str
) -> User:
    """Make or change an officer; ``password`` is already hashed (``make_password``)."""
    user, _ = User.objects.update_or_create(
        username=username,
        defaults={
            "name": text.clean(name, longest=80, field="/name"),
            "role": role,
            "office": Office.objects.get(pk=office),
            "region": Region.objects.get(pk=region) if region else None,
            "password": password,
        },
    )
    put_in_role(user=user)
    return user


@transaction.atomic
def enrol_citizen(*, username: str, name: str, number: str, password: str) -> User:
    """Make or change a citizen's account; the number is kept encrypted, and found by its index."""
    user, _ = User.objects.update_or_create(
        username=username,
        defaults={
            "name": text.clean(name, longest=80, field="/name"),
            "role": User.Role.CITIZEN,
            "subject": identity.index(number),
            "number": identity.encrypt(number),
            "password": password,
        },
    )
    return user
