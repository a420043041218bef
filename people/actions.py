"""Actions on users, and on the accounts of enterprises."""

import datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from ledger.identifiers import uuid7
from people import identity, text
from people.models import Enterprise, User


@transaction.atomic
def put_in_role(*, user: User) -> None:
    """Give a saved user the groups of the role in ``user.role``, and no others."""
    user.groups.set(Group.objects.filter(name=user.role))


@transaction.atomic
def enrol_citizen(*, username: str, name: str, number: str, password: str) -> User:
    """Make or change a citizen's account; the number is kept encrypted, and found by its index.

    An account stays with its person: one who has it gets the user name, and whoever of the citizens
    had that name another, as when a demo casts its people anew.
    """
    subject = identity.index(number)
    others = User.objects.filter(username=username, role=User.Role.CITIZEN)
    for other in others.exclude(subject=subject):
        other.username = _any_username()
        other.save(update_fields=["username"])
    own = User.objects.filter(subject=subject, role=User.Role.CITIZEN).first()
    user = own or User(subject=subject, role=User.Role.CITIZEN)
    user.username, user.name = username, text.clean(name, longest=80, field="/name")
    user.number, user.password = identity.encrypt(number), password
    user.save()
    return user


def _any_username() -> str:
    return f"citizen-{uuid7().hex}"


def admit_citizen(*, name: str, number: str) -> User:
    """Return the account of somebody whose name and number another body vouches for (log-in).

    The first time it is made, without a password; later a name that changed is taken over.
    """
    subject, name = identity.index(number), text.clean(name, longest=80, field="/name")
    user = User.objects.filter(subject=subject).first()
    if user is None:
        try:
            with transaction.atomic():
                return enrol_citizen(
                    username=_any_username(),
                    name=name,
                    number=number,
                    password=make_password(None),
                )
        except IntegrityError:  # two first log-ins at once: user_one_per_person
            user = User.objects.get(subject=subject)
    if user.name != name and user.role == User.Role.CITIZEN:
        user.name = name
        user.save(update_fields=["name"])
    return user


def admit_enterprise(*, number: str, name: str, now: datetime.datetime) -> Enterprise:
    """Return the account of an enterprise, by its credit code; made when it is first acted for.

    A name that has changed in the registry is taken over.
    """
    subject, name = identity.index(number), text.clean(name, longest=120, field="/name")
    values = {"number": identity.encrypt(number), "name": name, "since": now}
    found, _ = Enterprise.objects.get_or_create(subject=subject, defaults=values)
    if found.name != name:
        found.name = name
        found.save(update_fields=["name"])
    return found
