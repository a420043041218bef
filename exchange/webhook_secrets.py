"""The secrets of webhooks: one active for each direction, and two while one is being changed.

``whsec_`` and base64, as Standard Webhooks writes them. Kept encrypted, bound to the partner.
"""

import base64
import datetime
import secrets

from django.db import transaction
from django.db.models import Q

from exchange.models import Endpoint, Partner, WebhookSecret
from ledger import encryption

OUT, IN = WebhookSecret.Direction.OUT, WebhookSecret.Direction.IN
BYTES = 32
OVERLAP = datetime.timedelta(days=1)  # in which the one that was replaced still counts
OVERLAP_MAX = datetime.timedelta(days=30)


def text(secret: bytes) -> str:
    return "whsec_" + base64.b64encode(secret).decode()


def active(
    partner: Partner,
    direction: WebhookSecret.Direction,
    now: datetime.datetime,
    endpoint: Endpoint | None = None,
) -> list[str]:
    """Return what signs or verifies now, newest first; an endpoint's own, where it has any.

    Raises ``DecryptionError`` where there is none, or one was moved from another partner's row.
    """
    stands = Q(ends_at=None) | Q(ends_at__gt=now)
    rows = WebhookSecret.objects.filter(stands, partner=partner, direction=direction)
    rows = rows.filter(Q(endpoint=None) | Q(endpoint=endpoint)).order_by("-pk")
    own = [row for row in rows if row.endpoint_id is not None]
    found = [_decrypted(row) for row in own or rows]
    if not found:
        raise encryption.DecryptionError(f"partner {partner.code} has no webhook secret")
    return found


def renew(
    partner: Partner,
    direction: WebhookSecret.Direction,
    *,
    now: datetime.datetime,
    overlap: datetime.timedelta = OVERLAP,
    endpoint: Endpoint | None = None,
    secret: bytes = b"",
) -> str:
    """Make (or take over) a secret and return it; those before it count for ``overlap`` more."""
    secret = secret or secrets.token_bytes(BYTES)
    ends = now + min(overlap, OVERLAP_MAX)
    with transaction.atomic():
        before = WebhookSecret.objects.filter(
            partner=partner, direction=direction, endpoint=endpoint
        )
        before.filter(Q(ends_at=None) | Q(ends_at__gt=ends)).update(ends_at=ends)
        WebhookSecret.objects.create(
            partner=partner,
            endpoint=endpoint,
            direction=direction,
            secret=encryption.encrypt("partner", secret, partner.code.encode()),
            created_at=now,
        )
    return text(secret)


def _decrypted(row: WebhookSecret) -> str:
    secret, bound = encryption.decrypt("partner", bytes(row.secret))
    if bound != row.partner_id.encode():
        raise encryption.DecryptionError(
            f"a secret of partner {row.partner_id} was moved from another row"
        )
    return text(secret)
