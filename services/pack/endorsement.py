"""Endorsement of certificates (签注): how long it lasts, and which service gives it. Read.

``certificate: endorsement`` says that what is issued has to be endorsed from time to time: while
its endorsement has lapsed nobody may rely on it. ``endorses`` says that an approval endorses what
its applicant holds instead of issuing anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from city.errors import SourceError
from city.source import Path, Source
from services.pack.types import words


@dataclass(frozen=True, slots=True)
class Endorsement:
    """``kind``: of the certificate. ``lasts``: an expression that gives a duration.

    ``notice``: days before its end on which the holder has a message.
    """

    kind: str
    lasts: str
    notice: int
    zh: str
    en: str
    law: str

    @property
    def payload(self) -> dict[str, str]:
        """What a certificate says of it."""
        return {"zh": self.zh, "en": self.en, "law": self.law}


def path(source: Source) -> Path:
    """Return where a pack speaks of it."""
    return ("endorses",) if "endorses" in source.data else ("certificate", "endorsement")


def read(source: Source, faults: list[SourceError]) -> Endorsement | None:
    """Return what the pack says; None: nothing. Appends to ``faults`` what contradicts itself."""
    certificate = source.data.get("certificate") or {}
    part, issued = source.data.get("endorses"), certificate.get("endorsement")
    if part is not None and certificate:
        zh = "签注证照的事项不另发证照：endorses 与 certificate 只能写一项"
        en = "a service that endorses issues nothing: write endorses or certificate"
        faults.append(source.error(("endorses",), zh, en))
    if part is not None:
        return _made(part["certificate"], part)
    return _made(certificate["kind"], issued) if issued is not None else None


def _made(kind: str, part: Mapping[str, Any]) -> Endorsement:
    notice = int(part["notice"])
    return Endorsement(kind, part["lasts"], notice, **words(part), law=part["law"])
