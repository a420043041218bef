"""What PostgreSQL refuses of credentials, and what the audit finds of an edit behind its back."""

from __future__ import annotations

import pytest
from django.db import Error, connection, transaction

from credentials.models import Credential
from ledger.audit import rows
from tests.credentials.wallet import Wallet

pytestmark = pytest.mark.usefixtures("furnished")

REFUSED = (
    "UPDATE credentials_credential SET key = repeat('x', 43)",
    "UPDATE credentials_credential SET expires_at = expires_at + interval '1 year'",
    "UPDATE credentials_credential SET ended_at = now()",  # by nobody
    "DELETE FROM credentials_credential",
    "UPDATE credentials_statusentry SET place = place + 1",
    "DELETE FROM credentials_statusentry",
    "UPDATE credentials_credentialoffer SET holder = 'x'",
    "UPDATE credentials_credentialoffer SET redeemed_at = NULL, token = NULL",
    "UPDATE credentials_credentialoffer SET nonce = NULL, issued_at = NULL",
    "UPDATE credentials_credentialoffer SET token = sha256('x')",
)


def test_what_was_used_or_issued_stays_so(credential: str) -> None:
    for statement in REFUSED:
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_what_has_ended_does_not_hold_again(wallet: Wallet, credential: str) -> None:
    said = {"notification_id": wallet.notification, "event": "credential_deleted"}
    wallet.post("/credentials/notification", said)
    assert Credential.objects.get().ended_at
    for statement in (
        "UPDATE credentials_credential SET ended_at = NULL, ended_by = ''",
        "UPDATE credentials_credential SET ended_at = now() + interval '1 day'",
    ):
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert list(rows.faults()) == []
