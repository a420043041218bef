"""The terms of a pack (``clock``), read: how many days, by which law, and by how many more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from city.errors import SourceError
from city.source import Path, Source
from services.pack.model import JOINTLY, OF_GOVERNMENT, OF_OFFICE, Clock, Limit


def read(source: Source, faults: list[SourceError]) -> Clock:
    """Several agencies decide jointly within 45 working days, and by 15 more (§42 para 2)."""

    def fault(path: Path, zh: str, en: str) -> None:
        faults.append(source.error(path, zh, en))

    part = source.data["clock"]
    joint = part.get("joint", "")
    extension = int(part.get("extension", OF_GOVERNMENT if joint else OF_OFFICE))
    clock = Clock(_limit(part["statutory"]), _limit(part["promised"]), extension, joint)
    if joint and not source.data.get("consents"):
        zh = "只有多部门联合办理（有 consents）的事项才能写 joint"
        en = "a joint handling is by several agencies, with consents"
        fault(("clock", "joint"), zh, en)
    if joint and (clock.statutory.unit != "working" or clock.statutory.days > JOINTLY):
        zh = f"联合办理不得超过 {JOINTLY} 个工作日（行政许可法 §42）"
        en = f"a joint handling takes {JOINTLY} working days at most (行政许可法 §42)"
        fault(("clock", "statutory"), zh, en)
    if (extension == OF_GOVERNMENT) is not bool(joint):
        zh = f"延长 {OF_GOVERNMENT} 日用于且只用于联合办理（clock.joint）"
        en = f"{OF_GOVERNMENT} days are for a joint handling (clock.joint), and nothing else is"
        fault(("clock", "extension" if "extension" in part else "joint"), zh, en)
    return clock


def _limit(part: Mapping[str, Any]) -> Limit:
    return Limit(int(part["days"]), part["unit"], part.get("law", ""))
