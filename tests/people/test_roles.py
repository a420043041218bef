"""Who may open and change what in the desk's pages about people and history."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

import bulk
from demo.city import City
from demo.city.personas import PERSONAS
from ledger import events, keys, rotation
from ledger.clock import now
from ledger.models import Event
from people import actions, identity, places, rights, roles
from people.models import Office, User
from tests import officers
from tests.factories import UserFactory

PAGES = ("people/user", "people/office", "people/region")
HISTORY = ("ledger/event", "ledger/treehead", "ledger/publickey")
ROLES = ("citizen", *(role.value for role in roles.OFFICERS))


@pytest.fixture
def officer(db: None, settings: Any, tmp_path: Path) -> Iterator[Callable[[str], User]]:
    settings.KEYS_DIR = tmp_path
    keys.cache.forget()
    rotation.make(now())  # an account has the keyed hash of its person
    places.load(settings.CITY)
    rights.write_groups()

    def make(role: str, name: str = "") -> User:
        if role == "citizen":
            return UserFactory(citizen=True, username=name or "a-citizen")
        return officers.enrol(username=name or f"a-{role}", name="李", role=role, office="data")

    yield make
    keys.cache.forget()


@pytest.fixture
def enter(officer: Callable[[str], User]) -> Callable[[str], Client]:
    def log_in(role: str) -> Client:
        client = Client()
        client.force_login(officer(role), "django.contrib.auth.backends.ModelBackend")
        return client

    return log_in


SEES = {
    "people/user": {"administrator", "auditor"},
    "people/office": {"administrator", "operator", "auditor", "policy"},
    "people/region": {"administrator", "operator", "auditor", "policy"},
    "ledger/event": {"auditor"},
    "ledger/treehead": {"auditor"},
    "ledger/publickey": {"auditor"},
}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_its_own_pages_and_no_other(
    role: str, enter: Callable[[str], Client]
) -> None:
    client = enter(role)
    for page, readers in SEES.items():
        status = client.get(f"/desk/{page}/").status_code
        expected = 200 if role in readers else (302 if role == "citizen" else 403)
        assert status == expected, page


def test_the_desk_is_closed_to_who_is_not_logged_in(db: None) -> None:
    for page in SEES:
        answer = Client().get(f"/desk/{page}/")
        assert answer.status_code == 302 and "/login/" in answer["Location"]


def test_an_auditor_changes_nothing(enter: Callable[[str], Client]) -> None:
    client, office = enter("auditor"), Office.objects.get(code="hrss")
    for page in SEES:
        assert client.get(f"/desk/{page}/add/").status_code == 403
    for page in ("people/office/hrss", f"people/user/{User.objects.get(username='a-auditor').pk}"):
        assert client.get(f"/desk/{page}/change/").status_code == 200
        assert client.post(f"/desk/{page}/change/", {"name_zh": "错"}).status_code == 403
        assert client.post(f"/desk/{page}/delete/", {"post": "yes"}).status_code == 403
    office.refresh_from_db()
    assert office.name_zh == "人力资源和社会保障局"


def test_nobody_changes_an_event_in_the_desk(
    enter: Callable[[str], Client], now: dt.datetime
) -> None:
    rotation.make(now)
    from services.models import Service

    event = events.append(Service(code="a"), "service:a", "made", by="officer:li", now=now)
    bulk.insert(Event, [event])
    client = enter("auditor")
    page = client.get(f"/desk/ledger/event/{event.pk}/change/")
    assert page.status_code == 200 and event.hash.hex() in page.content.decode()
    assert client.post(f"/desk/ledger/event/{event.pk}/change/", {"kind": "x"}).status_code == 403
    assert client.post(f"/desk/ledger/event/{event.pk}/delete/").status_code == 403
    assert "service:a" in client.get("/desk/ledger/event/?q=service:a").content.decode()


def test_a_citizen_can_be_barred_but_not_made_an_officer(
    enter: Callable[[str], Client], now: dt.datetime
) -> None:
    rotation.make(now)
    client = enter("administrator")
    number = "11010519491231002X"
    user = actions.enrol_citizen(username="zhang", name="张三丰", number=number, password="!")
    address = f"/desk/people/user/{user.pk}/change/"
    shown = client.get(address).content.decode()
    assert "张**" in shown and "张三丰" not in shown
    assert number not in shown and identity.index(number) not in shown
    assert "张三丰" not in client.get("/desk/people/user/").content.decode()
    assert client.post(address, {"role": "clerk", "office": "hrss"}).status_code == 302
    user.refresh_from_db()
    assert (user.role, user.is_staff, user.is_active) == ("citizen", False, False)
    assert client.post(f"/desk/people/user/{user.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"/desk/people/user/{user.pk}/password/").status_code in (302, 404)


def test_a_clerk_without_an_office_cannot_exist(officer: object) -> None:
    from django.db import IntegrityError

    with pytest.raises(IntegrityError, match="clerk_has_an_office"):
        officers.make("x", "clerk")


# --- the demo's people


def test_the_demo_has_a_clerk_an_office_and_forty_citizens(
    db: None, settings: object, tmp_path: object, now: dt.datetime,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    settings.KEYS_DIR = tmp_path  # type: ignore[attr-defined]
    rotation.make(now)
    places.load(settings.CITY)
    call_command("personas", "--make")
    call_command("personas", "--make")
    said = capsys.readouterr().out
    citizens = User.objects.filter(role="citizen")
    assert citizens.count() == 40 and not any(u.has_usable_password() for u in citizens)
    for user in citizens:
        assert identity.index(identity.decrypt(user.number)) == user.subject
    for office in Office.objects.exclude(code="data"):
        assert User.objects.filter(role="clerk", office=office, region=None).exists()
    secret = said.split("password ")[1].split(")")[0]
    assert all(u.check_password(secret) for u in User.objects.filter(is_staff=True)[:2])
    assert "graduate_23" not in said and "degree_missing" in said


def test_people_of_an_older_demo_get_the_names_of_todays_cast(
    db: None, settings: object, tmp_path: object, now: dt.datetime
) -> None:
    """Names went round among three people since, and one of them had logged in by a provider."""
    settings.KEYS_DIR = tmp_path  # type: ignore[attr-defined]
    rotation.make(now)
    places.load(settings.CITY)
    city, cast = City(), [p for p in PERSONAS if p.kind in ("newborn", "graduate", "elder")]
    people = [city.person(p.index) for p in cast]
    names = ["trader_24", cast[0].kind, cast[1].kind]
    for username, one in zip(names, people, strict=True):
        actions.enrol_citizen(username=username, name=one.name, number=one.number, password="!")
    keys = [User.objects.get(subject=identity.index(one.number)).pk for one in people]
    late = city.person(next(p.index for p in PERSONAS if p.kind == "very_old"))
    admitted = actions.admit_citizen(name=late.name, number=late.number)
    stays = actions.enrol_citizen(
        username="disabled", name="张三丰", number="11010519491231002X", password="!"
    )
    call_command("personas", "--make")
    for pk, persona, one in zip(keys, cast, people, strict=True):
        user = User.objects.get(username=persona.kind)
        assert (user.pk, user.subject) == (pk, identity.index(one.number))
    assert User.objects.get(username="very_old").pk == admitted.pk
    assert User.objects.filter(role="citizen").count() == 41  # nobody is lost
    stays.refresh_from_db()
    assert (stays.name, stays.username != "disabled") == ("张三丰", True)


def test_fictional_people_are_refused_outside_a_demo(db: None, settings: object) -> None:
    settings.DEMO = settings.DEBUG = False  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="DEMO"):
        call_command("personas", "--make")
