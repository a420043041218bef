"""What PostgreSQL keeps of this app by itself, whoever writes: officers by two administrators."""

from collections.abc import Sequence

from django.contrib.auth.models import Group

from ledger.guards import append_only
from ledger.row_events import RecordedTable
from people.models import (
    Enterprise,
    Office,
    OfficerChange,
    Passkey,
    Reading,
    Region,
    SigningKey,
    User,
)

# An officer's account is made and changed by a confirmed change of just these values, each once and
# in order: identifiers of changes are UUIDs of version 7, which follow time.
_OFFICERS = """
CREATE OR REPLACE FUNCTION people_officer_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.username, NEW.name, NEW.role, NEW.office_id, NEW.region_id,
            NEW.person, NEW.is_active, NEW.is_staff, NEW.is_superuser, NEW.change_id)
        IS NOT DISTINCT FROM (OLD.username, OLD.name, OLD.role, OLD.office_id, OLD.region_id,
            OLD.person, OLD.is_active, OLD.is_staff, OLD.is_superuser, OLD.change_id) THEN
        RETURN NEW;
    END IF;
    IF NEW.is_superuser OR NOT NEW.is_staff OR NOT EXISTS (
        SELECT FROM people_officerchange c WHERE c.id = NEW.change_id AND c.confirmed
          AND (TG_OP = 'INSERT' OR OLD.change_id IS NULL OR c.id > OLD.change_id)
          AND (TG_OP = 'INSERT') = (c.kind = 'enrol') AND c.username = NEW.username
          AND (c.name, c.role, c.office_id, c.region_id, c.person, c.is_active)
            IS NOT DISTINCT FROM
            (NEW.name, NEW.role, NEW.office_id, NEW.region_id, NEW.person, NEW.is_active)
    ) THEN
        RAISE EXCEPTION 'officer %: no two administrators have confirmed that', NEW.username
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER people_officer_made BEFORE INSERT ON people_user
    FOR EACH ROW WHEN (NEW.role <> 'citizen' OR NEW.is_staff OR NEW.is_superuser)
    EXECUTE FUNCTION people_officer_changed();
CREATE OR REPLACE TRIGGER people_officer_changed BEFORE UPDATE ON people_user
    FOR EACH ROW WHEN (NEW.role <> 'citizen' OR NEW.is_staff OR NEW.is_superuser
        OR OLD.role <> 'citizen')
    EXECUTE FUNCTION people_officer_changed();
CREATE OR REPLACE FUNCTION people_officer_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'officer %: accounts are barred, not deleted', OLD.username
        USING ERRCODE = 'check_violation';
END $$;
CREATE OR REPLACE TRIGGER people_officer_stays BEFORE DELETE ON people_user
    FOR EACH ROW WHEN (OLD.role <> 'citizen')
    EXECUTE FUNCTION people_officer_stays();
CREATE OR REPLACE FUNCTION people_change_by_administrators() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.first IS NOT NULL THEN
        IF NEW.role <> 'administrator' OR
            (SELECT count(*) FROM people_user WHERE role = 'administrator') >= NEW.first THEN
            RAISE EXCEPTION 'change of %: there are administrators to propose and confirm it',
                NEW.username USING ERRCODE = 'check_violation';
        END IF;  -- officer_first_two says what it may be
    ELSIF TG_OP = 'INSERT' AND (NEW.settled_at IS NOT NULL OR NOT people_is_administrator(
            NEW.proposed_by_id, NEW.username))
        OR TG_OP = 'UPDATE' AND (OLD.settled_at IS NOT NULL OR NOT people_is_administrator(
            NEW.settled_by_id, CASE WHEN NEW.confirmed THEN NEW.username END)) THEN
        RAISE EXCEPTION 'change of %: by no administrator, by themselves, or settled before',
            NEW.username USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' AND NEW.kind = 'enrol' AND coalesce(NEW.person, '') = '' THEN
        RAISE EXCEPTION 'change of %: it is not said whose account it is', NEW.username
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION people_is_administrator(officer bigint, concerned text) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM people_user u WHERE u.id = officer AND u.is_active
        AND u.role = 'administrator' AND u.username IS DISTINCT FROM concerned)
$$;
CREATE OR REPLACE TRIGGER people_change_by_administrators BEFORE INSERT OR UPDATE
    ON people_officerchange FOR EACH ROW
    EXECUTE FUNCTION people_change_by_administrators();
"""

# Rights come with the role: nobody is given another role's group, or a right of their own.
_RIGHTS = """
CREATE OR REPLACE FUNCTION people_group_of_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'people_user_user_permissions' OR NOT EXISTS (
        SELECT FROM people_user u JOIN auth_group g ON g.name = u.role
        WHERE u.id = NEW.user_id AND g.id = (to_jsonb(NEW) ->> 'group_id')::integer
    ) THEN
        RAISE EXCEPTION 'user %: rights come with the role alone', NEW.user_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER people_group_of_role BEFORE INSERT OR UPDATE ON people_user_groups
    FOR EACH ROW EXECUTE FUNCTION people_group_of_role();
CREATE OR REPLACE TRIGGER people_group_of_role BEFORE INSERT OR UPDATE
    ON people_user_user_permissions FOR EACH ROW EXECUTE FUNCTION people_group_of_role();
"""

