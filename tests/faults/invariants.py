"""An independent check of I1-I4 and I6 in SQL. It shares no code with the application: it knows
only the tables, and has its own copy of what may follow what.

I1  no acknowledged loss          I3  audit = state
I2  one outcome                   I4  no limbo
I6  each decision is announced once to the partner that applied, and delivered
"""

from collections.abc import Iterable, Mapping

import psycopg

# (before, after) as the domain allows them; "" before the first
LEGAL = """
    ('', 'submitted'), ('', 'draft'), ('draft', 'submitted'), ('returned', 'submitted'),
    ('submitted', 'approved'), ('submitted', 'returned'), ('submitted', 'waiting'),
    ('submitted', 'review'), ('waiting', 'submitted'), ('waiting', 'review'),
    ('review', 'submitted'),
    ('review', 'approved'), ('review', 'refused'), ('review', 'returned'), ('review', 'waiting'),
    ('draft', 'withdrawn'), ('waiting', 'withdrawn'), ('returned', 'withdrawn'),
    ('review', 'withdrawn'), ('returned', 'expired'), ('approved', 'review'),
    ('refused', 'review')
"""

LOST = """
    SELECT wanted.number, 'I1: acknowledged, but there is no such application'
    FROM unnest(%(acknowledged)s::text[]) AS wanted (number)
    LEFT JOIN approvals_application a ON a.number = wanted.number WHERE a.number IS NULL
    UNION ALL
    SELECT a.number, 'I6: ' || d.count || ' decisions, ' || n.count || ' notices of them'
    FROM approvals_application a
    JOIN exchange_partner p ON p.code = a.client_id
        AND EXISTS (SELECT FROM exchange_endpoint WHERE partner_id = p.code)
    JOIN LATERAL (SELECT count(*) FROM approvals_decision
        WHERE application_id = a.id AND outcome <> 'wait') d ON true
    JOIN LATERAL (SELECT count(*) FROM exchange_notice WHERE kind = 'application.decided'
        AND subject = 'application:' || a.number AND partner_id = p.code) n ON true
    WHERE n.count < d.count
    UNION ALL
    SELECT subject, 'I6: a notice was given up' FROM exchange_webhookdelivery
    WHERE state = 'dead'
"""

DOUBLED = """
    SELECT a.number, 'I2: ' || count(*) || ' live decisions'
    FROM approvals_application a JOIN approvals_decision d ON d.application_id = a.id AND d.live
    GROUP BY a.number HAVING count(*) > 1
    UNION ALL
    SELECT application, 'I2: ' || count(*) || ' live certificates of kind ' || kind
    FROM certificates_certificate WHERE state IN ('valid', 'suspended') AND application <> ''
    GROUP BY application, kind HAVING count(*) > 1
    UNION ALL
    SELECT a.number, 'I2: submitted twice by one idempotency key'
    FROM approvals_submission s JOIN approvals_application a ON a.id = s.application_id
    GROUP BY a.number, s.client, s.key HAVING count(*) > 1
    UNION ALL
    SELECT c.application, 'I2: the same answer of a registry recorded twice'
    FROM (SELECT application_id::text AS application FROM approvals_evidence
          GROUP BY application_id, round, registry, subject HAVING count(*) > 1) c
    UNION ALL
    SELECT a.number, 'I6: ' || n.count || ' notices of ' || d.count || ' decisions'
    FROM approvals_application a
    JOIN LATERAL (SELECT count(*) FROM approvals_decision
        WHERE application_id = a.id AND outcome <> 'wait') d ON true
    JOIN LATERAL (SELECT count(*) FROM exchange_notice WHERE kind = 'application.decided'
        AND subject = 'application:' || a.number AND partner_id = a.client_id) n ON true
    WHERE n.count > d.count
"""

CONTRADICTIONS = """
    SELECT a.number, 'I2: approved without a live decision to approve'
    FROM approvals_application a WHERE a.state = 'approved' AND NOT EXISTS (
        SELECT FROM approvals_decision d
        WHERE d.application_id = a.id AND d.live AND d.outcome = 'approve')
    UNION ALL
    SELECT a.number, 'I2: approved without a certificate'
    FROM approvals_application a WHERE a.state = 'approved' AND NOT EXISTS (
        SELECT FROM certificates_certificate c
        WHERE c.application = a.number AND c.state IN ('valid', 'superseded', 'revoked',
            'expired', 'cancelled', 'suspended'))
    UNION ALL
    SELECT a.number, 'I2: a live decision, but the state is ' || a.state
    FROM approvals_application a JOIN approvals_decision d ON d.application_id = a.id AND d.live
    WHERE a.state NOT IN ('approved', 'refused')
    UNION ALL
    SELECT a.number, 'I2: refused without a named officer'
    FROM approvals_application a JOIN approvals_decision d ON d.application_id = a.id
    WHERE d.outcome = 'refuse' AND (d.officer_id IS NULL OR d.by NOT LIKE 'officer:%%')
"""

