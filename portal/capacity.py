"""As whom somebody acts in this session: as themselves, or for an enterprise (办事身份).

The session holds the choice, no address does. Each page that is somebody's own asks whether it
still holds (``actor``), and each form says for whom it is (``portal.kept``).
"""

import base64
import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from approvals.actions import Applicant, Represents, capacities
from approvals.actions.capacities import Capacity
from approvals.rows.intakes import Acting
from ledger import clock
from people import actors, identity
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User
from portal import kept

KEY = "acting_for"  # in the session
TAKEN_UP = "acted_for"  # in the session: by mark, the names of those acted for, to go back to
MOST = 10


class CapacityOver(Exception):
    """Whom somebody acted for, they act for no longer, or it cannot be confirmed now."""

    def __init__(self, name: str, error: ActionRejected) -> None:
        super().__init__(error.code)
        self.name, self.error = name, error

    @property
    def is_over(self) -> bool:
        """Whether it is over; else nobody has answered, and it may go on."""
        return self.error.status == 404


@dataclass(frozen=True, slots=True)
class Shown:
    """What each page says of it. ``word``: as what they act."""

    name: str
    word: str


def chosen(request: HttpRequest) -> Capacity | None:
    """Return for whom the session says that its user acts; None: for themselves.

    It may be over by now: ``actor`` asks.
    """
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.is_authenticated:
        return None
    found = request.session.get(KEY)
    return _read(found) if isinstance(found, dict) and found.get("user") == user.pk else None


def shown(request: HttpRequest) -> Shown | None:
    """Return whom every page names while somebody acts for an enterprise."""
    found = chosen(request)
    return Shown(found.applicant.name, str(found.acting.label)) if found else None


def actor(request: HttpRequest, user: User) -> Actor:
    """Return as whom a citizen acts, who is asked about once a request.

    Raises ``CapacityOver`` where they act for an enterprise no longer; from then on they act for
    themselves. Where the registry does not answer it is raised too, and they may try again.
    """
    answer: Actor | CapacityOver | None = getattr(request, "acts_as", None)
    if answer is None:
        answer = _ask(request, user)
        request.acts_as = answer  # type: ignore[attr-defined]  # for this request alone
    if isinstance(answer, CapacityOver):
        raise answer
    return answer


def actor_now(request: HttpRequest, user: User) -> Actor:
    """Return as whom a citizen acts now; for themselves where that is over, or not known."""
    try:
        return actor(request, user)
    except CapacityOver:
        return actors.citizen(user)


def _ask(request: HttpRequest, user: User) -> Actor | CapacityOver:
    found = chosen(request)
    if found is None:
        return actors.citizen(user)
    try:
        renewed = capacities.renewed(found, user, clock.now())
    except ActionRejected as error:
        over = CapacityOver(found.applicant.name, error)
        if over.is_over:
            leave(request)
        return over
    if renewed is not found:
        _keep(request, renewed, user)
    return renewed.actor(user)


def enter(request: HttpRequest, user: User, enterprise: str, now: datetime.datetime) -> Capacity:
    """Act for an enterprise from now on; raises as ``capacities.take_up``."""
    taken = capacities.take_up(user, enterprise, now)
    _keep(request, taken, user)
    known = request.session.get(TAKEN_UP) or {}
    token = mark(user, enterprise)
    others = [(one, name) for one, name in known.items() if one != token]
    request.session[TAKEN_UP] = dict([*others, (token, taken.applicant.name)][-MOST:])
    return taken


def leave(request: HttpRequest) -> None:
    """Act for oneself from now on."""
    request.session.pop(KEY, None)


def mark(user: User, enterprise: str = "") -> str:
    """Return what stands for a capacity in a page: good for this person alone, and names nobody."""
    return kept.capacity_mark(user.subject, enterprise)


def name_of(request: HttpRequest, token: str) -> str:
    """Return the name of an enterprise that was acted for in this session, by its mark."""
    return str((request.session.get(TAKEN_UP) or {}).get(token, ""))


def applicant(request: HttpRequest, user: User) -> Applicant:
    """Return who applies: the enterprise that its user acts for, or the user."""
    found = chosen(request)
    if found is not None:
        return found.applicant
    assert user.number is not None  # encrypted beside the subject, which `citizens` asks for
    return Applicant("person", identity.decrypt(bytes(user.number), user.subject), user.name)


def represents(request: HttpRequest, service: str) -> Represents | None:
    """Return by what right the user hands in a service for their enterprise; None: for none."""
    found = chosen(request)
    if found is None:
        return None
    return Represents(found.acting.value, found.mandates.get(service))


def _keep(request: HttpRequest, one: Capacity, user: User) -> None:
    request.session[KEY] = {
        "user": user.pk,
        "enterprise": one.enterprise,
        "number": base64.b64encode(identity.encrypt(one.applicant.number)).decode(),
        "name": one.applicant.name,
        "acting": one.acting.value,
        "asked_at": one.asked_at.isoformat(),
        "mandates": {service: key.hex for service, key in one.mandates.items()},
        "live": [key.hex for key in one.live],
        "rests_on": [list(pair) for pair in one.rests_on],
    }


def _read(found: dict[str, Any]) -> Capacity:
    number = identity.decrypt(base64.b64decode(found["number"]), found["enterprise"])
    return Capacity(
        applicant=Applicant("enterprise", number, found["name"]),
        acting=Acting(found["acting"]),
        asked_at=datetime.datetime.fromisoformat(found["asked_at"]),
        mandates={service: uuid.UUID(key) for service, key in found["mandates"].items()},
        live=frozenset(uuid.UUID(key) for key in found["live"]),
        rests_on=tuple((subject, version) for subject, version in found["rests_on"]),
    )
