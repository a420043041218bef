"""The fictional people of a demo: citizens of the synthetic city, and officers who serve them.

Who the citizens are is the city's business (``demo.city.personas``); the caller brings them.
"""

import datetime
import os
import secrets
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.hashers import make_password

from people import actions, officers, rights, roles
from people.models import Office, Region, User
from people.numbers import id_number_check


class Citizen(NamedTuple):
    """A citizen to make an account for: log-in name, real name, ID number."""

    username: str
    name: str
    number: str


class Officer(NamedTuple):
    """An officer of the demo; an empty region is the whole city."""

    username: str
    name: str
    role: str
    office: str
    region: str = ""

    @property
    def number(self) -> str:
        """An ID number that nobody has, the same for the same user name (GB 11643)."""
        place = zlib.crc32(self.username.encode())
        born = datetime.date(1965, 1, 1) + datetime.timedelta(days=place % 12_000)
        first = f"110101{born:%Y%m%d}{place // 12_000 % 1000:03}"
        return first + id_number_check(first)


_CLERKS = {
    "hrss": "李敏",
    "police": "王建国",
    "market": "陈静",
    "civil": "刘洋",
    "health": "赵雪梅",
    "transport": "黄志强",
    "medical": "周慧",
    "disabled": "吴晓东",
    "education": "曹文静",
}

ADMINISTRATORS = (  # each confirms what the other proposes
    Officer("administrator", "马超", User.Role.ADMINISTRATOR, "data"),
    Officer("administrator-2", "冯涛", User.Role.ADMINISTRATOR, "data"),
)
OFFICERS = (
    *(Officer(f"clerk-{code}", name, User.Role.CLERK, code) for code, name in _CLERKS.items()),
    # a second one where the law wants two, and one whose sight ends at a district
    Officer("clerk-hrss-2", "孙立", User.Role.CLERK, "hrss"),
    Officer("clerk-market-2", "郑玲", User.Role.CLERK, "market"),
    Officer("clerk-hrss-nanshan", "何帆", User.Role.CLERK, "hrss", "440305"),
    Officer("clerk-market-futian", "罗丹", User.Role.CLERK, "market", "440304"),
    Officer("policy", "高远", User.Role.POLICY, "data"),
    Officer("policy-law", "林法", User.Role.POLICY, "data"),
    Officer("technical", "丁岚", User.Role.TECHNICAL, "data"),
    Officer("operator", "董浩", User.Role.OPERATOR, "data"),
    Officer("supervisor-hrss", "周正", User.Role.SUPERVISOR, "hrss"),
    Officer("supervisor-market", "许静", User.Role.SUPERVISOR, "market"),
    Officer("head-hrss", "杨帆", User.Role.HEAD, "hrss"),
    Officer("head-market", "宋平", User.Role.HEAD, "market"),
    Officer("legal-hrss", "韩正义", User.Role.LEGAL, "hrss"),
    Officer("legal-market", "严明", User.Role.LEGAL, "market"),
    Officer("auditor", "沈清", User.Role.AUDITOR, "data"),
)


def make(citizens: Iterable[Citizen]) -> None:
    """Make all accounts; safe to repeat. Citizens have no password: a demo's log-in needs none."""
    rights.write_groups()
    hashed, none = make_password(password()), make_password(None)
    for officer in (*ADMINISTRATORS, *_officers()):
        _enrol(officer, hashed)
    for citizen in citizens:
        actions.enrol_citizen(**citizen._asdict(), password=none)


def _officers() -> list[Officer]:
    """Return those whose district is one of the city's."""
    return [one for one in OFFICERS if not one.region or one.region in settings.CITY.regions]


def _enrol(officer: Officer, hashed: str) -> None:
    """Make an account that is not there; one that is gets the demo's password."""
    if User.objects.filter(username=officer.username).update(password=hashed):
        return
    duties = officers.Duties(
        officer.name, officer.role, officer.office, officer.region, number=officer.number
    )
    if officer in ADMINISTRATORS:
        officers.enrol_first(username=officer.username, duties=duties, password=hashed)
        return
    first, second = (User.objects.get(username=o.username) for o in ADMINISTRATORS)
    officers.enrol(
        username=officer.username,
        duties=duties,
        password=hashed,
        proposed_by=first,
        confirmed_by=second,
    )


def password() -> str:
    """Return the officers' one password, made at random for this installation's demo."""
    path = Path(settings.KEYS_DIR) / "officers.txt"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(9) + "\n")
    return path.read_text().strip()


def listing() -> list[str]:
    """Return lines for the terminal: by role, every officer who can log in, office and district."""
    offices = dict(Office.objects.values_list("code", "name_zh"))
    regions = dict(Region.objects.values_list("code", "name_zh"))
    lines = [f"officers (password {password()}), by role:"]
    for role in roles.OFFICERS:
        lines.append(f"  {' '.join(roles.NAMES[role])}")
        lines += [
            f"    {o.username:22} {o.name}  {offices.get(o.office, o.office)}"
            f" {regions.get(o.region, o.region)}".rstrip()
            for o in (*_officers(), *ADMINISTRATORS)
            if o.role == role
        ]
    return lines
