"""Offices, keys and orders for certificates; rulebooks are as small as they can be."""

from __future__ import annotations

import datetime as dt
import uuid
from types import SimpleNamespace
from typing import Any

import pytest

from certificates.actions import Order
from ledger import rotation
from people.actors import Actor, Kind
from people.models import Office, Region, User
from tests import officers
from tests.factories import OfficeFactory

TYPE21 = "11100000000013338W011"
ISSUER = "11440300MB2C93150L"
CITIZEN = "c" * 32


def rulebook(**changes: Any) -> SimpleNamespace:
    """What services.rulebook.Rulebook shows of a pack to certificates."""
    fields = (
        SimpleNamespace(id="name", zh="姓名", en="Name", value="name"),
        SimpleNamespace(id="level", zh="学历", en="Education", value="level"),
    )
    spec = {
        "kind": "settlement",
        "type21": TYPE21,
        "zh": "准予落户通知",
        "en": "Approval of Household Registration",
        "number": "serial:RC",
        "valid": "P1Y",
        "fields": fields,
        "template": "",
        "holder": "",
    }
    filings = changes.pop("filings", ())
    spec.update(changes)
    return SimpleNamespace(
        code="graduate_settlement",
        hash="e" * 64,
        certificate=SimpleNamespace(**spec),
        filings=filings,
        program=SimpleNamespace(entries=(), validity=None),
        pack=SimpleNamespace(endorsement=None),
    )


@pytest.fixture
def office(db: None) -> Office:
    Region.objects.get_or_create(
        code="440305", defaults={"name_zh": "南山区", "name_en": "Nanshan"}
    )
    return OfficeFactory(code="hr", name_zh="示例市人社局", uscc=ISSUER)


@pytest.fixture
def keys(db: None, tmp_path: Any, settings: Any, now: dt.datetime) -> Any:
    settings.KEYS_DIR, settings.PDF_DIR = tmp_path / "keys", tmp_path / "pdf"
    rotation.make(now)
    return settings.KEYS_DIR


@pytest.fixture
def order(office: Office, keys: Any, now: dt.datetime) -> Any:
    """A maker of orders: ``order(application="A1")``."""
    book = rulebook()

    def make(**changes: Any) -> Order:
        chosen = changes.get("rulebook", book)
        given = {
            "application": f"GS{uuid.uuid4().hex[:12]}",
            "rulebook": book,
            "filings": getattr(chosen, "filings", ()),
            "holder": CITIZEN,
            "holder_name": "欧阳思远",
            "holder_masked": "1101**********0022",
            "printed": {"name": "欧阳思远", "level": "本科"},
            "office": office.code,
            "region": "440305",
            "decided_at": now,
            "decision": uuid.uuid4(),
            "receipt": b"{}",
        }
        return Order(**{**given, **changes})

    return make


def clerk(username: str, office: str = "hr", region: str = "") -> Actor:
    if not User.objects.filter(username=username).exists():
        officers.make(username, "clerk", office_id=office)
    return Actor(Kind.OFFICER, username, username, office, region, "clerk")


@pytest.fixture
def officer(office: Office, keys: Any) -> Actor:
    return clerk("li")


@pytest.fixture
def second(office: Office, keys: Any) -> Actor:
    return clerk("wang")
