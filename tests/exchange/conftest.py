"""Another agency's registry as a real process, its faults by a file, and partners with keys."""

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.city import City
from exchange import breaker, partners, registries
from exchange.models import Partner
from exchange.registries import Answer, Query, query_registries
from ledger import clock, rotation
from people.actors import CHECKER
from tests import endpoints

PERSONS, ENTERPRISES = 400, 100
SECONDS = 1.0  # the agency's time-out in these tests


@pytest.fixture(scope="session")
def city() -> City:
    return City(persons=PERSONS, enterprises=ENTERPRISES)


@pytest.fixture
def keys(db: None, now: dt.datetime) -> None:
    rotation.make(now)


@pytest.fixture
def real_keys(committed: None, now: dt.datetime) -> None:
    rotation.make(now)


class Registry:
    """A running registry server; ``go_wrong`` sets its fault switch."""

    def __init__(self, url: str, switch: Path, process: subprocess.Popen[str]) -> None:
        self.url, self.switch, self.process = url, switch, process

    def go_wrong(self, fault: str, **more: Any) -> None:
        fresh = self.switch.with_suffix(".new")
        fresh.write_text(json.dumps({"fault": fault, **more}))
        fresh.rename(self.switch)

    def recover(self) -> None:
        self.switch.unlink(missing_ok=True)

    def plant(self, registry: str, number: str, data: dict[str, Any] | None) -> None:
        """Let it say something of a subject from now on; None: there is no record."""
        outcome = "absent" if data is None else "found"
        line = {"registry": registry, "number": number, "outcome": outcome, "data": data}
        with self.planted.open("a") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def forget_planted(self) -> None:
        self.planted.unlink(missing_ok=True)

    @property
    def planted(self) -> Path:
        return self.switch.with_name("planted.jsonl")


@pytest.fixture(scope="session")
def registry_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    switch = tmp_path_factory.mktemp("registry") / "faults.json"
    process = subprocess.Popen(
        [sys.executable, "manage.py", "registry", "serve", "--port", "0"]
        + ["--persons", str(PERSONS), "--enterprises", str(ENTERPRISES), "--faults", str(switch)]
        + ["--planted", str(switch.with_name("planted.jsonl"))],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "LOG_LEVEL": "ERROR"},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("registry at "), line
    yield Registry(line.split()[-1], switch, process)
    process.terminate()
    process.wait(5)
    process.stdout.close()


def forget_registries() -> None:
    registries._adapter.cache_clear()
    breaker._redis.cache_clear()


@pytest.fixture
def registry(registry_process: Registry, settings: Any) -> Iterator[Registry]:
    """The server without a fault, and our settings pointing at it."""
    registry_process.recover()
    agency = {"url": registry_process.url, "timeout": SECONDS}
    names = ("education", "criminal", "credit", "taxation", "violations")
    settings.REGISTRIES = {
        **settings.REGISTRIES,
        **{name: {**settings.REGISTRIES[name], **agency} for name in names},
    }
    forget_registries()
    yield registry_process
    registry_process.recover()
    registry_process.forget_planted()
    forget_registries()


@pytest.fixture
def close_breakers(redis_client: Any) -> Callable[[], None]:
    """Call it to forget every failure so far, here and in Redis."""

    def close() -> None:
        for name in redis_client.scan_iter("breaker:*"):
            redis_client.delete(name)
        registries._adapter.cache_clear()

    return close


def add_partner(code: str, url: str = "") -> partners.Credentials:
    partner = Partner(code=code, name_zh=code, name_en=code)
    credentials = partners.renew(partner, now=clock.now())
    if url:
        endpoints.listen(code, url)
    return credentials


FIELDS = ("name", "level", "graduated")


def queries(city: City, *people: int, registry: str = "education") -> list[Query]:
    return [
        Query(
            case=f"GS{i}",
            registry=registry,
            subject=f"{i:032x}",
            number=city.person(i).number,
            fields=FIELDS,
            purpose="落户",
            basis="law",
        )
        for i in people
    ]


def ours() -> dict[str, str]:
    """The environment of another process of ours."""
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "ERROR"}


def put(city: City, *people: int) -> list[Answer]:
    return query_registries(queries(city, *people), by=CHECKER, now=clock.now())
