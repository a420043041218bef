"""What a registry says of some subjects in place of what the city has: one file, for demos.

JSON Lines, read again whenever the file has changed::

    {"registry": "education", "number": "11010519491231002X", "outcome": "absent", "data": null}

``outcome``: ``found`` with its ``data``; ``absent``; ``silent``, no answer about this subject;
``late``, no answer to the first question about it, to the next one ``data`` (null: no record).
"""

import threading
from pathlib import Path
from typing import Any

import orjson

OUTCOMES = ("found", "absent", "silent", "late")
Key = tuple[str, str]  # registry, number


class Planted:
    """Reads the file; where there is none, nothing is planted."""

    def __init__(self, path: Path | None = None) -> None:
        self.path, self.read_at = path, 0
        self._said: dict[Key, tuple[str, dict[str, Any] | None]] = {}
        self._asked: set[Key] = set()
        self._lock = threading.Lock()

    def of(self, registry: str, number: str) -> tuple[str, dict[str, Any] | None] | None:
        """Return (found, absent or silent; data), or None where nothing is planted."""
        if self.path is None:
            return None
        with self._lock:
            self._read(self.path)
            found = self._said.get((registry, number))
            if found is None:
                return None
            outcome, data = found
            if outcome == "late":
                is_first = (registry, number) not in self._asked
                self._asked.add((registry, number))
                outcome = "silent" if is_first else "absent" if data is None else "found"
            return outcome, data

    def _read(self, path: Path) -> None:
        at = path.stat().st_mtime_ns if path.exists() else 0
        if at == self.read_at:
            return
        self._said, self.read_at = {}, at
        for line in path.read_bytes().splitlines() if at else ():
            entry = orjson.loads(line)
            if entry["outcome"] in OUTCOMES:
                self._said[entry["registry"], entry["number"]] = entry["outcome"], entry["data"]
