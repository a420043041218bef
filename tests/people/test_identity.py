"""I11: numbers of people are found by a keyed hash, kept sealed, shown masked."""

import datetime as dt

import pytest

from ledger import rotation
from people import identity
from people.models import User

NUMBER = "11010519491231002X"


@pytest.fixture
def keys(db: None, now: dt.datetime) -> None:
    rotation.make(now)


def test_one_number_has_one_index_however_it_is_typed(keys: None) -> None:
    index = identity.index(NUMBER)
    assert index == identity.index(" 11010519491231002x\n")
    assert len(index) == 32 and int(index, 16) and NUMBER not in index
    assert index != identity.index("110105194912310011")


def test_the_index_depends_on_the_key(keys: None, settings: object, tmp_path: object) -> None:
    index = identity.index(NUMBER)
    settings.KEYS_DIR = tmp_path  # type: ignore[attr-defined]
    rotation.make(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    assert identity.index(NUMBER) != index


def test_a_sealed_number_opens_again_and_never_looks_the_same(keys: None) -> None:
    one, two = identity.encrypt(NUMBER), identity.encrypt(NUMBER.lower())
    assert one != two and NUMBER.encode() not in one
    assert identity.decrypt(one) == identity.decrypt(memoryview(two)) == NUMBER


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("110105194912310022", "1101**********0022"),
        (NUMBER, "1101**********002X"),
        ("9144030071526726XG", "9144**********26XG"),
        ("12345678", "********"),
        ("123", "***"),
        ("", ""),
    ],
)
def test_a_masked_number_shows_four_and_four(number: str, masked: str) -> None:
    assert identity.mask(number) == masked


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张三丰", "张**"),
        ("李四", "李*"),
        ("王", "*"),
        (" 𠮷田 ", "𠮷*"),
        ("John Smith", "J***"),
        ("", ""),
    ],
)
def test_a_masked_name_shows_its_first_character_at_most(name: str, masked: str) -> None:
    assert identity.mask_name(name) == masked


def test_an_account_holds_no_number_in_the_clear(keys: None) -> None:
    from django.db import connection

    from people import actions

    actions.enrol_citizen(username="zhang", name="张三", number=NUMBER, password="!")
    with connection.cursor() as cursor:
        cursor.execute("SELECT u::text FROM people_user u")
        ((row,),) = cursor.fetchall()
    assert NUMBER not in row and NUMBER.encode().hex() not in row
    user = User.objects.get(subject=identity.index(NUMBER))
    assert identity.decrypt(user.number, user.subject) == NUMBER
