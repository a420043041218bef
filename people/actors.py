"""Who does something: what ``by`` is in every action."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    CITIZEN = "citizen"
    OFFICER = "officer"
    AGENCY = "agency"  # another agency's program
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Actor:
    """A citizen (code = keyed index), an officer (user name), an agency (partner) or a machine.

    ``office`` and ``region`` bound what an officer may see and do; empty means none (a citizen)
    or, for ``region``, every region of the office. ``role`` is an officer's (``User.Role``), and
    ``person`` the keyed index of the officer's own ID number: nobody handles their own case (回避).
    """

    kind: Kind
    code: str
    name: str = ""
    office: str = ""
    region: str = ""
    role: str = ""
    person: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.code}"


ENGINE = Actor(Kind.MACHINE, "engine")
CHECKER = Actor(Kind.MACHINE, "checker")
CLOCK = Actor(Kind.MACHINE, "clock")  # deadlines


class _User(Protocol):
    username: str
    name: str
    subject: str
    person: str
    office_id: str | None
    region_id: str | None
    role: str


class _Partner(Protocol):
    code: str
    name_zh: str


def officer(user: _User) -> Actor:
    """An officer as they are in ``people.models.User``."""
    return Actor(
        Kind.OFFICER,
        user.username,
        user.name,
        office=user.office_id or "",
        region=user.region_id or "",
        role=user.role,
        person=user.person,
    )


def citizen(user: _User) -> Actor:
    """A citizen who is logged in; nobody without an ID number is one (``code`` is empty)."""
    return Actor(Kind.CITIZEN, user.subject, user.name)


def agency(partner: _Partner) -> Actor:
    """Another agency's program, by its row in ``exchange.models.Partner``."""
    return Actor(Kind.AGENCY, partner.code, partner.name_zh)
