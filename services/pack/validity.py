"""How long a certificate is valid, where the facts of its case say so (``certificate: valid``)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Validity:
    """``by``: an expression that gives its last day, or a duration from its issue."""

    by: str
    zh: str
    en: str
