"""What PostgreSQL refuses of suspensions and shadows (``services.guards`` installs it)."""

from collections.abc import Sequence

from ledger.guards import append_only
from ledger.row_events import RecordedTable
from people.roles import RELEASERS, SUSPENDERS
from services.models import Shadow, Suspension
from services.models.switches import Cause
from services.switches import LOCK

SHADOW_COUNTS = ("cases", "diverged", "failed", "unheld")
RECORDED = (RecordedTable(Suspension), RecordedTable(Shadow, but=SHADOW_COUNTS))


def _roles(roles: frozenset[str]) -> str:
    return ", ".join(f"'{role}'" for role in sorted(map(str, roles)))


# Automatic approval is suspended by an officer of a right role, or by a measured band, and goes on
# only when two officers, who are two persons, have said so. The lock is that of services.switches.
_SUSPENSIONS = f"""
CREATE OR REPLACE FUNCTION services_suspension_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock({LOCK});
    IF TG_OP = 'INSERT' THEN
        IF NEW.release_proposed_at IS NOT NULL OR NEW.released_at IS NOT NULL
           OR (NEW.cause = '{Cause.PERSON}') <> EXISTS (SELECT FROM people_user u
                WHERE 'officer:' || u.username = NEW."by" AND u.is_active
                  AND u.role IN ({_roles(SUSPENDERS)})) THEN
            RAISE EXCEPTION 'suspension of % %: not by an officer who may, nor by a band',
                NEW.scope, NEW.code USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.released_at IS NOT NULL OR NEW.release_proposed_at IS NULL
       OR NEW.released_at IS NULL AND NOT EXISTS (SELECT FROM people_user u
            WHERE 'officer:' || u.username = NEW.release_proposed_by AND u.is_active
              AND u.role IN ({_roles(SUSPENDERS)}))
       OR NEW.released_at IS NOT NULL AND (
            (NEW.release_proposed_by, NEW.release_proposed_at, NEW.release_reason)
              IS DISTINCT FROM
            (OLD.release_proposed_by, OLD.release_proposed_at, OLD.release_reason)
            OR NOT EXISTS (SELECT FROM people_user a JOIN people_user b
                ON a.id <> b.id AND a.person <> b.person AND '' NOT IN (a.person, b.person)
                WHERE 'officer:' || a.username = NEW.release_proposed_by
                  AND 'officer:' || b.username = NEW.released_by AND b.is_active
                  AND b.role IN ({_roles(RELEASERS)}))) THEN
        RAISE EXCEPTION 'suspension %: released by fewer than two officers who may, or before',
            NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER services_suspension_moves BEFORE INSERT OR UPDATE
    ON services_suspension FOR EACH ROW EXECUTE FUNCTION services_suspension_moves();
"""  # noqa: S608 - roles of ours

GUARDS: Sequence[str] = (
    *append_only(
        "services_suspension",
        except_columns=(
            "release_reason",
            "release_proposed_by",
            "release_proposed_at",
            "released_by",
            "released_at",
        ),
    ),
    _SUSPENSIONS,
    *append_only(
        "services_shadow",
        except_columns=("ended_at", "ended_by", "found_at", "measured", *SHADOW_COUNTS),
    ),
)
