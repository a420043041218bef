"""Cases of a service with one condition, for whoever measures rates: adults pass, others do not."""

from collections.abc import Sequence
from functools import cache

from approvals import actions
from approvals.models import Application
from demo.city import Person
from ledger.clock import city_date, now
from people.actors import ENGINE
from tests.approvals.cases import CITY, citizen
from tests.services.editions import published
from tests.services.packs import SMALL, changed

CODE = "bus_pass"
# the threshold turned off: who has just been born passes; its own tests say so, too
BAD = changed("2021-01-01: P18Y", "2021-01-01: P0Y", SMALL)
BAD = changed("  expect: refer\n  findings: {adult: unmet}\n", "  expect: approve\n", BAD)


@cache
def people(*, adult: bool) -> tuple[Person, ...]:
    """People of the city on one side of the condition, on any day that tests run."""
    found = []
    today = city_date(now())
    for place in range(CITY.persons):
        one = CITY.person(place)
        years = today.year - one.born.year
        if not (one.fault or one.silent) and (years > 18 if adult else years < 17):
            found.append(one)
    return tuple(found)


def first_edition(source: str = SMALL) -> None:
    published(source, now(), file=f"{CODE}.yaml")


def submit(persons: Sequence[Person]) -> list[Application]:
    """Hand in an application of each; nothing is due, so the engine may have them."""
    made = []
    for one in persons:
        applicant = actions.Applicant("person", one.number, one.name)
        new = actions.NewApplication(
            service=CODE, applicant=applicant, answers={"consent": True}, channel="portal"
        )
        made.append(actions.submit(new=new, by=citizen(applicant), now=now()))
    return made


def decide() -> int:
    """Let the engine decide what is ready, in one batch; returns how many."""
    claimed = actions.claim(limit=200, again=False, by=ENGINE)
    if claimed:
        actions.decide_claimed(claimed=claimed, by=ENGINE, now=now())
    return len(claimed)
