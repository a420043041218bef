"""Access tokens: what each stands for, issuing them, revoking them, forgetting expired ones.

Both kinds are asked for in one statement with the time: a partner's own token (``partners``), which
has neither scopes nor an end, and those of its clients.
"""

import datetime
import json
import secrets
from dataclasses import dataclass

import orjson

import bulk
from exchange.models import AccessToken, Client, Partner
from exchange.oauth.scopes import EVERYTHING, reach
from ledger import clock
from people import program_secrets

PREFIX = "oauth."  # a partner's own token has no full stop
_BYTES = 32
# a client that has certificates has no token without one of them, whatever it had before
_BOUND = (
    "c.certificates @> CASE a.certificate WHEN '' THEN '[]'::jsonb ELSE to_jsonb(a.certificate) END"
    " AND (a.certificate <> '') = (c.certificates <> '[]'::jsonb)"
)
_OF_PARTNER = (
    "SELECT {columns}, clock_timestamp() FROM exchange_partner t"
    " WHERE t.token_hash = %s AND t.active"
)
_OF_CLIENT = (
    "SELECT {columns}, clock_timestamp(), a.scopes, a.services, c.scopes, c.services,"  # noqa: S608
    " a.certificate, c.client_id"
    " FROM exchange_accesstoken a JOIN exchange_client c ON c.id = a.client_id"
    " JOIN exchange_partner t ON t.code = c.partner_id"
    " WHERE a.token_hash = %s AND a.expires_at > clock_timestamp() AND c.ended_at IS NULL"
    " AND t.active AND " + _BOUND
)
_ALSO = ("arrived", "token_scopes", "token_services", "own_scopes", "own_services")
_OWN = ("certificate", "program")
_PARTNER_STILL = (
    "EXISTS (SELECT FROM exchange_partner p WHERE p.code = %s AND p.token_hash = %s"
    " AND p.active AND p.services = %s::jsonb AND p.scopes = %s::jsonb)"
)
_CLIENT_STILL = (
    "EXISTS (SELECT FROM exchange_accesstoken a JOIN exchange_client c ON c.id = a.client_id"
    " JOIN exchange_partner p ON p.code = c.partner_id"
    " WHERE p.code = %s AND a.token_hash = %s AND a.expires_at > clock_timestamp()"
    " AND c.ended_at IS NULL AND c.services = %s::jsonb AND c.scopes = %s::jsonb"
    " AND p.active AND p.services = %s::jsonb AND p.scopes = %s::jsonb AND " + _BOUND + ")"
)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token stands for: the partner, whose ``services`` are what may be applied for with it.

    ``sight``: the services whose cases are seen; None: all that the partner handed in.
    ``certificate``: the SHA-256 in hex of the only one that it works with, if any.
    ``program``: the client that has it, "" for the partner's own token.
    ``still``: what is true as long as the token stands for the same.
    """

    partner: Partner
    scopes: frozenset[str]
    sight: frozenset[str] | None
    certificate: str
    program: str
    still: bulk.Condition
    arrived: datetime.datetime  # when it was asked for


def find(token: str) -> Grant | None:
    """Return what a token stands for now, in one statement; None where it stands for nothing."""
    return (_of_client if token.startswith(PREFIX) else _of_partner)(program_secrets.hash_of(token))


def _of_partner(hashed: bytes) -> Grant | None:
    for partner in bulk.read(Partner, _OF_PARTNER, [hashed], also=["arrived"]):
        arrived = partner.__dict__.pop("arrived").astimezone(datetime.UTC)
        now = _json(partner.services, partner.scopes)
        still = bulk.Condition(_PARTNER_STILL, (partner.pk, hashed, *now))
        within = reach((partner.scopes, [EVERYTHING]))
        return Grant(partner, within.scopes, None, "", "", still, arrived)
    return None


def _of_client(hashed: bytes) -> Grant | None:
    for partner in bulk.read(Partner, _OF_CLIENT, [hashed], also=[*_ALSO, *_OWN]):
        also = {name: partner.__dict__.pop(name) for name in (*_ALSO, *_OWN)}
        token, own = (
            (orjson.loads(also[f"{kind}_scopes"]), orjson.loads(also[f"{kind}_services"]))
            for kind in ("token", "own")
        )
        theirs = partner.scopes, partner.services
        now = _json(own[1], own[0], theirs[1], theirs[0])
        still = bulk.Condition(_CLIENT_STILL, (partner.pk, hashed, *now))
        within, sight = reach(token, own, theirs), reach(token, own).services
        # of this object alone, which nobody saves: actions ask it what may be applied for
        partner.services = [EVERYTHING] if within.services is None else sorted(within.services)
        return Grant(
            partner=partner,
            scopes=within.scopes,
            sight=sight,
            certificate=also["certificate"],
            program=also["program"],
            still=still,
            arrived=also["arrived"].astimezone(datetime.UTC),
        )
    return None


def _json(*lists: list[str]) -> tuple[str, ...]:
    return tuple(json.dumps(one) for one in lists)


def generate(_request: object = None) -> str:
    """Return a new token; its prefix is for scanners of leaked secrets, and for ``find``."""
    return PREFIX + secrets.token_urlsafe(_BYTES)


def issue(
    *,
    client: Client,
    token: str,
    scopes: list[str],
    services: list[str],
    certificate: str,
    lifetime: datetime.timedelta,
) -> AccessToken:
    """Write down, by its hash, a token that a client is given. Its Event is PostgreSQL's."""
    now = clock.now()
    made = AccessToken(
        token_hash=program_secrets.hash_of(token),
        client=client,
        scopes=scopes,
        services=services,
        certificate=certificate,
        created_at=now,
        expires_at=now + lifetime,
    )
    made.save(force_insert=True)
    return made


def revoke(client: Client, token: str) -> int:
    """End a client's own token at once; returns how many, since another's is none (RFC 7009)."""
    return AccessToken.objects.filter(
        client=client, token_hash=program_secrets.hash_of(token)
    ).delete()[0]


def delete_expired(at: datetime.datetime) -> None:
    """Forget what has expired: a duty of the standing process (``config.duties``)."""
    AccessToken.objects.filter(expires_at__lt=at).delete()
