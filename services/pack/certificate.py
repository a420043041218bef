"""What a pack says that an approval issues (``certificate``), read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.pack.model import CertificateKind, Field, RegistryEntry
from services.pack.types import words
from services.pack.validity import Validity

Data = Mapping[str, Any]


def read(part: Data | None) -> CertificateKind | None:
    """The kind of certificate; None: the approval issues none."""
    if part is None:
        return None
    return CertificateKind(
        kind=part["kind"],
        type21=part["type21"],
        **words(part),
        number=part["number"],
        valid=_valid(part["valid"]),
        fields=tuple(Field(f["id"], **words(f), value=f["value"]) for f in part["fields"]),
        enters=tuple(
            RegistryEntry(
                e["registry"],
                e.get("subject", ""),
                _record(e["record"]),
                e.get("person", ""),
                e.get("replaces", ""),
            )
            for e in part.get("enters", ())
        ),
        template=part.get("template", ""),
        holder=part.get("holder", ""),
    )


def _valid(part: Data | str) -> str | Validity:
    if isinstance(part, str):
        return "" if part == "none" else part
    return Validity(part["by"], **words(part))


def _record(part: Data) -> dict[str, str | tuple[Data, ...]]:
    return {
        field: value if isinstance(value, str) else tuple(dict(item) for item in value)
        for field, value in part.items()
    }