AUDIT = f"""
    SELECT a.number, 'I3: state ' || a.state || ', but its last event says '
        || coalesce(e.after, 'nothing')
    FROM approvals_application a
    LEFT JOIN LATERAL (SELECT after FROM ledger_event e
        WHERE e.subject = 'application:' || a.number ORDER BY seq DESC LIMIT 1) e ON true
    WHERE e.after IS DISTINCT FROM a.state
    UNION ALL
    SELECT a.number, 'I3: ' || a.events || ' events by the row, ' || n.count || ' there'
    FROM approvals_application a JOIN LATERAL (SELECT count(*), max(seq) AS last
        FROM ledger_event e WHERE e.subject = 'application:' || a.number) n ON true
    WHERE n.count <> a.events OR n.last IS DISTINCT FROM a.events
    UNION ALL
    SELECT e.subject, 'I3: event ' || e.seq || ' does not begin where the last one ended'
    FROM ledger_event e JOIN ledger_event p ON p.subject = e.subject AND p.seq = e.seq - 1
    WHERE e.subject LIKE 'application:%%' AND (e.before <> p.after OR e.previous <> p.hash)
    UNION ALL
    SELECT e.subject, 'I3: illegal move ' || e.before || ' to ' || e.after
    FROM ledger_event e
    WHERE e.subject LIKE 'application:%%' AND e.before <> e.after
        AND (CASE WHEN e.seq = 1 THEN '' ELSE e.before END, e.after) NOT IN (VALUES {LEGAL})
    UNION ALL
    SELECT a.number, 'I3: a decision that no event speaks of'
    FROM approvals_decision d JOIN approvals_application a ON a.id = d.application_id
    WHERE NOT EXISTS (SELECT FROM ledger_event e WHERE e.subject = 'application:' || a.number
        AND e.data::jsonb ->> 'decision' = d.id::text)
"""

LIMBO = """
    SELECT number, 'I4: still submitted, ' || checks_due || ' checks due, attempt ' || attempts
    FROM approvals_application
    WHERE state = 'submitted'
        AND submitted_at < clock_timestamp() - make_interval(secs => %(seconds)s)
    UNION ALL
    SELECT a.number, 'I4: waiting, but no agency was asked with a deadline'
    FROM approvals_application a WHERE a.state = 'waiting' AND NOT EXISTS (
        SELECT FROM approvals_consent c JOIN exchange_notice n
            ON n.subject = 'application:' || a.number AND n.partner_id = c.partner_id
        WHERE c.application_id = a.id AND c.state = 'asked' AND c.due_at IS NOT NULL)
    UNION ALL
    SELECT number, 'I4: returned without a day to correct it by'
    FROM approvals_application WHERE state = 'returned' AND correct_by IS NULL
    UNION ALL
    SELECT number, 'I4: in review without a reason or a deadline'
    FROM approvals_application WHERE state = 'review' AND (due_at IS NULL OR handover = '')
    UNION ALL
    SELECT n.subject, 'I4: a notice to ' || n.partner_id || ' is due for too long'
    FROM exchange_notice n JOIN exchange_partner p ON p.code = n.partner_id
    JOIN exchange_endpoint e ON e.partner_id = p.code AND e.ended = ''
    LEFT JOIN exchange_webhookdelivery d ON d.notice_id = n.id AND d.endpoint_id = e.id
    WHERE p.active AND (n.routed_at IS NULL OR d.state = 'due')
        AND n.created_at < clock_timestamp() - make_interval(secs => %(seconds)s)
"""

# how many notices are still to be sent to somebody who can be reached
NOTICES_DUE = """
    (SELECT count(*) FROM exchange_notice n
     JOIN exchange_endpoint e ON e.partner_id = n.partner_id AND e.ended = ''
     LEFT JOIN exchange_webhookdelivery d ON d.notice_id = n.id AND d.endpoint_id = e.id
     WHERE n.routed_at IS NULL OR d.state = 'due')
"""

QUERIES: Mapping[str, tuple[str, ...]] = {
    "lost": (LOST,),
    "doubled": (DOUBLED,),
    "wrong": (CONTRADICTIONS, AUDIT),
    "undecided": (LIMBO,),
}


def violations_by_kind(
    connection: psycopg.Connection, acknowledged: Iterable[str] = (), *, seconds: float = 0
) -> dict[str, list[str]]:
    """Return a sentence for each violation, under lost, doubled, wrong and undecided.

    ``acknowledged`` are the numbers in success replies; ``seconds``: how long an application may
    stay ``submitted``, and a notice undelivered.
    """
    parameters = {"acknowledged": list(acknowledged), "seconds": seconds}
    return {
        kind: [
            f"{subject}: {fault}"
            for query in queries
            for subject, fault in connection.execute(query, parameters)
        ]
        for kind, queries in QUERIES.items()
    }


def violations(
    connection: psycopg.Connection, acknowledged: Iterable[str] = (), *, seconds: float = 0
) -> list[str]:
    """Return all of ``violations_by_kind`` in one list."""
    found = violations_by_kind(connection, acknowledged, seconds=seconds)
    return [sentence for sentences in found.values() for sentence in sentences]
