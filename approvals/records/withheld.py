"""Facts about others than the applicant: in a receipt, which they read, a salted hash. Pure."""

import hashlib
import secrets
from typing import Any

from ledger import canonical
from services.pack.model import WITHHELD


def withhold(facts: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """Return the facts with the salt that keeps those about others apart from the receipt.

    The applicant reads it: in it a salted SHA-256 stands for each fact that they may not read.
    """
    if not names.intersection(facts):
        return facts
    return {**facts, WITHHELD: {"salt": secrets.token_hex(16)}}


def published(facts: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """Return stored facts as the receipt has them."""
    if WITHHELD not in facts:
        return facts
    salt = facts[WITHHELD]
    return {
        name: {"sha256": _commitment(salt, name, value)} if name in names else value
        for name, value in facts.items()
        if name != WITHHELD
    }


def _commitment(salt: Any, name: str, value: Any) -> str:
    return hashlib.sha256(canonical.dumps([salt, name, value])).hexdigest()
