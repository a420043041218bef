"""Two cities beside each other, each with its processes: one asks the other for its approval."""

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from deploy.local.servers import Servers
from deploy.local.stack import NAMES, Stack

pytestmark = pytest.mark.full
PERSONS = 400  # of each; ``MOVER`` draws from as many
# a worker who may settle, of whom both cities' registries say that the household is in the second
MOVER = """
import json, orjson
from demo.city import City, records as write
from exchange import records
from ledger.clock import now
from people import identity
city = City(2026, persons=400, enterprises=20)
def fits(p):
    d, s = p.degree, p.insurance
    return (p.group == "worker" and not p.fault and not p.silent and not p.crimes and not p.debts
        and d and d.level in ("本科", "硕士") and d.full_time and not d.revoked and d.name == p.name
        and s and s.paying and p.born.year > 1985 and p.hukou_city != "4403")
people = [p for p in map(city.person, range(40, city.persons)) if fits(p)][:2]
places = map(city.address, range(3000))
home = next(a for a in places if a.exists and a.use == "residential" and not a.disputed)
out = []
for p in people:
    record = write.population(p) | {"hukou_region": "441302", "hukou_city": "4413"}
    records.write([(identity.index(p.number), "population", orjson.dumps(record))], now=now())
    out.append({"number": p.number, "name": p.name, "record": record})
print(json.dumps({"people": out, "district": home.region, "address": home.code}))
"""
TAKEN = """
import json, orjson, os
from exchange import records
from ledger.clock import now
from people import identity
for p in json.loads(os.environ["MOVERS"]):
    row = (identity.index(p["number"]), "population", orjson.dumps(p["record"]))
    records.write([row], now=now())
"""


class Running:
    """One city: its servers and its processes."""

    def __init__(self, name: str, folder: Path) -> None:
        self.servers = Servers(folder, durable=False).start()
        self.servers.postgres.ensure_database("miaopi")
        settings = self.servers.env() | {"CITY": name}
        self.stack = Stack(settings, folder / "stack", persons=PERSONS, enterprises=20)
        self.stack.prepare(lambda _line: None)
        for process in NAMES:
            self.stack.start(process)

    def credentials(self, partner: str) -> Path:
        return Path(self.stack.env["KEYS_DIR"]) / "partners" / f"{partner}.json"

    def stop(self) -> None:
        self.stack.stop()
        self.servers.stop()
        self.servers.erase()


@pytest.fixture
def cities(tmp_path: Path) -> Iterator[tuple[Running, Running]]:
    first = Running("sample", tmp_path / "a")
    try:
        second = Running("neighbour", tmp_path / "b")
        try:
            hook = "/webhooks/adjacent/"
            join = ["partners", "join", "adjacent", "--url", f"{first.stack.url}{hook}"]
            join += ["--credentials", str(first.credentials("adjacent"))]
            second.stack.step("join", *join)
            first.stack.step("url", "partners", "url", "adjacent", f"{second.stack.url}{hook}")
            yield first, second
        finally:
            second.stop()
    finally:
        first.stop()


class Desk:
    """The service hall of a city, which applies for people by the API."""

    def __init__(self, city: Running) -> None:
        self.url = f"{city.stack.url}/api/v1/applications"
        token = json.loads(city.credentials("window").read_text())["token"]
        self.headers = {"Authorization": f"Bearer {token}"}

    def submit(self, person: dict[str, Any], answers: dict[str, Any]) -> str:
        applicant = {"kind": "person", "number": person["number"], "name": person["name"]}
        body = {
            "service": "talent_settlement",
            "edition": 1,
            "applicant": applicant,
            "answers": {**answers, "family": False, "consent": True},
        }
        headers = {**self.headers, "Idempotency-Key": str(uuid.uuid4())}
        reply = requests.post(self.url, json=body, headers=headers, timeout=30)
        assert reply.status_code in (201, 202), reply.text
        return str(reply.json()["number"])

    def until(self, number: str, state: str, seconds: float = 60) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while True:
            reply = requests.get(f"{self.url}/{number}", headers=self.headers, timeout=30).json()
            if reply["state"] == state:
                return dict(reply)
            assert time.monotonic() < end, reply["state"]
            time.sleep(0.3)


def test_a_settlement_in_one_city_is_approved_with_the_word_of_the_other(
    cities: tuple[Running, Running],
) -> None:
    first, second = cities
    said = json.loads(first.stack.step("mover", "shell", "-v", "0", "-c", MOVER).splitlines()[-1])
    one, other = said["people"]
    answers = {"district": said["district"], "address": said["address"]}
    second.stack.env["MOVERS"] = json.dumps(said["people"])
    second.stack.step("taken", "shell", "-v", "0", "-c", TAKEN)
    desk = Desk(first)

    settled = desk.until(desk.submit(one, answers), "approved")
    assert settled["decision"]["outcome"] == "approve"

    # a city that is down is waited for; neither it nor the case is given up
    second.stack.kill("web")
    waiting = desk.submit(other, answers)
    desk.until(waiting, "waiting")
    time.sleep(3)
    desk.until(waiting, "waiting")
    second.stack.start("web")
    desk.until(waiting, "approved", 180)

    for city in (first, second):  # each city keeps its own receipts, and each can be proved
        assert "0 differences" in city.stack.step("replay", "replay")
        assert "0 faults" in city.stack.step("audit", "audit")
