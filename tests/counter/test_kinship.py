"""A guardian by the city's registry of kinship, instead of a paper."""

from dataclasses import replace
from typing import Any

import pytest

from approvals.models import Intake
from exchange import kinship
from exchange.models import Lookup, Record
from ledger.clock import now
from people import actors, identity
from people.models import User
from tests.approvals.cases import person
from tests.counter.desk import ADD, Counter, arrival, enter, guardian, hidden

pytestmark = pytest.mark.usefixtures("furnished")
WARD, PARENT = "capacity_limited", "elder"


@pytest.fixture
def registered(furnished: None) -> None:
    """The registry has the guardian as a grandparent, whatever the clerk chooses."""
    parent = identity.index(person(PARENT).number)
    Record.objects.filter(
        subject=identity.index(person(WARD).number), registry=kinship.REGISTRY
    ).update(data={"guardians": [{"person": parent, "relation": "grandparent"}]})


def entered(who: str = PARENT) -> dict[str, str]:
    chosen = {"/representative/authority": "registry"}
    return arrival(WARD, **guardian(who, **chosen))


@pytest.mark.usefixtures("registered")
def test_the_registrys_guardian_is_taken_with_its_relation_of_today() -> None:
    desk = Counter()
    assert desk.arrive(entered()).status_code == 200
    looked = Lookup.objects.get(registry=kinship.REGISTRY)
    assert (looked.by, looked.purpose) == ("officer:clerk-hrss", "counter:graduate_settlement")
    assert looked.subject == identity.index(person(WARD).number)
    assert desk.check().status_code == 200
    assert (
        desk.post({**hidden(desk.pages[-1]), "/consent": "true", "step": "submit"}).status_code
        == 302
    )
    row = Intake.objects.get()
    assert (row.authority, row.relation) == ("registry", "grandparent")
    assert row.authority_on == row.application.received_on


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("who", ["trader", "trader_food"])
def test_whom_the_registry_does_not_have_brings_a_paper(who: str) -> None:
    answer = Counter().arrive(entered(who))
    assert answer.status_code == 422 and "亲属关系库没有该监护关系" in answer.content.decode()
    assert not Lookup.objects.exclude(registry=kinship.REGISTRY).exists()


def test_where_the_city_has_no_such_registry_it_is_no_choice(settings: Any) -> None:
    assert 'value="registry"' in enter("clerk-hrss").get(ADD).content.decode()
    others = {k: v for k, v in settings.CITY.registries.items() if k != kinship.REGISTRY}
    settings.CITY = replace(settings.CITY, registries=others)
    page = enter("clerk-hrss").get(ADD).content.decode()
    assert 'value="household"' in page and 'value="registry"' not in page
    assert Counter().arrive(entered()).status_code == 422


def test_everybody_of_the_demo_without_full_capacity_has_a_guardian() -> None:
    clerk = actors.officer(User.objects.get(username="clerk-hrss"))
    minor = person("trader_minor").number
    (named,) = Record.objects.get(subject=identity.index(minor), registry=kinship.REGISTRY).data[
        "guardians"
    ]
    known = [u.subject for u in User.objects.filter(role="citizen")]
    assert named["person"] in known and named["person"] != identity.index(minor)
    asked = {"ward": minor, "purpose": "counter:sole_trader", "by": clerk, "now": now()}
    assert kinship.relation(guardian=person("graduate").number, **asked) is None
