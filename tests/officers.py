"""Officers for tests, made as PostgreSQL demands: proposed and confirmed by two administrators."""

import uuid
from typing import Any

from django.contrib.auth.models import Group

from ledger import keys, rotation
from ledger.clock import now
from people import officers
from people.models import OfficerChange, User

FIRST = ("first-administrator", "second-administrator")


def administrators() -> tuple[User, User]:
    """Return two administrators: those of the demo or the city, else two first ones."""
    found = list(User.objects.filter(role="administrator", is_active=True).order_by("pk")[:2])
    if len(found) < 2 and "index" in keys.missing():
        rotation.make(now())  # an account has the keyed hash of its person
    while len(found) < 2:
        username = FIRST[len(found)]
        number = ("11010519491231002X", "110101199003070003")[len(found)]
        duties = officers.Duties(name=username, role="administrator", office="", number=number)
        found.append(officers.enrol_first(username=username, duties=duties, password="!"))
    return found[0], found[1]


def confirmed(username: str, kind: str = "enrol", **values: Any) -> OfficerChange:
    """Return a change of an account that two administrators have confirmed, not yet carried out."""
    first, second = administrators()
    known = User.objects.filter(username=username).values_list("person", flat=True)
    values.setdefault("person", known[0] if known else uuid.uuid4().hex)
    change = OfficerChange.objects.create(
        kind=kind, username=username, proposed_by=first, proposed_at=now(), **values
    )
    change.settled_by, change.settled_at, change.confirmed = second, now(), True
    change.save(update_fields=["settled_by", "settled_at", "confirmed"])
    return change


def make(username: str, role: str, **values: Any) -> User:
    """Make an officer's account with the groups of the role, where they are written."""
    password = values.pop("password", "!")
    name = values.pop("name", username)
    is_active = values.pop("is_active", True)
    values.setdefault("person", uuid.uuid4().hex)
    change = confirmed(username, role=role, name=name, is_active=is_active, **values)
    user = User(
        username=username, role=role, name=name, is_active=is_active, is_staff=True,
        password=password, change=change, **values,
    )  # fmt: skip
    user.save()
    user.groups.set(Group.objects.filter(name=role))
    return user


def enrol(
    *, username: str, name: str, role: str, office: str, region: str = "", password: str = "!"
) -> User:
    """Make an officer by codes of office and region."""
    return make(
        username,
        role,
        name=name,
        office_id=office or None,
        region_id=region or None,
        password=password,
    )


def change(username: str, **values: Any) -> User:
    """Change an officer's role, name, office, region or activity."""
    user = User.objects.get(username=username)
    after = {
        "role": user.role,
        "name": user.name,
        "office_id": user.office_id,
        "region_id": user.region_id,
        "is_active": user.is_active,
        "person": user.person,
        **values,
    }
    user.change = confirmed(username, "change", **after)
    for name, value in after.items():
        setattr(user, name, value)
    user.save()
    return user