# A second factor in use goes by a change that was confirmed after it was enrolled.
_SECOND_FACTOR = """
CREATE OR REPLACE FUNCTION people_second_factor_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM people_officerchange c JOIN people_user u ON u.username = c.username
        WHERE u.id = OLD.user_id AND c.kind = 'second_factor' AND c.confirmed
          AND c.settled_at > OLD.created_at
    ) THEN
        RAISE EXCEPTION 'second factor of user %: no two administrators have reset it', OLD.user_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE OR REPLACE TRIGGER people_second_factor_stays BEFORE DELETE ON people_authenticator
    FOR EACH ROW WHEN (OLD.confirmed) EXECUTE FUNCTION people_second_factor_stays();
"""

# A passkey is of an officer at work, or of a citizen with the level of a log-in; it stays what it
# is but for its name, and its count never falls.
_PASSKEYS = """
CREATE OR REPLACE FUNCTION people_passkey_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NOT EXISTS (SELECT FROM people_user u WHERE u.id = NEW.user_id
        AND u.is_active AND CASE WHEN NEW.level = 0 THEN u.is_staff AND u.role <> 'citizen'
            ELSE NOT u.is_staff AND u.role = 'citizen' AND u.subject <> '' END) THEN
        RAISE EXCEPTION 'passkey of user %: no officer at work, and no citizen', NEW.user_id
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.sign_count < OLD.sign_count
        OR (NEW.id, NEW.user_id, NEW.credential, NEW.is_synced, NEW.level)
            IS DISTINCT FROM (OLD.id, OLD.user_id, OLD.credential, OLD.is_synced, OLD.level)) THEN
        RAISE EXCEPTION 'passkey of user %: another key, or a lower count', OLD.user_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER people_passkey_kept BEFORE INSERT OR UPDATE ON people_passkey
    FOR EACH ROW EXECUTE FUNCTION people_passkey_kept();
"""

# What an account is of stays: a number that was moved from another row is refused, as on reading.
_ENTERPRISES = """
CREATE OR REPLACE FUNCTION people_enterprise_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF encode(substring(NEW.number FROM 19 FOR 16), 'hex') <> NEW.subject
       OR TG_OP = 'UPDATE' AND (NEW.subject, NEW.since) <> (OLD.subject, OLD.since) THEN
        RAISE EXCEPTION 'enterprise %: another one, or of another number', NEW.subject
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER people_enterprise_kept BEFORE INSERT OR UPDATE ON people_enterprise
    FOR EACH ROW EXECUTE FUNCTION people_enterprise_kept();
"""

# A signing key is of an officer at work, is never another's, and once retired, for a reason, stays.
_SIGNING_KEYS = """
CREATE OR REPLACE FUNCTION people_signing_key_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.retired_at IS NOT NULL
            OR (NEW.retired_at IS NULL) <> (NEW.retired_reason = ''))
       OR TG_OP = 'INSERT' AND (NEW.retired_at IS NOT NULL OR length(NEW.public) <> 32
            OR NOT EXISTS (SELECT FROM people_user u WHERE u.id = NEW.user_id
                AND u.is_active AND u.is_staff AND u.role <> 'citizen')) THEN
        RAISE EXCEPTION 'signing key of user %: retired, for no reason, or of no officer at work',
            NEW.user_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER people_signing_key_kept BEFORE INSERT OR UPDATE ON people_signingkey
    FOR EACH ROW EXECUTE FUNCTION people_signing_key_kept();
"""

GUARDS: Sequence[str] = (
    *append_only("people_signingkey", except_columns=("retired_at", "retired_reason")),
    _SIGNING_KEYS,
    *append_only(
        "people_officerchange",
        except_columns=("settled_by_id", "settled_at", "confirmed", "half"),
    ),
    _OFFICERS,
    _RIGHTS,
    _SECOND_FACTOR,
    _PASSKEYS,
    _ENTERPRISES,
)
HISTORY: Sequence[str] = ("people_reading",)
RECORDED: Sequence[RecordedTable] = (
    RecordedTable(Region),
    RecordedTable(Office),
    RecordedTable(User, but=("last_login", "elder_mode")),
    RecordedTable(Reading),
    RecordedTable(Enterprise),
    RecordedTable(OfficerChange, but=("half",)),
    # what a use writes; the public key is bound to user, credential and level by encryption
    RecordedTable(Passkey, but=("public_key", "sign_count", "last_used_at")),
    RecordedTable(SigningKey),
    RecordedTable(User.groups.through),
    RecordedTable(User.user_permissions.through),
    RecordedTable(Group, by_owner=True),  # roles and their rights are laid by migrate
    RecordedTable(Group.permissions.through, by_owner=True),
)
