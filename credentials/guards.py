"""What PostgreSQL itself refuses about credentials in wallets, whoever asks."""

from collections.abc import Sequence

from credentials.models import Credential, CredentialOffer, PresentationRequest, StatusEntry
from ledger.guards import append_only
from ledger.row_events import RecordedTable

HISTORY: Sequence[str] = ("credentials_statusentry",)
RECORDED: Sequence[RecordedTable] = (
    RecordedTable(CredentialOffer),
    RecordedTable(Credential),
    RecordedTable(StatusEntry),
    RecordedTable(PresentationRequest, but=("shown",)),  # which is erased
)

# What has ended never holds again: not a credential, nor a code, a token or a nonce that was used.
_ONCE = """
CREATE OR REPLACE FUNCTION credentials_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY TG_ARGV LOOP
        IF to_jsonb(OLD) -> name <> 'null'::jsonb
           AND to_jsonb(OLD) -> name IS DISTINCT FROM to_jsonb(NEW) -> name THEN
            RAISE EXCEPTION '% %: % was set before', TG_TABLE_NAME, OLD.id, name
                USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    RETURN NEW;
END $$
"""


def _once(table: str, *columns: str) -> str:
    names = ", ".join(f"'{column}'" for column in columns)
    return (
        f"CREATE OR REPLACE TRIGGER once BEFORE UPDATE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION credentials_once({names})"
    )


GUARDS: Sequence[str] = (
    _ONCE,
    *append_only(
        "credentials_credentialoffer",
        except_columns=(
            *("wrong_pins", "ended_at", "redeemed_at", "wallet", "token", "token_until"),
            *("nonce", "issued_at"),
        ),
    ),
    _once("credentials_credentialoffer", "ended_at", "redeemed_at", "token", "nonce", "issued_at"),
    *append_only("credentials_credential", except_columns=("accepted_at", "ended_at", "ended_by")),
    _once("credentials_credential", "accepted_at", "ended_at"),
    *append_only(
        "credentials_presentationrequest",
        except_columns=("expires_at", "outcome", "answered_at", "fault", "shown"),
    ),
    _once("credentials_presentationrequest", "answered_at"),
)
