"""Officers' accounts: every change by two administrators, at the desk, by command, and in SQL."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings as config
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client

from ledger import rotation
from ledger.clock import now
from ledger.models import Event
from people import officers, places, rights
from people.errors import ActionRejected
from people.models import Authenticator, OfficerChange, User
from people.numbers import id_number_check
from tests import officers as made

FORM = {"kind": "enrol", "username": "new-clerk", "role": "clerk", "name": "新人", "office": "hrss"}
NUMBER = "440305199001010018"
FORM["number"] = NUMBER
ADD = "/desk/people/officerchange/add/"


@pytest.fixture(autouse=True)
def city(db: None, settings: object, tmp_path: object) -> None:
    settings.KEYS_DIR = tmp_path  # type: ignore[attr-defined]
    rotation.make(now())
    places.load(config.CITY)
    rights.write_groups()


def numbers() -> Iterator[str]:
    """Yield ID numbers of nobody (GB 11643), each another."""
    for place in range(100, 999):
        first = f"44030519920202{place}"
        yield first + id_number_check(first)


@pytest.fixture(autouse=True)
def _typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever gives a command types an ID number when it asks for one, each time another."""
    typed = numbers()
    monkeypatch.setattr("builtins.input", lambda *_: next(typed))


@pytest.fixture
def two() -> tuple[User, User]:
    return made.administrators()


@pytest.fixture
def enter() -> Callable[[User], Client]:
    def log_in(user: User) -> Client:
        client = Client()
        client.force_login(user, "django.contrib.auth.backends.ModelBackend")
        return client

    return log_in


def settle(client: Client, change: OfficerChange, action: str) -> int:
    return client.post(
        f"/desk/people/officerchange/{change.pk}/do/", {"action": action}
    ).status_code


def halves(client: Client) -> str:
    body = client.get("/desk/people/officerchange/").content.decode()
    found = re.search(r"(?:专供本人|for the officer alone)[：:] ?([\w-]{12})", body)
    assert found is not None, body[:2000]
    return found[1]


def test_one_administrator_proposes_another_confirms_and_each_has_half_a_password(
    two: tuple[User, User], enter: Callable[[User], Client]
) -> None:
    first, second = map(enter, two)
    assert first.post(ADD, FORM).status_code == 302
    assert not User.objects.filter(username="new-clerk").exists()
    change = OfficerChange.objects.get(username="new-clerk", settled_at=None)
    beginning = halves(first)
    assert settle(first, change, "confirm") == 403  # one's own
    assert settle(second, change, "confirm") == 302
    user = User.objects.get(username="new-clerk")
    assert (user.role, user.office_id, user.is_staff, user.is_superuser) == (
        "clerk", "hrss", True, False,
    )  # fmt: skip
    assert user.get_all_permissions() == {"approvals.view_application"}
    end = halves(second)
    assert user.check_password(beginning + end)
    assert not user.check_password(beginning) and not user.check_password(end)
    change.refresh_from_db()
    assert change.half is None and change.settled_by == two[1]
    assert settle(second, change, "confirm") == 409
    for table in ("people_officerchange", "people_user"):
        assert Event.objects.filter(subject__startswith=f"rows:{table}:").exists()


@pytest.mark.parametrize("kind", ["change", "bar", "admit", "password", "second_factor"])
def test_every_kind_of_change_waits_for_the_second(
    kind: str, two: tuple[User, User], enter: Callable[[User], Client]
) -> None:
    officer = made.enrol(username="li", name="李", role="clerk", office="hrss")
    if kind == "admit":
        officer = made.change("li", is_active=False)
    device = Authenticator(user=officer, name="a", confirmed=True)
    device.encrypt(b"k" * 20)
    device.save()
    before = (officer.role, officer.is_active, officer.password)
    first, second = map(enter, two)
    form = {"kind": kind, "username": "li", "role": "auditor", "name": "李", "office": "data"}
    assert first.post(ADD, form).status_code == 302
    officer.refresh_from_db()
    assert (officer.role, officer.is_active, officer.password) == before
    assert Authenticator.objects.filter(user=officer).exists()
    change = OfficerChange.objects.get(username="li", settled_at=None)
    assert first.post(ADD, form).status_code == 200  # one waits already
    assert settle(second, change, "confirm") == 302
    officer.refresh_from_db()
    assert officer.role == ("auditor" if kind == "change" else "clerk")
    assert officer.is_active is (kind != "bar")
    assert (officer.password != before[2]) is (kind == "password")
    assert Authenticator.objects.filter(user=officer).exists() is (kind != "second_factor")
    assert [g.name for g in officer.groups.all()] == [officer.role]


