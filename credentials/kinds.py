"""Which kinds of credentials there are: one for each service that issues a certificate."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from credentials import claims
from services import catalogue
from services.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Kind:
    """``code``: of the service, and of the credential's configuration; ``claims``: see there."""

    code: str
    zh: str
    en: str
    claims: Mapping[claims.Path, tuple[str, str]]

    @property
    def vct(self) -> str:
        return vct(self.code)


def vct(service: str) -> str:
    """Return the type of a service's credentials: the address of its metadata."""
    return f"{settings.SITE_URL}/credentials/types/{service}"


def issuer() -> str:
    """Return the identifier of the credential issuer and authorisation server (OpenID4VCI)."""
    return f"{settings.SITE_URL}/credentials"


def _kind(rulebook: Rulebook) -> Kind | None:
    spec, sheet = rulebook.certificate, rulebook.pack.filings
    if spec is None:
        return None
    fields = [(field.id, field.zh, field.en) for field in spec.fields]
    parts = [(one.id, one.zh, one.en) for one in sheet.items.values()] if sheet else []
    return Kind(rulebook.code, spec.zh, spec.en, claims.named(fields, parts))


def every(on: datetime.date) -> dict[str, Kind]:
    """Return the kinds of a day by code."""
    found = (_kind(rulebook) for rulebook in catalogue.all_current(on))
    return {kind.code: kind for kind in found if kind}


def of(service: str, on: datetime.date) -> Kind | None:
    """Return the kind of one service; None where it issues no certificate, or is no service."""
    edition = catalogue.current(service, on)
    return _kind(catalogue.rulebook(edition)) if edition else None
