"""Cases that an agency's program submitted, as far as the machine takes them."""

from typing import Any

from approvals import actions
from approvals.models import Application
from exchange.models import Partner
from people.actors import agency
from tests.approvals.cases import graduate_answers, graduates, person, settled


def of_hall(kind: str | int = "graduate", partner: str = "window", **changes: Any) -> Application:
    """A graduate's case: a persona's, or that of the n-th good graduate of the city."""
    hall = Partner.objects.get(code=partner)
    return settled(
        applicant=applicant(kind),
        by=agency(hall),
        client=hall,
        channel="api",
        answers=graduate_answers(**changes),
    )


def applicant(kind: str | int) -> actions.Applicant:
    if isinstance(kind, str):
        return person(kind)
    one = graduates()[kind]
    return actions.Applicant("person", one.number, one.name)


def returned(kind: str | int = "graduate", partner: str = "window") -> Application:
    """One that comes back: its address is in no register."""
    case = of_hall(kind, partner, address="440305-9999999")
    assert case.state == "returned"
    return case
