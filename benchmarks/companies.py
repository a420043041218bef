"""Limited companies for ``make demo``: one form, one licence, and what its departments answer.

Everything is seen from outside, over HTTP: the licence as anybody verifies it, and each
department's ledger with the department's own token.
"""

import datetime
import os
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from benchmarks import filings_oracle as oracle
from benchmarks.businesses import Business, answers
from benchmarks.cases import FIRST_EDITION, NAME_CHARACTERS
from benchmarks.departments import ANSWERS, DOWN, client
from benchmarks.load import Client
from demo.city import City

PATH = "/api/v1/applications"
STATES = {"grant": "accepted", "deny": "returned"}
OPEN = ("pushed", "overdue")
ANSWER_SECONDS = int(os.environ.get("FILING_ANSWER_SECONDS", "432000"))

_PLAIN = {
    "branch": False,
    "employees": 3,
    "foreign": False,
    "trade_abroad": False,
    "origin": False,
    "seal": False,
    "prepaid_cards": False,
    "graduate_startup": False,
    "grain_tonnes": 0,
    "oil_tonnes": 0,
    "parent_permit": False,
    "parent_capital": 0,
}
WISHES: tuple[dict[str, Any], ...] = (  # whom they concern: those of benchmarks.departments
    {"scope": frozenset({"I6513"})},
    {"scope": frozenset({"I6513", "L7251"}), "seal": True},
    {"scope": frozenset({"F5199"}), "trade_abroad": True, "origin": True, "seal": True},
    {"scope": frozenset({"C3919"}), "employees": 0, "trade_abroad": True},
    {"scope": frozenset({"I6531"}), "graduate_startup": True, "seal": True},
)


@dataclass(slots=True)
class Company:
    """One application, the business behind it, and the licence that it got."""

    business: Business
    body: dict[str, Any]
    number: str = ""
    public_id: str = ""
    faults: list[str] = field(default_factory=list)

    @property
    def owed(self) -> dict[str, str]:
        """Item -> receiver, by the oracle."""
        against = oracle.expected(self.business)
        return {i.id: i.receiver for i in oracle.CATALOGUE if not against[i.id]}


def draw(city: City, today: datetime.date) -> Iterator[Company]:
    """Companies whose founder is alone, so that nobody else has to sign, and faultless."""
    founders = (t for t in map(city.person, city.members("worker")) if not t.fault)
    fit = (t for t in founders if not (city.record("enterprise", t.number) or {}).get("trades"))
    places = (p for p in map(city.address, range(city.addresses)) if p.exists and not p.disputed)
    place = next(p for p in places if p.use == "commercial")
    for place_in_list, (wish, founder) in enumerate(zip(WISHES, fit, strict=False)):
        business = Business(**{**_PLAIN, "day": today, **wish})
        person = {"name": founder.name, "number": founder.number}
        form = answers(business, oracle.blocks(business)) | {
            "trade_name": "栖云" + NAME_CHARACTERS[place_in_list],  # no name twice in an industry
            "premises": place.code,
            "capital": "1000000",
            "paid_by": (today + datetime.timedelta(days=365)).isoformat(),
            "investors": [{**person, "capital": "1000000"}],
            "directors": [person],
        }
        applicant = {"kind": "person", **person}
        yield Company(
            business,
            {
                "service": "limited_company",
                "edition": FIRST_EDITION,
                "applicant": applicant,
                "answers": form,
            },
        )


def submit(window: Client, companies: list[Company], seconds: float = 60) -> None:
    """Apply at the window and wait until each has its licence, or say what it has instead."""
    for company in companies:
        key = f"demo-{uuid.uuid4()}"
        status, body = window.ask("POST", PATH, company.body, Idempotency_Key=key, Prefer="wait=5")
        company.number = body.get("number", "")
        if not company.number:
            company.faults.append(f"not taken: {status} {body}")
    ends = time.monotonic() + seconds
    for company in (c for c in companies if c.number):
        found: dict[str, Any] = {}
        while found.get("state", "submitted") == "submitted" and time.monotonic() < ends:
            found = window.ask("GET", f"{PATH}/{company.number}")[1]
            time.sleep(0.05)
        if found.get("certificate"):
            company.public_id = found["certificate"]["verify"].rpartition("/")[2]
        else:
            company.faults.append(f"{company.number} is {found.get('state')}, has no licence")


