"""As what somebody acts for an enterprise online: its representative, or an agent that one named.

The registry of enterprises says who represents it, by keyed index of the person (民法典 §61); an
agent (经办人, §170) has a mandate for each service, which is good as long as whoever gave it still
represents the enterprise. Taken up by a choice in the portal, and asked again with each request:
cheaply while the records and mandates that it rests on are the same.
"""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from approvals.actions import mandates
from approvals.actions.applicants import Applicant
from approvals.models import Mandate
from approvals.rows.intakes import Acting
from exchange import enterprises
from people import actors, identity, names
from people.actions import admit_enterprise
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User

PURPOSE = "representative"  # of the look-ups
# how long the answer of a registry over the network is believed, which has no version to compare
BELIEVED = datetime.timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Capacity:
    """For which enterprise somebody acts, by what, and what that rests on.

    ``mandates``: an agent's, by service. ``live``: all that they had when it was taken up.
    ``rests_on``: as ``exchange.enterprises.Found``.
    """

    applicant: Applicant  # the enterprise
    acting: Acting
    asked_at: datetime.datetime
    mandates: Mapping[str, uuid.UUID] = field(default_factory=dict)
    live: frozenset[uuid.UUID] = frozenset()
    rests_on: tuple[tuple[str, str], ...] = ()

    @property
    def enterprise(self) -> str:
        """Its keyed index."""
        return identity.index(self.applicant.number)

    def actor(self, user: User) -> Actor:
        is_agent = self.acting == Acting.AGENT
        return actors.for_enterprise(
            user, self.enterprise, frozenset(self.mandates) if is_agent else None
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """An enterprise that somebody may act for. ``services``: an agent's; ``state``: registered."""

    enterprise: str  # identity.index
    number: str
    name: str
    acting: Acting
    state: str = ""
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody may act for. ``is_answered``: whether the registry of enterprises was heard."""

    found: tuple[Choice, ...]
    is_answered: bool


def choices(user: User, now: datetime.datetime) -> Choices:
    """Return the enterprises that a citizen represents, or has a mandate of; one look-up."""
    by = actors.citizen(user)
    answer = enterprises.represented(
        number=_number(user), name=user.name, purpose=PURPOSE, by=by, now=now
    )
    found = {
        held.subject: Choice(held.subject, held.number, held.name, Acting.STATUTORY, held.state)
        for held in answer.held or ()
    }
    by_enterprise: dict[str, list[Mandate]] = {}
    for one in mandates.of_enterprises(by, now):
        by_enterprise.setdefault(str(one.enterprise_id), []).append(one)
    for enterprise, ones in by_enterprise.items():
        account = ones[0].enterprise
        if enterprise not in found and account is not None:
            number = identity.decrypt(bytes(account.number), account.subject)
            services = tuple(sorted({one.service_id for one in ones}))
            found[enterprise] = Choice(
                enterprise, number, account.name, Acting.AGENT, services=services
            )
    return Choices(tuple(found.values()), answer.held is not None)


def take_up(user: User, enterprise: str, now: datetime.datetime) -> Capacity:
    """Return the capacity in which a citizen acts for an enterprise (keyed index) from now on.

    Its account is made the first time. Raises ``ActionRejected``: 404 for whatever they may not act
    for, be it there or not; 503 where the registry does not answer.
    """
    by = actors.citizen(user)
    answer = _represented(user, enterprise, by, PURPOSE, now)
    if answer.held:
        held = answer.held[0]
        admit_enterprise(number=held.number, name=held.name, now=now)
        named = Applicant("enterprise", held.number, held.name)
        return Capacity(named, Acting.STATUTORY, now, rests_on=answer.rests_on)
    standing = [one for one in mandates.of_enterprises(by, now) if one.enterprise_id == enterprise]
    usable, rests_on, is_answered = _of_representatives(standing, enterprise, by, now)
    if usable:
        account = usable[0].enterprise
        assert account is not None  # by which they were chosen
        number = identity.decrypt(bytes(account.number), account.subject)
        return Capacity(
            Applicant("enterprise", number, account.name),
            Acting.AGENT,
            now,
            {one.service_id: one.pk for one in usable},
            frozenset(one.pk for one in standing),
            rests_on,
        )
    if answer.held is None or not is_answered:
        raise silent()
    raise ended()


def renewed(capacity: Capacity, user: User, now: datetime.datetime) -> Capacity:
    """Return a capacity as it is now; raises as ``take_up`` where it is over.

    One statement while nothing has changed, and of an agent one more. Else it is asked anew.
    """
    is_same = enterprises.is_unchanged(capacity.rests_on)
    if not capacity.rests_on:
        is_same = now - capacity.asked_at < BELIEVED
    if is_same and capacity.acting == Acting.AGENT:
        by = actors.citizen(user)
        standing = mandates.of_enterprises(by, now)
        live = frozenset(m.pk for m in standing if m.enterprise_id == capacity.enterprise)
        is_same = live == capacity.live
    return capacity if is_same else take_up(user, capacity.enterprise, now)


def require(
    acting: str, mandate: uuid.UUID | None, service: str, *, by: Actor, now: datetime.datetime
) -> Mandate | None:
    """Return the mandate by which ``by`` hands in a service for their enterprise, if by one.

    The registry is asked anew, for that purpose. Raises ``ActionRejected`` (404, 503).
    """
    user = User.objects.get(subject=by.code, role=User.Role.CITIZEN)
    purpose = f"{PURPOSE}:{service}"
    if acting == Acting.STATUTORY and not by.is_agent:
        answer = _represented(user, by.enterprise, by, purpose, now)
        if answer.held is None:
            raise silent()
        if not answer.held:
            raise ended()
        return None
    for one in mandates.of_enterprises(by, now):
        if (one.pk, one.service_id, one.enterprise_id) == (mandate, service, by.enterprise):
            answer = _represented(one.principal, by.enterprise, by, purpose, now)
            if answer.held is None:
                raise silent()
            if answer.held:
                return one
    raise mandates.no_mandate()


def represents(person: str, enterprise: str, *, by: Actor, now: datetime.datetime) -> bool:
    """Whether a citizen (index) represents an enterprise now; raises ``ActionRejected`` (503)."""
    user = User.objects.filter(subject=person, role=User.Role.CITIZEN, is_active=True).first()
    if user is None:
        return False
    answer = _represented(user, enterprise, by, PURPOSE, now)
    if answer.held is None:
        raise silent()
    return bool(answer.held)


def _of_representatives(
    standing: list[Mandate], enterprise: str, by: Actor, now: datetime.datetime
) -> tuple[list[Mandate], tuple[tuple[str, str], ...], bool]:
    """Return the mandates whose givers still represent it, what that rests on, and if all is known.

    A mandate does not outlast the representative who gave it: the next one names agents anew.
    """
    usable: list[Mandate] = []
    rests_on: tuple[tuple[str, str], ...] = ()
    is_answered = True
    for giver in {m.principal_id: m.principal for m in standing if m.principal.is_active}.values():
        answer = _represented(giver, enterprise, by, PURPOSE, now)
        is_answered = is_answered and answer.held is not None
        if answer.held:
            usable += [one for one in standing if one.principal_id == giver.pk]
            rests_on += answer.rests_on
    return usable, rests_on, is_answered


def _represented(
    user: User, enterprise: str, by: Actor, purpose: str, now: datetime.datetime
) -> enterprises.Found:
    return enterprises.represented(
        number=_number(user),
        name=names.normal(user.name),
        purpose=purpose,
        by=by,
        now=now,
        only=enterprise,
    )


def _number(user: User) -> str:
    assert user.number is not None  # a citizen's, encrypted beside the subject
    return identity.decrypt(bytes(user.number), user.subject)


def ended() -> ActionRejected:
    return ActionRejected(
        "no_capacity",
        "商事主体库和有效的委托中，没有您代表该企业办事的记录",
        "Neither the registry of enterprises nor a mandate in force has you act for this"
        " enterprise.",
        status=404,
    )


def silent() -> ActionRejected:
    return ActionRejected(
        "registry_silent",
        "商事主体库暂时没有应答，无法确认您可以代表该企业，请稍后再试",
        "The registry of enterprises does not answer just now, so that you act for this enterprise"
        " cannot be confirmed. Try again shortly.",
        status=503,
    )
