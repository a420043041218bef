"""From a provider's claims to the citizen's account: found by the keyed hash of the ID number."""

from collections.abc import Mapping
from typing import Any

from ledger.clock import city_date, now
from people import actions, names, numbers
from people.models import User
from portal.login.provider import LoginFailed, ours


def citizen(claims: Mapping[str, Any]) -> User:
    """Return the account of the person that the claims name; the first log-in makes it.

    Name and number are checked as everywhere. Raises ``LoginFailed``: ``nameless`` when they are no
    name and number of a person, ``barred`` when the account is closed.
    """
    configured = ours()
    name = names.normal(str(claims.get(configured.name_claim) or ""))
    number = names.normal_number(str(claims.get(configured.number_claim) or ""))
    if not names.is_name(name) or not numbers.id_number_ok(number, city_date(now())):
        raise LoginFailed("nameless")
    user = actions.admit_citizen(name=name, number=number)
    if not user.is_active or user.role != User.Role.CITIZEN:
        raise LoginFailed("barred")
    return user