def test_an_administrator_changes_nothing_alone(
    two: tuple[User, User], enter: Callable[[User], Client]
) -> None:
    officer = made.enrol(username="li", name="李", role="clerk", office="hrss")
    client = enter(two[0])
    form = {
        "username": "li",
        "role": "administrator",
        "name": "李",
        "office": "data",
        "is_active": "",
    }
    page = f"/desk/people/user/{officer.pk}"
    assert client.post(f"{page}/change/", form).status_code == 403
    assert client.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"{page}/password/", {"password1": "x", "password2": "x"}).status_code in (
        302, 403, 404,
    )  # fmt: skip
    assert client.post("/desk/people/user/add/", form).status_code == 403
    mine = {
        "kind": "change",
        "username": two[0].username,
        "role": "auditor",
        "name": "我",
        "office": "data",
    }
    refused = client.post(ADD, mine)
    assert refused.status_code == 200 and "自己" in refused.content.decode()
    after = User.objects.get(pk=officer.pk)
    assert (after.role, after.is_active, after.password) == ("clerk", True, officer.password)


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "citizen"},
        {"role": ""},
        {"role": "root"},
        {"office": ""},
        {"office": "none"},
        {"region": "999"},
        {"name": ""},
        {"username": "a b"},
        {"username": "<b>"},
        {"kind": "x"},
        {"username": ""},
        {"kind": "bar"},
        {"kind": "change", "username": "graduate"},
    ],
    ids=str,
)
def test_what_cannot_be_is_not_proposed(
    wrong: dict[str, str], two: tuple[User, User], enter: Callable[[User], Client]
) -> None:
    answer = enter(two[0]).post(ADD, FORM | wrong)
    assert answer.status_code == 200
    assert not OfficerChange.objects.filter(first=None).exists()


def test_dropped_is_dropped(two: tuple[User, User], enter: Callable[[User], Client]) -> None:
    first, second = map(enter, two)
    first.post(ADD, FORM)
    change = OfficerChange.objects.get(username="new-clerk")
    assert settle(second, change, "drop") == 302
    assert settle(second, change, "confirm") == 409
    assert first.post(ADD, FORM).status_code == 302  # proposed anew


@pytest.mark.parametrize("role", ["clerk", "head", "legal", "technical", "operator", "auditor"])
def test_nobody_but_administrators(
    role: str, two: tuple[User, User], enter: Callable[[User], Client]
) -> None:
    change, _half = officers.propose(
        kind="enrol", username="x", by=two[0], now=now(),
        duties=officers.Duties("某", "clerk", "hrss", number=NUMBER),
    )  # fmt: skip
    user = made.enrol(username="a", name="某", role=role, office="data")
    client = enter(user)
    assert client.post(ADD, FORM).status_code == 403
    assert settle(client, change, "confirm") in (403, 404)
    with pytest.raises(ActionRejected):
        officers.confirm(change=change.pk, by=user, now=now())
    assert not User.objects.filter(username="x").exists()


# --- by command


def run(*words: str) -> str:
    from io import StringIO

    out = StringIO()
    call_command("officers", *words, stdout=out)
    return out.getvalue()


NEW = ("--name", "某人", "--office", "data")


def test_the_first_two_administrators_need_nobody_and_the_third_does() -> None:
    with pytest.raises(CommandError, match="two administrators"):
        run("add", "li", *NEW, "--role", "clerk")
    for name in ("admin", "admin2"):
        assert f"{name}: password" in run("add", name, *NEW, "--role", "administrator")
    for role in ("administrator", "clerk"):
        with pytest.raises(CommandError, match="two administrators"):
            run("add", "third", *NEW, "--role", role)
    for by in (("admin", "admin"), ("admin", "nobody"), ("nobody", "admin")):
        with pytest.raises(CommandError):
            run(
                "add",
                "li",
                *NEW,
                "--role",
                "clerk",
                "--proposed-by",
                by[0],
                "--confirmed-by",
                by[1],
            )
    assert set(OfficerChange.objects.values_list("first", flat=True)) == {1, 2}


def test_a_command_proposes_or_names_both(two: tuple[User, User]) -> None:
    one, other = (user.username for user in two)
    both = ("--proposed-by", one, "--confirmed-by", other)
    said = run("add", "li", *NEW, "--role", "clerk", *both)
    assert f"proposed by {one}, confirmed by {other}" in said
    said = run("add", "wang", *NEW, "--role", "clerk", "--proposed-by", one)
    assert not User.objects.filter(username="wang").exists()
    change = re.search(r"confirm (\S+) --by", said)
    first = re.search(r"first half of the password ([\w-]+)", said)
    assert change and first
    with pytest.raises(CommandError, match="another administrator"):
        run("confirm", change[1], "--by", one)
    second = re.search(
        r"second half of the password ([\w-]+)", run("confirm", change[1], "--by", other)
    )
    assert second
    assert User.objects.get(username="wang").check_password(first[1] + second[1])
    run("bar", "wang", *both)
    assert not User.objects.get(username="wang").is_active
    run("change", "li", *NEW, "--role", "auditor", *both)
    assert User.objects.get(username="li").role == "auditor"
    with pytest.raises(CommandError, match="name the administrators"):
        run("password", "li")


# --- past Django


