"""Who does something: what ``by`` is in every action."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    CITIZEN = "citizen"
    OFFICER = "officer"
    AGENCY = "agency"  # another agency's program
    MACHINE = "machine"


ASSISTANT = "assistant"  # what is written of an assistant begins with it


@dataclass(frozen=True, slots=True)
class Actor:
    """A citizen (code = keyed index), an officer (user name), an agency (partner) or a machine.

    ``office`` and ``region`` bound what an officer may see and do; empty means none (a citizen)
    or, for ``region``, every region of the office. ``role`` is an officer's (``User.Role``), and
    ``person`` the keyed index of the officer's own ID number: nobody handles their own case (回避).
    ``enterprise`` is the keyed index of what a citizen acts for: as its representative, or as its
    agent for the ``services`` that are named. What is written names the citizen all the same.
    ``assistant`` is the code of a program that acts by a citizen's mandate, for the ``services``
    that it names: what is written names the assistant.
    ``program`` is the client of an agency that asks, "" for the agency's own token: what is written
    names the agency, and idempotency keys are each program's own.
    """

    kind: Kind
    code: str
    name: str = ""
    office: str = ""
    region: str = ""
    role: str = ""
    person: str = ""
    enterprise: str = ""
    services: frozenset[str] | None = None  # of an agent, assistant or program; None: all
    assistant: str = ""
    program: str = ""

    def __str__(self) -> str:
        return f"{ASSISTANT}:{self.assistant}" if self.assistant else f"{self.kind}:{self.code}"

    @property
    def applicant(self) -> str:
        """As whom a citizen applies, by keyed index: the enterprise that they act for, or they."""
        return self.enterprise or self.code

    @property
    def caller(self) -> str:
        """Whose idempotency keys are used: of an agency's programs each has its own."""
        return f"{self}/{self.program}" if self.program else str(self)

    @property
    def is_agent(self) -> bool:
        """Whether it is an enterprise's agent, or an assistant: hands in and reads, no more.

        An enterprise's agent corrects what was returned, too.
        """
        return self.kind is Kind.CITIZEN and self.services is not None

    @property
    def owner(self) -> str:
        """Whose the files are that they store: those of an enterprise are not a person's."""
        if self.enterprise:
            return f"enterprise:{self.enterprise}"
        return f"{self.kind}:{self.code}"

    def covers(self, service: str) -> bool:
        """Whether they may act in a service: an agent or a program in those that are named."""
        return self.services is None or service in self.services


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


def for_assistant(user: _User, assistant: str, services: frozenset[str]) -> Actor:
    """An assistant (its code) that acts for a citizen in the services of their mandate."""
    return Actor(Kind.CITIZEN, user.subject, user.name, services=services, assistant=assistant)


def for_enterprise(user: _User, enterprise: str, services: frozenset[str] | None = None) -> Actor:
    """A citizen who acts for an enterprise (keyed index): for all of it, or as agent for some."""
    return Actor(Kind.CITIZEN, user.subject, user.name, enterprise=enterprise, services=services)


def agency(partner: _Partner, services: frozenset[str] | None = None, program: str = "") -> Actor:
    """Another agency's program, by its row in ``exchange.models.Partner``; some have services.

    ``program``: the client that it is, where it is one (``exchange.models.Client.client_id``).
    """
    return Actor(Kind.AGENCY, partner.code, partner.name_zh, services=services, program=program)
