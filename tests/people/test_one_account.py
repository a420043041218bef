"""One person has one account of an officer: by actions, and by PostgreSQL."""

import pytest
from django.conf import settings as config

from ledger import rotation
from ledger.clock import now
from people import officers, places, rights
from people.errors import ActionRejected
from people.models import User
from tests import officers as made
from tests.people.test_officers import NUMBER, refused


@pytest.fixture(autouse=True)
def city(db: None, settings: object, tmp_path: object) -> None:
    settings.KEYS_DIR = tmp_path  # type: ignore[attr-defined]
    rotation.make(now())
    places.load(config.CITY)
    rights.write_groups()


@pytest.fixture
def two() -> tuple[User, User]:
    return made.administrators()


def test_nobody_has_two_accounts_and_so_nobody_confirms_their_own_proposal(
    two: tuple[User, User],
) -> None:
    duties = officers.Duties("某", "clerk", "hrss", number=NUMBER)
    first, second = two
    change, _half = officers.propose(
        kind="enrol", username="one", by=first, now=now(), duties=duties
    )
    other, _half = officers.propose(
        kind="enrol", username="two", by=first, now=now(), duties=duties
    )  # before the first was confirmed
    officers.confirm(change=change.pk, by=second, now=now())
    for spelled in (NUMBER, f" {NUMBER.lower()} "):
        again = officers.Duties("某", "auditor", "data", number=spelled)
        with pytest.raises(ActionRejected) as caught:
            officers.propose(kind="enrol", username="x3", by=first, now=now(), duties=again)
        assert caught.value.code == "person_has_account" and "one" in caught.value.en
    with pytest.raises(ActionRejected) as caught:
        officers.confirm(change=other.pk, by=second, now=now())
    assert caught.value.code == "person_has_account"
    assert not User.objects.filter(username="two").exists()
    officers.change_at_once(kind="bar", username="one", proposed_by=first, confirmed_by=second)
    officers.confirm(change=other.pk, by=second, now=now())  # the other one is barred now
    with pytest.raises(ActionRejected) as caught:
        officers.change_at_once(
            kind="admit", username="one", proposed_by=first, confirmed_by=second
        )
    assert caught.value.code == "person_has_account"
    assert User.objects.get(username="one").person == User.objects.get(username="two").person


@pytest.mark.parametrize("number", ["", "x", "440305199001010019", "440305209901010015", "1" * 18])
def test_whose_account_it_is_has_to_be_said(number: str, two: tuple[User, User]) -> None:
    duties = officers.Duties("某", "clerk", "hrss", number=number)
    with pytest.raises(ActionRejected) as caught:
        officers.propose(kind="enrol", username="x", by=two[0], now=now(), duties=duties)
    assert caught.value.code == "number" and caught.value.field == "/number"


def test_postgresql_keeps_one_account_for_each_person(two: tuple[User, User]) -> None:
    made.enrol(username="li", name="李", role="clerk", office="hrss")
    other = made.enrol(username="wang", name="王", role="clerk", office="hrss")
    person = User.objects.get(username="li").person
    put = "UPDATE people_user SET person = %s, change_id = %s WHERE username = 'wang'"
    refused("two administrators", put, person, other.change_id)
    same = made.confirmed(
        "wang", "change", role="clerk", name="王", office_id="hrss", person=person
    )
    refused("officer_one_per_person", put, person, same.pk)
    insert = (
        "INSERT INTO people_officerchange (id, kind, username, role, name, is_active, person,"
        " proposed_by_id, proposed_at) VALUES"
        " (gen_random_uuid(), 'enrol', 'y', 'clerk', 'y', true, '', %s, now())"
    )
    refused("whose account", insert, two[0].pk)
