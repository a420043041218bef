"""Handing in an application: written once, and never lost from then on."""

import datetime
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from django.conf import settings
from django.db import transaction

import bulk
from approvals import numbers
from approvals.actions import (
    assisted,
    checks,
    disputes,
    editions,
    guards,
    intakes,
    materials,
    quotas,
    representations,
    steps,
    submitters,
    undertakings,
)
from approvals.actions.answers import region_of, validate
from approvals.actions.applicants import Applicant
from approvals.actions.intakes import Presence
from approvals.actions.representations import Represents
from approvals.models import Application, Check, GuardKey, Submission
from approvals.records import binding
from approvals.records import undertakings as signed_rows
from exchange.models import Partner
from ledger.clock import city_date
from people import identity, names
from people.actors import Actor
from people.errors import ActionRejected
from services import catalogue
from services.inputs import gather_inputs
from services.models import Edition
from services.pack.outcomes import split
from services.rulebook import Rulebook
from telemetry import tracing


@dataclass(frozen=True, slots=True)
class Key:
    """A client's idempotency key and what it was sent with."""

    value: str
    body_hash: bytes


@dataclass(frozen=True, slots=True)
class Within:
    """The bundled case (联办件) that an application is part of, and its step: its event says so."""

    case: str
    step: str


@dataclass(frozen=True, slots=True)
class NewApplication:
    """What is handed in: for whom, what, with which answers, and how it came.

    ``edition``: the number of the edition that was shown to whoever hands it in; None where nothing
    was shown. ``by_person`` asks for a decision by a person (个人信息保护法 art. 24). ``client``:
    the agency whose program submits it. ``identifier``: made by an entry point that wants to wait
    for the decision, and so listens for it before. ``presence``: what the officer saw who takes it
    at a counter, ``represents`` that a citizen hands it in for another: then there is a ``key``, as
    PostgreSQL wants both rows in one statement. ``claims``: what the applicant calls wrong of what
    registries say. ``within``: the bundled case that it is a step of. ``mandate``: by which an
    assistant hands it in. ``number``, ``together``: its number, and those of all that one form was
    handed in as, where that asked for several results.
    """

    service: str
    applicant: Applicant
    answers: dict[str, Any]
    channel: str
    edition: int | None = None
    by_person: bool = False
    key: Key | None = None
    client: Partner | None = None
    identifier: uuid.UUID | None = None
    presence: Presence | None = None
    claims: tuple[disputes.Claim, ...] = ()
    represents: Represents | None = None
    within: Within | None = None
    mandate: uuid.UUID | None = None
    number: str = ""
    together: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.presence or self.represents or self.mandate) and self.key is None:
            raise ValueError("what is handed in for another is written once, by a key")


@tracing.of_case("submit")
def submit(
    *, new: NewApplication, by: Actor, now: datetime.datetime, proof: bulk.Condition | None = None
) -> Application:
    """Record an application for good; from its return on it cannot be lost.

    With a ``key`` that was used before for the same body, the first application is returned and
    nothing is written. An entry point that did not ask who calls gives the ``proof``, with a key:
    where it does not hold, or anything else is in the way, ``Unproven`` is raised, and it asks.
    Raises ``ActionRejected`` (404 service, 409 another edition is in force, 422 answers, applicant
    or key), nothing written.
    """
    today = city_date(now)
    known = catalogue.remembered(new.service, today) if new.key else None
    if proof is not None:
        if known is None:
            raise Unproven
        return _submit(known, new, by, now, proof)
    if known is not None:
        # one question less: it is written only if that edition is still in force then, and
        # whatever else comes of it is found out anew with the edition that is
        with suppress(ActionRejected, Superseded):
            return _submit(known, new, by, now)
    while True:  # until no officer puts another edition in force in these milliseconds
        with suppress(Superseded):
            return _submit(current(new.service, today), new, by, now)


class Superseded(Exception):
    """The edition is not, or no longer, the one in force."""


class Unproven(Exception):
    """Nothing was written, and it is not known yet whether this caller may be told why."""


