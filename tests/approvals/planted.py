"""Many decided cases of the graduates' service, and what two of its editions lead to.

In plain Python, from the pack's law; nothing of ``dmn`` or of how ``services`` judges is used.
"""

import copy
import datetime
import random
from collections.abc import Iterator
from typing import Any

import bulk
from approvals.models import Application, Decision
from ledger.identifiers import uuid7
from people.models import Region
from services.models import Edition
from tests.factories import ApplicationFactory, DecisionFactory

UNKNOWN = object()
FIRST = datetime.date(2026, 1, 1)
DAYS = 180  # of receipt
CHANGES = (  # of the pack: younger, graduated later, and a use that the applicant may not mend
    ("2018-06-01: P45Y", "2018-06-01: P45Y\n    2026-03-01: P40Y"),
    ("2018-06-01: P2Y", "2018-06-01: P1Y"),
    ("unmet: return\n  zh: 落户地址可以居住", "zh: 落户地址可以居住"),
    ("2018-06-01: [专科, 本科, 硕士, 博士]", "2018-06-01: [中专, 专科, 本科, 硕士, 博士]"),
)


def years_later(day: datetime.date, years: int) -> datetime.date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year + years, day=28)


def outcome(facts: dict[str, Any], *, is_draft: bool) -> str:
    """What an edition leads to: a fact that is missing was answered by nobody."""

    def known(name: str) -> Any:
        return facts.get(name, UNKNOWN)

    def day(name: str) -> Any:
        value = known(name)
        return datetime.date.fromisoformat(value) if isinstance(value, str) else value

    as_of = datetime.date.fromisoformat(facts["as_of"])
    cap = 40 if is_draft and as_of >= datetime.date(2026, 3, 1) else 45
    window = 1 if is_draft else 2
    levels = ("专科", "本科", "硕士", "博士", *(["中专"] if is_draft else []))
    refers, returns = False, False
    born, level, exists = day("born"), known("level"), known("address_exists")
    refers |= known("alive") is not True or known("capacity") != "full"
    refers |= known("hukou_city") in (UNKNOWN, None, "4403")
    refers |= born is UNKNOWN or not years_later(born, cap) > as_of
    refers |= known("crime") is not False or known("dishonest") is not False
    if level is UNKNOWN or level is None:
        refers = True
    else:
        refers |= known("degree_name") != known("name") or UNKNOWN in (
            known("degree_name"),
            known("name"),
        )
        refers |= level not in levels or known("full_time") is not True
        refers |= known("revoked") is not False
        graduated = day("graduated")
        refers |= graduated is UNKNOWN or not (graduated <= as_of <= years_later(graduated, window))
    if exists is UNKNOWN:
        refers = True
    elif exists is not True:
        returns = True
    else:
        region, use = known("address_region"), known("address_use")
        refers |= UNKNOWN in (region, use, known("district"))
        returns |= UNKNOWN not in (region, known("district")) and region != known("district")
        if use is not UNKNOWN and use not in ("residential", "mixed"):
            refers |= is_draft
            returns |= not is_draft
    return "refer" if refers else "return" if returns else "approve"


def cases(count: int, seed: int = 20261129) -> Iterator[dict[str, Any]]:
    """Facts as decisions hold them; about half of them stand near what the draft changes."""
    chance = random.Random(seed)
    for _ in range(count):
        as_of = FIRST + datetime.timedelta(days=chance.randrange(DAYS))
        cap = chance.choice((40, 45, 45, 30))
        years = -cap if chance.random() < 0.4 else -chance.randrange(20, 50)
        near = datetime.timedelta(days=chance.choice((-1, 0, 1, 300)))
        graduated = years_later(as_of, -chance.choice((0, 1, 1, 2))) + datetime.timedelta(
            days=chance.choice((-1, 0, 1, 100))
        )
        facts: dict[str, Any] = {
            "as_of": as_of.isoformat(),
            "consents": {},
            "name": "某某",
            "degree_name": chance.choice(("某某",) * 30 + ("另某",)),
            "born": (years_later(as_of, years) + near).isoformat(),
            "alive": True,
            "capacity": chance.choice(("full",) * 30 + ("limited",)),
            "hukou_city": chance.choice(("4401", "3101", "1101") * 10 + ("4403", None)),
            "hukou_region": "440104",
            "level": chance.choice(("专科", "本科", "硕士", "博士", "中专")),
            "full_time": chance.random() < 0.97,
            "graduated": graduated.isoformat(),
            "school": "示例大学",
            "revoked": chance.random() < 0.01,
            "crime": chance.random() < 0.01,
            "dishonest": chance.random() < 0.02,
            "district": "440305",
            "address": "440305-0001234",
            "address_exists": chance.random() < 0.97,
            "address_region": chance.choice(("440305",) * 20 + ("440304",)),
            "address_use": chance.choice(("residential", "mixed") * 6 + ("commercial",)),
        }
        if chance.random() < 0.03:
            facts |= dict.fromkeys(
                ("level", "degree_name", "full_time", "graduated", "school", "revoked")
            )
        if chance.random() < 0.05:
            del facts[chance.choice(("crime", "born", "address_exists", "level", "address_use"))]
        yield facts


def lately(count: int, start: datetime.date, days: int) -> list[dict[str, Any]]:
    """The same cases, received in the ``days`` from ``start`` on; their other dates move along."""
    found = []
    for facts in cases(count):
        day = datetime.date.fromisoformat(facts["as_of"])
        moved = start + datetime.timedelta(days=(day - FIRST).days % days) - day
        for name in ("as_of", "born", "graduated"):
            if facts.get(name):
                facts[name] = str(datetime.date.fromisoformat(facts[name]) + moved)
        found.append(facts)
    return found


def store(edition: Edition, some: list[dict[str, Any]], at: datetime.datetime) -> dict[str, str]:
    """Store decided cases with these facts; returns the number of each, and its region."""
    regions = [None, *Region.objects.exclude(parent=None).order_by("code")[:4]]
    found: dict[str, str] = {}
    made = {"edition": edition, "office_id": "hrss", "office": None}
    like, decided = ApplicationFactory.build(**made), DecisionFactory.build(edition=edition)
    for start in range(0, len(some), 1_000):
        applications, decisions = [], []
        for place, facts in enumerate(some[start : start + 1_000], start):
            region = regions[place % len(regions)]
            application, decision = copy.copy(like), copy.copy(decided)
            application.id, decision.id = uuid7(), uuid7()
            application.number, application.region = f"P{place:020d}", region
            application.received_on = decision.as_of = facts["as_of"]
            decision.application_id, decision.at, decision.inputs = application.id, at, facts
            applications.append(application)
            decisions.append(decision)
            found[application.number] = region.code if region else ""
        bulk.insert(Application, applications)
        bulk.insert(Decision, decisions)
    return found