def parts(window: Client, company: Company) -> dict[str, dict[str, str]]:
    """Item -> part of the licence, as anybody sees it."""
    shown = window.ask("GET", f"/api/v1/certificates/{company.public_id}")[1]
    return {part["item"]: part for part in shown["parts"]}


def wait_for_answers(window: Client, companies: list[Company], seconds: float = 40) -> None:
    """Until every department that answers has answered; the check says who did not."""
    ends = time.monotonic() + seconds
    for company in (c for c in companies if c.public_id):
        while time.monotonic() < ends:
            seen = parts(window, company).values()
            silent = [
                p for p in seen if ANSWERS.get(p["receiver"]) in STATES and p["state"] in OPEN
            ]
            if not silent:
                break
            time.sleep(0.1)


def wait_for_reminders(seconds: float = 45) -> None:
    """Until whoever does not answer was reminded, when that is soon enough to be seen."""
    ends = time.monotonic() + seconds
    while seconds > ANSWER_SECONDS and time.monotonic() < ends:
        if all(f["attempts"] > 1 for code in ("customs", DOWN) for f in ledger(code)):
            return
        time.sleep(0.5)


def ledger(code: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client(code).ask("GET", "/api/v1/filings")[1]["filings"]
    return found


def report(window: Client, companies: list[Company]) -> tuple[str, list[str]]:
    """Return the line on licences and filings, and everything that is not as it must be."""
    faults = [fault for company in companies for fault in company.faults]
    licensed = [company for company in companies if company.public_id]
    states: Counter[str] = Counter()
    for company in licensed:
        seen = parts(window, company)
        if {item: part["receiver"] for item, part in seen.items()} != company.owed:
            faults.append(f"{company.number} has filings {sorted(seen)}")
        for item, part in seen.items():
            states[part["state"]] += 1
            wanted = STATES.get(ANSWERS.get(part["receiver"], ""))
            if part["state"] not in ((wanted,) if wanted else OPEN):
                faults.append(f"{company.number} {item} is {part['state']}")
    reminded = 0
    for code in (*ANSWERS, DOWN):
        entries = ledger(code)
        owed = sum(list(company.owed.values()).count(code) for company in licensed)
        if len(entries) != owed:
            faults.append(f"{code} sees {len(entries)} filings, should see {owed}")
        reminded += sum(entry["attempts"] - 1 for entry in entries)
        faults += [f"{code} {e['item']}: {why}" for e in entries for why in _untrue(code, e)]
    unanswered = sum(states[state] for state in OPEN)
    line = (
        f"demo: filings licences={len(licensed)} pushed={sum(states.values())}"
        f" accepted={states['accepted']} returned={states['returned']} unanswered={unanswered}"
        f" reminded={reminded} wrong={len(faults)}"
    )
    return line, faults


def _untrue(code: str, entry: dict[str, Any]) -> Iterator[str]:
    """What a department's ledger says that is not so."""
    answer = ANSWERS.get(code, "down")
    if answer == "grant" and not entry["receipt"].startswith(f"{code.upper()}-"):
        yield f"its receipt is {entry['receipt']!r}"
    if answer == "deny" and not entry["reason"]:
        yield "returned without a reason"
    if answer not in STATES and (entry["receipt"] or entry["answered_at"]):
        yield "answered by nobody"
    if answer not in STATES and ANSWER_SECONDS < 30 and entry["attempts"] < 2:
        yield "never reminded"
    if answer in STATES and entry["attempts"] > 1 and entry["answered_at"]:
        waited = _instant(entry["answered_at"]) - _instant(entry["pushed_at"])
        if waited.total_seconds() < ANSWER_SECONDS:
            yield "sent twice without need"


def _instant(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)
