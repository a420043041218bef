"""Messages that PostgreSQL writes of assistants (``affairs.guards`` installs it).

Their citizen hears of each mandate, as it may have been somebody else at their computer, and of
each application that came of it.
"""

from affairs.kinds import MessageKind

MESSAGES = f"""
CREATE OR REPLACE FUNCTION affairs_message_of_assistant() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO affairs_message (id, subject, kind, topic, "case", at)
    SELECT gen_random_uuid(), u.subject, '{MessageKind.ASSISTANT_MANDATED}',
        'assistants:' || NEW.id, '', NEW.given_at
    FROM people_user AS u WHERE u.id = NEW.citizen_id;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER message_of_mandate AFTER INSERT ON approvals_assistantmandate
    FOR EACH ROW EXECUTE FUNCTION affairs_message_of_assistant();
CREATE OR REPLACE FUNCTION affairs_message_of_assisted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO affairs_message (id, subject, kind, topic, "case", at)
    SELECT gen_random_uuid(), a.applicant, '{MessageKind.ASSISTANT_APPLIED}',
        'application:' || a.number, a.number, NEW.at
    FROM approvals_application AS a WHERE a.id = NEW.application_id;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER message_of_use AFTER INSERT ON approvals_assistantsubmission
    FOR EACH ROW EXECUTE FUNCTION affairs_message_of_assisted();
"""  # noqa: S608 - words of ours
