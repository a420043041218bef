"""Other agencies as parties: their API tokens and the secrets of their webhooks.

A token is kept as its SHA-256 and shown once. Webhooks have secrets of their own for each
direction, so that neither side can speak as the other (``webhook_secrets``).
"""

import base64
import datetime
import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from exchange import endpoints, webhook_secrets
from exchange.models import Partner
from exchange.webhook_secrets import IN, OUT
from people import program_secrets, text
from people.errors import ActionRejected

_CODE = re.compile(r"[a-z][a-z0-9_-]{0,39}")
NO_OVERLAP = datetime.timedelta()


@dataclass(frozen=True)
class Credentials:
    """What a partner learns once, over a safe channel; ``whsec_`` as Standard Webhooks."""

    code: str
    token: str
    webhook_secret: str  # checks what we send
    inbound_secret: str  # signs what it sends

    def __repr__(self) -> str:
        return f"Credentials({self.code})"


def by_token(token: str) -> Partner | None:
    """Return the active partner with this API token, or None."""
    return Partner.objects.filter(token_hash=program_secrets.hash_of(token), active=True).first()


def renew(
    partner: Partner, *, now: datetime.datetime, overlap: datetime.timedelta = NO_OVERLAP
) -> Credentials:
    """Give the partner (unsaved or saved) a new token and new secrets, and save it.

    The token before stops at once; the secrets before count for ``overlap`` more.
    """
    token = secrets.token_urlsafe(32)
    partner.token_hash = program_secrets.hash_of(token)
    with transaction.atomic():
        partner.save()
        outgoing = webhook_secrets.renew(partner, OUT, now=now, overlap=overlap)
        incoming = webhook_secrets.renew(partner, IN, now=now, overlap=overlap)
    return Credentials(partner.code, token, outgoing, incoming)


def join(code: str, theirs: Mapping[str, str], url: str, *, now: datetime.datetime) -> None:
    """Make the two sides of an exchange agree, where the partner's system is one like this.

    ``theirs``: the credentials that it has made for us. What it signs with is what we check by, and
    what it checks by is what we sign with. Raises ``ActionRejected`` (422) for what is no secret.
    """
    partner = Partner.objects.get(code=code)
    sides = ((OUT, _secret(theirs, "inbound_secret")), (IN, _secret(theirs, "webhook_secret")))
    with transaction.atomic():
        for direction, secret in sides:
            webhook_secrets.renew(partner, direction, now=now, overlap=NO_OVERLAP, secret=secret)
        endpoints.set_default(code, url, now=now)


def _secret(credentials: Mapping[str, str], name: str) -> bytes:
    written = str(credentials.get(name, ""))
    try:
        secret = base64.b64decode(written.removeprefix("whsec_"), validate=True)
    except ValueError:
        secret = b""
    if not written.startswith("whsec_") or len(secret) < 24:
        raise ActionRejected(
            "bad_secret",
            f"凭据文件中没有有效的 {name}",
            f"The file of credentials has no valid {name}.",
            status=422,
            field=f"/{name}",
        )
    return secret


def add(*, code: str, zh: str, en: str, services: list[str], now: datetime.datetime) -> Credentials:
    """Make one partner; raises ``ActionRejected`` (422) for a code or name that may not be kept."""
    if not _CODE.fullmatch(code):
        raise ActionRejected(
            "bad_code",
            "部门代码由小写字母、数字、连字符和下划线组成，以字母开头，不超过 40 个",
            "A partner's code has small letters, digits, - and _, a letter first, 40 at most.",
            status=422,
            field="/code",
        )
    partner = Partner(
        code=code,
        name_zh=text.clean(zh, longest=80, field="/zh"),
        name_en=text.clean(en, longest=120, field="/en"),
        services=[text.clean(service, longest=40, field="/services") for service in services],
    )
    return renew(partner, now=now)


def make(now: datetime.datetime) -> list[Credentials]:
    """Make those partners of the city that are missing; returns the credentials of the new ones.

    In a demo each partner's credentials are also left in its own file (``credentials_file``),
    because its process holds its own keys and nothing of ours.
    """
    known = set(Partner.objects.values_list("code", flat=True))
    made = [
        renew(Partner(code=p.code, name_zh=p.zh, name_en=p.en, services=list(p.services)), now=now)
        for p in settings.CITY.partners.values()
        if p.code not in known
    ]
    for credentials in made:
        save_demo_credentials(credentials)
    return made


def credentials_file(code: str) -> Path:
    return Path(settings.KEYS_DIR) / "partners" / f"{code}.json"


def save_demo_credentials(credentials: Credentials) -> None:
    """Leave a demo partner's credentials where its own process finds them (mode 0600)."""
    if not settings.DEMO:
        return
    path = credentials_file(credentials.code)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(vars(credentials), file, indent=1)
