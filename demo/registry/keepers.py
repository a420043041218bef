"""The departments that keep the demo's registries, as far as disputes of records go.

Each takes our signed notices at ``/disputes/CODE``, asks our API whom one is about, corrects its
record where the claim is a value that it may have, and answers on our webhook. What another agency
serves itself is corrected here, in memory; what stands in the city's own store is delivered as any
keeper delivers: by ``manage.py registry load``. No database.
"""

import datetime
import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from city.model import RegistryField
from city.values import field_fault
from demo.city import City
from demo.city.places import ANYWHERE
from exchange import webhook_client
from exchange.partners import credentials_file
from services import divisions

KEEPERS = ("police", "labour", "market", "education", "credit")
PATH = "/disputes/"
TRIES = 8
SPACE = uuid.UUID("7d1f0c52-9a3f-4b8e-8a51-3a6de2c09d44")  # of message ids, so a repeat is one
STANDS = "经核对原始档案，登记内容无误"
Data = dict[str, Any]


class Keepers:
    """Takes notices of disputes, and answers each once, some seconds later.

    What we read of the city's own store settles a dispute at once: a keeper of it answers before it
    delivers, so that its words arrive. Where we ask the keeper itself, its record is right by then.
    """

    def __init__(
        self,
        city: City,
        fields: Mapping[str, Mapping[str, RegistryField]],
        served: tuple[str, ...],
        site: str,
        seconds: float,
    ) -> None:
        self.city, self.fields, self.served = city, fields, served
        self.site, self.seconds = site.rstrip("/"), seconds
        self.corrected: dict[tuple[str, str], Data] = {}  # registry, number
        self._due: queue.Queue[tuple[float, str, str]] = queue.Queue()
        self._seen: set[str] = set()

    def take(self, code: str, headers: Any, raw: bytes) -> int:
        """Return the HTTP status for one notice; queue an answer when one is wanted."""
        try:
            secret = _credentials(code)["webhook_secret"]
            webhook_client.verify(secret, headers, raw, at=_now())
        except (webhook_client.Invalid, OSError):
            return 401
        message = json.loads(raw)
        key = message["data"].get("dispute", "")
        if message["type"] == "dispute.opened" and key not in self._seen:
            self._seen.add(key)
            self._due.put((time.monotonic() + self.seconds, code, key))
        return 204

    def answer_all(self) -> None:
        """Answer what is queued, for ever."""
        while True:
            at, code, key = self._due.get()
            time.sleep(max(0.0, at - time.monotonic()))
            try:
                self._answer(code, key)
            except (OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
                print(f"{code}: dispute {key} could not be answered: {error!r}", flush=True)

    def _answer(self, code: str, key: str) -> None:
        credentials = _credentials(code)
        reply = requests.get(
            f"{self.site}/api/v1/disputes/{key}",
            headers={"Authorization": f"Bearer {credentials['token']}"},
            timeout=10,
        )
        if not reply.ok:  # taken back meanwhile
            print(f"{code}: dispute {key}: {reply.status_code}", flush=True)
            return
        asked = reply.json()
        value = self.meant(asked)
        is_corrected = value is not None  # to no, perhaps
        words = "" if is_corrected else STANDS
        message = webhook_client.dispute_answered(key, is_corrected, words)
        record = (asked["registry"], asked["subject"]["number"], asked["field"], value)
        is_served = asked["registry"] in self.served
        if is_corrected and is_served:
            self._correct(*record)
        taken = self._send(code, credentials, key, message)
        if is_corrected and taken and not is_served:
            self._correct(*record)

    def meant(self, asked: Data) -> Any:
        """Return the value that is claimed, None where the record cannot or need not have it."""
        spec = self.fields[asked["registry"]][asked["field"]]
        value = asked["value"]
        if value is None and asked["field"].endswith(("_city", "_region")):
            value = _division(asked["claim"], 4 if asked["field"].endswith("_city") else 6)
        is_possible = value is not None and field_fault(spec, value) is None
        return value if is_possible and value != asked["record_value"] else None

    def _correct(self, registry: str, number: str, field: str, value: Any) -> None:
        record = self.record(registry, number) or {}
        if field == "hukou_region":
            record["hukou_city"] = value[:4]
        record |= {field: value}
        self.corrected[registry, number] = record
        if registry in self.served:
            return
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{registry}.jsonl"
            file.write_text(json.dumps({"key": number, **record}, ensure_ascii=False))
            command = [sys.executable, "manage.py", "registry", "load", registry, str(file)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            if done.returncode:
                raise OSError(done.stderr[-200:])

    def record(self, registry: str, number: str) -> Data | None:
        """Return what a registry holds by now."""
        found = self.corrected.get((registry, number)) or self.city.record(registry, number)
        return dict(found) if found else None

    def _send(self, code: str, credentials: Mapping[str, str], key: str, message: Data) -> bool:
        for attempt in range(TRIES):
            try:
                status, _ = webhook_client.send(
                    f"{self.site}/webhooks/{code}/",
                    credentials["inbound_secret"],
                    message,
                    at=_now(),
                    message_id=str(uuid.uuid5(SPACE, key)),
                )
            except OSError:
                status = 0
            if 0 < status < 500:
                word = "corrected" if message["data"]["corrected"] else "stands"
                print(f"{code}: dispute {key} {word} ({status})", flush=True)
                return status < 400
            time.sleep(0.2 * 2**attempt)
        print(f"{code}: dispute {key} could not be answered", flush=True)
        return False

    def start(self) -> None:
        threading.Thread(target=self.answer_all, daemon=True).start()


def _division(claim: str, length: int) -> str | None:
    """Return the code of a city or county by a part of its name, as far as people come from it."""
    wanted = claim.strip().removesuffix("市")
    codes = sorted({code[:length] for code in ANYWHERE})
    return next((c for c in codes if wanted and wanted in divisions.name(c)), None)


def _credentials(code: str) -> dict[str, str]:
    if code not in KEEPERS:
        raise FileNotFoundError(code)
    found: dict[str, str] = json.loads(credentials_file(code).read_text())
    return found


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)  # another agency's clock
