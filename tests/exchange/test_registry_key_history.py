"""Whose keys are believed, since when, and by what change: the ledger says so."""

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from approvals.records import audit
from exchange import protocol, registry_key_changes, registry_key_history, registry_keys
from exchange.registry_key_changes import Refused
from exchange.registry_keys import ANSWER, QUESTION, RegistryKeys
from ledger import canonical
from ledger.models import Event
from tests.exchange.signing_agency import new_key, public_set

pytestmark = pytest.mark.usefixtures("db")
NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
EDUCATION, TAXATION = RegistryKeys("education", "Ed25519"), RegistryKeys("taxation", "HS256")


@pytest.fixture(autouse=True)
def in_production(settings: Any, tmp_path: Path, keys: None) -> None:
    settings.DEMO = False
    for name in Path(settings.KEYS_DIR).iterdir():
        if name.is_file():
            os.link(name, tmp_path / name.name)
    settings.KEYS_DIR = tmp_path


def history(keys: RegistryKeys, direction: str) -> list[tuple[str, list[dict[str, str]]]]:
    name = registry_key_history.subject(keys.registry, direction)
    found = Event.objects.filter(subject=name).order_by("seq")
    return [(one.kind, canonical.loads(one.data.encode())["keys"]) for one in found]


def test_each_change_is_an_event_that_names_the_keys_and_no_secret() -> None:
    registry_key_changes.make(EDUCATION, now=NOW)
    first, second = new_key("2026-a"), new_key("2026-b")
    registry_key_changes.trust(EDUCATION, public_set(first), overlap=HOUR, now=NOW)
    registry_key_changes.trust(EDUCATION, public_set(second), overlap=HOUR, now=NOW)
    registry_key_changes.end(EDUCATION, "2026-b", now=NOW)
    registry_key_changes.renew(EDUCATION, QUESTION, overlap=HOUR, now=NOW)
    assert [kind for kind, _ in history(EDUCATION, QUESTION)] == ["made", "renewed"]
    kinds, sets = zip(*history(EDUCATION, ANSWER), strict=True)
    assert kinds == ("trusted", "trusted", "ended")
    assert [[key["kid"] for key in one] for one in sets] == [
        ["2026-a"],
        ["2026-a", "2026-b"],
        ["2026-a", "2026-b"],
    ]
    ends = str(int((NOW + HOUR).timestamp()))
    assert [key["ends"] for key in sets[1]] == [ends, ""]
    assert [key["ends"] for key in sets[2]] == [ends, str(int(NOW.timestamp()))]
    told = " ".join(Event.objects.values_list("data", flat=True))
    for path in registry_keys.folder().glob("*/*.jwks"):
        for jwk in json.loads(path.read_text())["keys"]:
            assert not any(jwk[name] in told for name in ("d", "k", "x") if name in jwk)
    assert [*registry_key_history.faults()] == []


def test_a_shared_secret_is_in_the_history_by_its_hash_alone() -> None:
    registry_key_changes.make(TAXATION, now=NOW)
    [(kind, [key])] = history(TAXATION, ANSWER)
    assert (kind, key["algorithm"], len(key["sha256"])) == ("made", "HS256", 64)
    registry_key_changes.make(TAXATION, now=NOW)  # nothing is missing
    assert len(history(TAXATION, ANSWER)) == 1


def test_what_is_refused_leaves_neither_file_nor_event() -> None:
    with pytest.raises(Refused):
        registry_key_changes.trust(EDUCATION, b'{"keys": []}', overlap=HOUR, now=NOW)
    assert history(EDUCATION, ANSWER) == []
    assert not registry_keys.file("education", ANSWER).exists()


def test_without_the_ledger_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    registry_key_changes.make(EDUCATION, now=NOW)
    before = registry_keys.file("education", QUESTION).read_bytes()

    def away(*said: object) -> None:
        raise RuntimeError("no ledger")

    monkeypatch.setattr(registry_key_history, "record", away)
    with pytest.raises(RuntimeError):
        registry_key_changes.renew(EDUCATION, QUESTION, overlap=HOUR, now=NOW)
    assert registry_keys.file("education", QUESTION).read_bytes() == before
    assert len(history(EDUCATION, QUESTION)) == 1


def test_the_audit_names_a_file_that_no_command_wrote(tmp_path: Path) -> None:
    """A key of a stranger, one put back to life, and a set that is gone."""
    path = registry_keys.file("education", ANSWER)
    call_command("registry", "keys", "make", "education", verbosity=0)
    given = tmp_path / "theirs.jwks"
    given.write_bytes(public_set(new_key("2026-a")))
    call_command("registry", "keys", "trust", "education", str(given))
    call_command("registry", "keys", "end", "education", "2026-a")
    genuine = path.read_bytes()
    assert not [one for one in audit.faults() if "registry_keys" in one]
    told = json.loads(genuine)
    strange = json.loads(public_set(new_key("2026-z")))["keys"]
    revived = [{k: v for k, v in one.items() if k != "exp"} for one in told["keys"]]
    for wrong in ({"keys": [*told["keys"], *strange]}, {"keys": revived}, {"keys": []}):
        path.write_text(json.dumps(wrong))
        [fault] = [one for one in audit.faults() if "registry_keys" in one]
        assert fault.startswith("registry_keys:education:answer")
    path.unlink()
    [fault] = registry_key_history.faults()
    assert "cannot be read" in fault
    path.write_bytes(genuine)
    assert [*registry_key_history.faults()] == []


def test_a_key_is_the_same_however_its_file_is_written(tmp_path: Path) -> None:
    registry_key_changes.make(EDUCATION, now=NOW)
    path = registry_keys.file("education", QUESTION)
    path.write_text(json.dumps(json.loads(path.read_text()), indent=7))
    assert [*registry_key_history.faults()] == []
    assert protocol.read_jwks(path.read_bytes())


def test_the_command_says_that_the_ledger_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*said: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(registry_key_history, "record", away)
    with pytest.raises(CommandError, match="nothing was changed"):
        call_command("registry", "keys", "make", "education")
    assert not registry_keys.file("education", QUESTION).exists()
