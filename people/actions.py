"""Actions on users."""

from django.contrib.auth.models import Group
from django.db import transaction

from people import identity, text
from people.models import User


@transaction.atomic
def put_in_role(*, user: User) -> None:
    """Give a saved user the groups of the role in ``user.role``, and no others."""
    user.groups.set(Group.objects.filter(name=user.role))


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
