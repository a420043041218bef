"""Clients of a partner: made, given a secret (shown once, kept as its hash), ended."""

import datetime
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from exchange.models import Client, ClientSecret, Partner
from exchange.oauth import certificates, scopes
from exchange.oauth.scopes import EVERYTHING
from people import program_secrets, text
from people.errors import ActionRejected

CLIENTS_MAX = 50  # of one partner, ended ones not counted
CERTIFICATES_MAX = 4
OVERLAP = datetime.timedelta(days=1)  # in which the secret that was replaced still counts
OVERLAP_MAX = datetime.timedelta(days=30)
_UNKNOWN = bytes(32)


@dataclass(frozen=True)
class NewClient:
    """What a client is to be; ``certificates`` as ``certificates.thumbprint`` reads them."""

    name: str
    scopes: Sequence[str] = (EVERYTHING,)
    services: Sequence[str] = (EVERYTHING,)
    certificates: Sequence[str] = ()


def add(partner: Partner, new: NewClient, *, now: datetime.datetime) -> tuple[Client, str]:
    """Make a client and its first secret, which nobody sees again.

    Raises ``ActionRejected``: 409 too many, 422 what goes beyond its partner's grant or is wrong.
    """
    client = Client(
        client_id=f"{partner.code}-{secrets.token_hex(6)}",
        partner=partner,
        name=_name(new.name),
        scopes=_within(new.scopes, partner.scopes, scopes.SCOPES.__contains__, "/scopes"),
        services=_within(new.services, partner.services, _is_service, "/services"),
        certificates=_thumbprints(new.certificates),
        created_at=now,
    )
    with transaction.atomic():
        Partner.objects.select_for_update().get(pk=partner.pk)
        if Client.objects.filter(partner=partner, ended_at=None).count() >= CLIENTS_MAX:
            raise ActionRejected(
                "too_many_clients",
                f"一个部门最多有 {CLIENTS_MAX} 个客户端",
                f"A partner has {CLIENTS_MAX} clients at most.",
            )
        client.save(force_insert=True)
        return client, renew_secret(client, now=now, overlap=datetime.timedelta())


def renew_secret(
    client: Client, *, now: datetime.datetime, overlap: datetime.timedelta = OVERLAP
) -> str:
    """Make a new secret and return it; those before it count for ``overlap`` more, not longer.

    Tokens that were issued with them go on until they expire. Raises ``ActionRejected`` (409).
    """
    secret = secrets.token_urlsafe(32)
    ends = now + min(overlap, OVERLAP_MAX)
    with transaction.atomic():
        if Client.objects.select_for_update().get(pk=client.pk).ended_at is not None:
            raise _ended()
        before = ClientSecret.objects.filter(client=client)
        before.filter(Q(ends_at=None) | Q(ends_at__gt=ends)).update(ends_at=ends)
        ClientSecret.objects.create(
            client=client, secret_hash=program_secrets.hash_of(secret), created_at=now
        )
    return secret


def set_certificates(client: Client, given: Sequence[str]) -> None:
    """Say which certificates a client has to show from now on; none: it needs none."""
    client.certificates = _thumbprints(given)
    client.save(update_fields=["certificates"])


def end(client: Client, *, now: datetime.datetime) -> None:
    """End a client and with it every token of it, at once and for good."""
    if not Client.objects.filter(pk=client.pk, ended_at=None).update(ended_at=now):
        raise _ended()
    client.ended_at = now


def is_secret(client: Client | None, secret: str, now: datetime.datetime) -> bool:
    """Whether a secret counts now for a client; as slow for a client that there is not."""
    stands = Q(ends_at=None) | Q(ends_at__gt=now)
    rows = ClientSecret.objects.filter(stands, client=client)  # of None: none
    hashes = [bytes(one) for one in rows.values_list("secret_hash", flat=True)]
    shown, found = program_secrets.hash_of(secret), False
    for one in hashes or [_UNKNOWN]:
        found |= hmac.compare_digest(one, shown)
    return found and client is not None


def _ended() -> ActionRejected:
    return ActionRejected("client_ended", "该客户端已停用", "This client has ended.")


def _name(given: str) -> str:
    """Return by what a person tells one client from another; raises ``ActionRejected`` (422)."""
    if not (name := text.clean(given, longest=80, field="/name")):
        raise ActionRejected(
            "no_name",
            "请写明是哪个系统",
            "Say which program it is.",
            status=422,
            field="/name",
        )
    return name


def _is_service(code: str) -> bool:
    return scopes.SERVICE.fullmatch(f"service:{code}") is not None


def _within(
    given: Sequence[str], granted: Sequence[str], known: Callable[[str], bool], field: str
) -> list[str]:
    """Return a list of codes in order; raises ``ActionRejected`` (422) beyond what is granted."""
    if list(given) == [EVERYTHING]:
        return [EVERYTHING]
    if not given or not all(known(code) for code in given):
        raise ActionRejected(
            "bad_codes",
            '应列出已有的代码，或者只写 "*" 表示全部',
            'Known codes are expected, or "*" alone for all of them.',
            status=422,
            field=field,
        )
    if EVERYTHING not in granted and not set(given) <= set(granted):
        raise ActionRejected(
            "beyond_grant",
            f"超出本部门获准的范围：{'、'.join(sorted(set(given) - set(granted)))}",
            f"The partner was not granted: {', '.join(sorted(set(given) - set(granted)))}",
            status=422,
            field=field,
        )
    return sorted(set(given))


def _thumbprints(given: Sequence[str]) -> list[str]:
    found = sorted({certificates.thumbprint(one) for one in given})
    if "" in found or len(found) > CERTIFICATES_MAX:
        raise ActionRejected(
            "bad_certificate",
            f"应为证书（PEM）或其 SHA-256，最多 {CERTIFICATES_MAX} 个",
            f"Certificates (PEM) or their SHA-256 are expected, {CERTIFICATES_MAX} at most.",
            status=422,
            field="/certificates",
        )
    return found