def _submit(
    edition: Edition,
    new: NewApplication,
    by: Actor,
    now: datetime.datetime,
    proof: bulk.Condition = bulk.ALWAYS,
) -> Application:
    today, rulebook = city_date(now), catalogue.rulebook(edition)
    if new.edition not in (None, rulebook.number):
        if proof is not bulk.ALWAYS:
            raise Unproven
        return under_another(rulebook, new, by, today)
    made = _prepare_each(edition, rulebook, new, by, now)
    if new.key is None:

        def write_all() -> None:
            with transaction.atomic():
                for group in (*made.groups, made.keys):
                    if group:
                        bulk.insert(type(group[0]), group)
                checks.save(made.checks)

        guards.claim([(made.keys, made.application, rulebook)], now, write_all)
        return made.application
    once = claim(new.key, made.application, by, now)
    still = catalogue.while_current(edition, today) & proof

    def write_once() -> bool:
        return bulk.insert_once(once, *made.groups, made.keys, made.checks, when=still)

    try:
        written = guards.claim([(made.keys, made.application, rulebook)], now, write_once)
    except ActionRejected as error:
        if proof is not bulk.ALWAYS:
            raise Unproven from error
        raise
    if not written:
        if proof is not bulk.ALWAYS:
            raise Unproven
        return written_before(new.key, by)
    checks.announce(made.checks)
    return made.application


@dataclass(frozen=True, slots=True)
class Prepared:
    """An application with all that is written with it, unsaved."""

    application: Application
    rulebook: Rulebook
    checks: list[Check]
    keys: list[GuardKey]
    groups: tuple[Sequence[Any], ...]  # rows of one model each


def prepare(
    edition: Edition, rulebook: Rulebook, new: NewApplication, by: Actor, now: datetime.datetime
) -> Prepared:
    today = city_date(now)
    by_right = submitters.require(new, rulebook, by, now)
    answers = validate(rulebook, new.answers, on=today)
    stated = gather_inputs(rulebook, answers, {}, {}, today)
    application = _begin(edition, rulebook, new, answers, region_of(rulebook, stated), now)
    round_checks = checks.begin_round(application, rulebook, now)
    taken = [intakes.row(new.presence, application, by, now)] if new.presence else []
    disputed = disputes.at_submission(application, rulebook, new.claims, by, now)
    files = materials.rows_of(application, rulebook, by)
    files += materials.of_disputes(disputed, application, by)
    acting = [representations.row(by_right, application, now)] if by_right else []
    by_assistant = assisted.rows_of(new.mandate, application, rulebook, now)
    signed = undertakings.sign(application, rulebook, by, now, acting=_acting(new))
    data = {
        **binding.of_submission(application),
        **binding.of_intakes(taken),
        **binding.of_representation(acting[0] if acting else None),
        **binding.of_disputes(disputed),
        **signed_rows.of_undertakings(signed),
    }
    if new.mandate is not None:
        data["mandate"] = str(new.mandate)
    if new.together:
        data["together"] = list(new.together)
    if new.within is not None:
        data["bundle"] = {"case": new.within.case, "step": new.within.step}
    event = steps.move(application, "submit", by=by, now=now, kind="submitted", data=data)
    keys = guards.rows_of(application, rulebook, stated)
    places = quotas.rows_of(application, rulebook, now)
    by_others = (taken, acting, by_assistant)
    groups = ([application], [event], *by_others, disputed, files, signed, places)
    return Prepared(application, rulebook, round_checks, keys, groups)


