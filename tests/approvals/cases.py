"""Making cases as the entry points do, for tests that look at one action at a time."""

import datetime
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

from django.conf import settings

from approvals import actions
from approvals.actions import evidence, questions
from approvals.models import Application, Check
from approvals.records import audit
from demo.city import City, Place
from demo.city.people import Person
from demo.city.personas import index
from exchange import protocol
from exchange.queries import Answer, Outcome, Proof, Query
from exchange.registry_keys import demo_key
from ledger import heads
from ledger.clock import now
from people import identity
from people.actors import CHECKER, ENGINE, Actor, Kind
from services import catalogue
from tests.plugins.templates import ENTERPRISES, PERSONS, SEED

CITY = City(seed=SEED, persons=PERSONS, enterprises=ENTERPRISES)


def person(kind: str) -> actions.Applicant:
    """Return a persona of the city as an applicant."""
    person = CITY.person(index(kind))
    return actions.Applicant("person", person.number, person.name)


def citizen(applicant: actions.Applicant) -> Actor:
    return Actor(Kind.CITIZEN, identity.index(applicant.number), applicant.name)


def places(*uses: str) -> Iterator[Place]:
    """Yield addresses that stand, undisputed, and may be used so."""
    for place in map(CITY.address, range(CITY.addresses)):
        if place.exists and not place.disputed and place.use in uses:
            yield place


# workers of the city with nothing against them: the others are barred, minors, or have died
GRANTED = (0, 1, 3, 5, 6, 8, 9, 10, 11)


@cache
def graduates() -> tuple[Person, ...]:
    """Return the graduates whose records are all as they should be, behind the personas."""
    others = map(CITY.person, islice(CITY.members("graduate"), 50, None))
    return tuple(one for one in others if not (one.fault or one.silent))


@cache
def residents() -> tuple[Person, ...]:
    """Return persons who meet every condition of a residence permit."""
    found = []
    for t in map(CITY.person, CITY.members("worker")):
        home, paid = CITY.residence(t), t.insurance
        if t.fault or home is None or home.fault or paid is None or not paid.paying:
            continue
        if paid.continuous >= 12 and t.hukou_city != "4403" and home.permit is None:
            found.append(t)
    return tuple(found)


def worker(place: int) -> tuple[actions.Applicant, dict[str, Any]]:
    """Return an applicant of working age, each place another, and answers that are granted."""
    citizens = islice(CITY.members("worker"), GRANTED[place], GRANTED[place] + 1)
    truth = CITY.person(next(citizens))
    shops = islice(places("commercial"), place + 1, place + 2)
    names = "安柏采辰澄川春淳德帆芳枫"
    answers = trader_answers(trade_name=names[place] + "云清河", premises=next(shops).code)
    return actions.Applicant("person", truth.number, truth.name), answers


def graduate_answers(**changes: Any) -> dict[str, Any]:
    home = next(places("residential"))
    return {"district": home.region, "address": home.code, "consent": True, **changes}


def trader_answers(**changes: Any) -> dict[str, Any]:
    shop = next(places("commercial"))
    plain = {
        "trade_name": "栖迟",
        "scope": ["F5299"],
        "premises": shop.code,
        "employees": 1,
        "consent": True,
    }
    return {**plain, **changes}


def submit(
    kind: str = "graduate", service: str = "graduate_settlement", **more: Any
) -> Application:
    """Submit as the citizen through the action; returns the application as stored."""
    applicant = more.pop("applicant", None) or person(kind)
    answers = more.pop("answers", None) or (
        graduate_answers() if service == "graduate_settlement" else trader_answers()
    )
    made = actions.submit(
        by=more.pop("by", None) or citizen(applicant),
        now=more.pop("now", None) or now(),
        new=actions.NewApplication(
            service=service,
            applicant=applicant,
            answers=answers,
            channel=more.pop("channel", "portal"),
            **more,
        ),
    )
    return Application.objects.get(id=made.id)


def answer_checks(application: Application, **wrong: Answer | str) -> None:
    """Answer the due checks from the city, as a worker would; ``wrong`` replaces an answer.

    A text instead of an answer is the reason of a failure.
    """
    at = now()
    book = catalogue.rulebook(application.edition_id)
    results: list[tuple[Any, Answer | None, str, datetime.datetime]] = []
    for check in Check.objects.filter(application=application, state="due"):
        (file,) = evidence.files([application])
        asked = questions.query(application, book, (check.registry, check.subject), file.read())
        data = CITY.record(check.registry, asked.number)
        answer: Any = wrong.get(check.registry) or signed_answer(asked, data, at)
        if isinstance(answer, str):
            answer = Answer(check.registry, asked.subject, "failed", reason=answer, at=at)
        results.append((check.id, answer, answer.reason, at))
    actions.record_checks(answers=results, by=CHECKER, now=at)


def signed_answer(
    asked: Query, data: dict[str, Any] | None, at: datetime.datetime, version: str = "1"
) -> Answer:
    """An answer of another agency as its adapter returns it, with what proves it."""
    outcome: Outcome = "absent" if data is None else "found"
    algorithm = settings.CITY.registries[asked.registry].signature
    key = demo_key(asked.registry, "answer", algorithm)
    item = {"number": asked.number, "outcome": outcome, "version": version, "data": data or {}}
    another = {**item, "number": "11010519491231002X"}
    text = protocol.answer(key, asked.registry, "n" * 32, at, [another, item]).decode()
    statement, (_, disclosure) = protocol.split(text)
    proof = Proof(statement, disclosure, key.kid, algorithm)
    return Answer(
        asked.registry, asked.subject, outcome, data or {}, version=version, at=at, proof=proof
    )


def decide(*applications: Application) -> list[Application]:
    """Let the engine decide what is ready; returns the applications as stored."""
    claimed = actions.claim(limit=200, again=False, by=ENGINE)
    actions.decide_claimed(claimed=claimed, by=ENGINE, now=now())
    return [Application.objects.get(id=a.id) for a in applications]


def approve_by_two(number: str, reason: str, *, first: Actor, second: Actor) -> None:
    """Approve against the verdict what ``first`` has taken."""
    made = actions.propose_approval(number=number, reason=reason, by=first, now=now())
    actions.confirm_approval(proposal=made.pk, by=second, now=now())


def settled(
    kind: str = "graduate", service: str = "graduate_settlement", **more: Any
) -> Application:
    """Submit, answer every check from the city, decide."""
    application = submit(kind, service, **more)
    answer_checks(application)
    return decide(application)[0]


def audited() -> list[str]:
    """Return what the audit finds once every event is under a signed head."""
    while heads.sequence(now()) is not None:
        pass
    return list(audit.faults())