def refused(promise: str, statement: str, *values: object) -> None:
    with (
        pytest.raises((IntegrityError, ProgrammingError), match=promise),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, values)


def test_no_officer_is_made_or_changed_in_sql_without_two_administrators(
    two: tuple[User, User],
) -> None:
    user = made.enrol(username="li", name="李", role="clerk", office="hrss")
    confirmed = "two administrators"
    for column, value in (
        ("role", "administrator"), ("office_id", "market"), ("region_id", "440304"),
        ("is_active", False), ("is_superuser", True), ("name", "他"), ("username", "wang"),
        ("is_staff", False),
    ):  # fmt: skip
        refused(confirmed, f"UPDATE people_user SET {column} = %s WHERE id = %s", value, user.pk)
    with pytest.raises(IntegrityError, match=confirmed), transaction.atomic():
        User.objects.create(username="x", role="auditor", is_staff=True)
    with pytest.raises(IntegrityError, match=confirmed), transaction.atomic():
        User.objects.create(username="x", is_superuser=True)
    citizen = User.objects.create(username="c", role="citizen")
    refused(confirmed, "UPDATE people_user SET role = 'clerk' WHERE id = %s", citizen.pk)
    refused(confirmed, "UPDATE people_user SET is_staff = true WHERE id = %s", citizen.pk)
    refused("barred, not deleted", "DELETE FROM people_user WHERE id = %s", user.pk)


def test_a_confirmed_change_serves_once_and_for_its_own_values(two: tuple[User, User]) -> None:
    user = made.enrol(username="li", name="李", role="clerk", office="hrss")
    enrolled = user.change_id
    auditor = made.confirmed("li", "change", role="auditor", name="李", office_id="hrss")
    put = "UPDATE people_user SET role = %s, change_id = %s WHERE username = 'li'"
    refused("two administrators", put, "administrator", auditor.pk)
    with connection.cursor() as cursor:
        cursor.execute(put, ["auditor", auditor.pk])
    refused("two administrators", put, "clerk", enrolled)
    clerk = made.confirmed("li", "change", role="clerk", name="李", office_id="hrss")
    with connection.cursor() as cursor:
        cursor.execute(put, ["clerk", clerk.pk])
    refused("two administrators", put, "auditor", auditor.pk)


def test_a_change_is_proposed_and_confirmed_by_two_administrators_in_sql(
    two: tuple[User, User],
) -> None:
    clerk = made.enrol(username="li", name="李", role="clerk", office="hrss")
    change, _half = officers.propose(
        kind="enrol", username="x", by=two[0], now=now(),
        duties=officers.Duties("某", "clerk", "hrss", number=NUMBER),
    )  # fmt: skip
    confirm = (
        "UPDATE people_officerchange SET confirmed = true, settled_at = now(), settled_by_id = %s"
        " WHERE id = %s"
    )
    refused("officer_two_administrators", confirm, two[0].pk, change.pk)
    refused("by no administrator", confirm, clerk.pk, change.pk)
    refused("by no administrator|officer_two_administrators", confirm, None, change.pk)
    refused(
        "permission denied|history only grows",
        "UPDATE people_officerchange SET role = 'administrator'",
    )
    refused("permission denied|history only grows", "DELETE FROM people_officerchange")
    insert = (
        "INSERT INTO people_officerchange (id, kind, username, role, name, is_active, person,"
        " first, proposed_by_id, proposed_at, settled_by_id, settled_at, confirmed) VALUES"
        " (gen_random_uuid(), 'enrol', 'y', %s, 'y', true, 'z', %s, %s, now(), %s, %s, %s)"
    )
    at = now()
    refused("settled before", insert, "clerk", None, two[0].pk, two[1].pk, at, True)
    refused("by no administrator", insert, "clerk", None, clerk.pk, None, None, None)
    for number in (1, 2, 3):
        refused(
            "there are administrators|first", insert, "administrator", number, None, None, at, True
        )


def test_rights_come_with_the_role_alone(two: tuple[User, User]) -> None:
    user = made.enrol(username="li", name="李", role="clerk", office="hrss")
    with pytest.raises(IntegrityError, match="rights come with"), transaction.atomic():
        user.groups.add(Group.objects.get(name="administrator"))
    with pytest.raises(IntegrityError, match="rights come with"), transaction.atomic():
        user.user_permissions.add(Permission.objects.first())


def test_a_second_factor_in_use_stays_until_two_administrators_reset_it(
    two: tuple[User, User],
) -> None:
    user = made.enrol(username="li", name="李", role="clerk", office="hrss")
    device = Authenticator(user=user, name="a", confirmed=True)
    device.encrypt(b"k" * 20)
    device.save()
    refused("have reset it", "DELETE FROM people_authenticator WHERE user_id = %s", user.pk)
    officers.change_at_once(
        kind="second_factor", username="li", proposed_by=two[0], confirmed_by=two[1]
    )
    assert not Authenticator.objects.filter(user=user).exists()