def _prepare_each(
    edition: Edition, rulebook: Rulebook, new: NewApplication, by: Actor, now: datetime.datetime
) -> Prepared:
    """Prepare what a form is handed in as: one application for each result that it asks for.

    Written together; the first is the one that is answered. Each event names all of them.
    """
    parts = split(rulebook.pack.outcomes, new.answers)
    if len(parts) == 1:
        return prepare(edition, rulebook, new, by, now)
    together = tuple(numbers.new(city_date(now)) for _ in parts)
    made: list[Prepared] = []
    for part, number in zip(parts, together, strict=True):
        first = None if made else new.identifier
        one = replace(new, answers=part, identifier=first, number=number, together=together)
        made.append(prepare(edition, rulebook, one, by, now))
    groups = zip(*(one.groups for one in made), strict=True)
    return Prepared(
        made[0].application,
        rulebook,
        list(chain.from_iterable(one.checks for one in made)),
        list(chain.from_iterable(one.keys for one in made)),
        tuple(list(chain.from_iterable(kind)) for kind in groups),
    )


def claim(key: Key, application: Application, by: Actor, now: datetime.datetime) -> Submission:
    return bulk.new(
        Submission,
        client=by.caller,
        key=key.value,
        body_hash=key.body_hash,
        application_id=application.id,
        created_at=now,
    )


def _acting(new: NewApplication) -> str:
    """Return as what whoever hands it in acts for the applicant, if they do."""
    if new.presence is not None:
        return str(new.presence.acting)
    return str(new.represents.acting) if new.represents is not None else ""


def under_another(
    rulebook: Rulebook, new: NewApplication, by: Actor, on: datetime.date
) -> Application:
    """Return what the key led to while the edition shown was in force, else reject it (409).

    Nobody is judged by, or asked about under, an edition that they were not shown.
    """
    if new.key is not None and (made := earlier(new.key, by)):
        return made
    raise editions.not_in_force(new.edition, rulebook, on)


def current(service: str, on: datetime.date) -> Edition:
    edition = catalogue.current(service, on)
    if edition is None:
        raise ActionRejected(
            "unknown_service",
            "没有这个事项，或该事项暂停受理",
            "There is no such service, or it takes no applications now.",
            status=404,
            field="/service",
        )
    return edition


def _begin(
    edition: Edition,
    rulebook: Rulebook,
    new: NewApplication,
    answers: dict[str, Any],
    region: str,
    now: datetime.datetime,
) -> Application:
    applicant, number = new.applicant, names.normal_number(new.applicant.number)
    subject = identity.index(number)
    application = bulk.new(
        Application,
        number=new.number or numbers.new(city_date(now)),
        service_id=edition.service_id,
        edition_id=edition.id,
        office_id=_office(rulebook),
        region_id=region,
        applicant_kind=applicant.kind,
        applicant=subject,
        applicant_number=identity.encrypt(number, subject),
        applicant_name=names.normal(applicant.name),
        channel=new.channel,
        client_id=new.client.pk if new.client else None,
        answers=answers,
        by_person=new.by_person,
        created_at=now,
    )
    application.id = new.identifier or application.id
    return application


def _office(rulebook: Rulebook) -> str:
    """Return the office of a case: the city's default one where the city has none of that code.

    Publishing refuses such a pack; this keeps its applications with a person, should it happen.
    """
    office = rulebook.office
    return office if office in settings.CITY.offices else settings.CITY.default_office


def earlier(key: Key, by: Actor) -> Application | None:
    """Return the application that already has the key, if any; raises as ``submit`` does."""
    with suppress(Superseded):
        return written_before(key, by)
    return None


def made_with(key: str, by: Actor) -> Application | None:
    """Return the application that a key led to, whatever was handed in with it; None for none."""
    mine = Submission.objects.select_related("application").filter(client=by.caller, key=key)
    found = mine.first()
    return found.application if found else None


def written_before(key: Key, by: Actor) -> Application:
    """Return the application that already has the key; raises ``ActionRejected`` for another body.

    Raises ``Superseded`` where there is none: then it was not the key that stood in the way.
    """
    mine = Submission.objects.select_related("application").filter(client=by.caller, key=key.value)
    earlier = mine.first()
    if earlier is None:
        raise Superseded
    if bytes(earlier.body_hash) != key.body_hash:
        raise ActionRejected(
            "key_reused",
            "该幂等键已用于另一份内容不同的申请",
            "This Idempotency-Key was used before with a different body.",
            status=422,
            field="Idempotency-Key",
        )
    return earlier.application
