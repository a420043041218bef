"""The SQL that this app asks by hand, each statement named and described.

They are questions over many rows at once, or asked by every request or batch, where composing
them anew by the ORM costs more than PostgreSQL's part. ``{columns}`` are those of the model that
``bulk.read`` makes, called ``t``; ``{few}`` tells the planner that a list is short.
"""

from approvals.review.handover import SILENCE_ALONE
from approvals.rows.terms import STANDS_STILL
from approvals.states import OPEN, RUNNING, State
from services.pack.model import UNANSWERED, UNDERTAKINGS
from services.shadows import RUNNING_SHADOWS
from services.switches import SERVICE_IS_SUSPENDED, SUSPENDED_REGISTRIES

# What a claim or a lock has beside the application, by these names (``actions.claims.Claimed``):
# whether its service decides automatically, the registries on which nothing automatic may rest, the
# shadows that run, its office as JSON, whether the agency whose program submitted it has a webhook,
# whether what its certificate would be exists already (``approvals.models.GuardKey``), whether it
# takes over what another certificate holds, and the time.
BESIDE = (
    *("automatic", "suspended", "shadows", "office_json"),
    *("has_webhook", "is_second", "is_heir", "at"),
)
_BESIDE = (
    f"NOT {SERVICE_IS_SUSPENDED.format(service='t.service_id')}, {SUSPENDED_REGISTRIES},"  # noqa: S608
    f" {RUNNING_SHADOWS},"
    " (SELECT row_to_json(o)::text FROM people_office o WHERE o.code = t.office_id),"
    " EXISTS (SELECT FROM exchange_endpoint e WHERE e.partner_id = t.client_id),"
    " EXISTS (SELECT FROM approvals_guardkey mine"
    "  JOIN approvals_guardkey held ON held.key = mine.key"
    "  WHERE mine.application_id = t.id AND mine.while_live AND NOT mine.held AND held.held"
    "   AND held.application_id IS DISTINCT FROM mine.heir_of),"
    " EXISTS (SELECT FROM approvals_guardkey k"
    "  WHERE k.application_id = t.id AND k.heir_of IS NOT NULL),"
    " clock_timestamp()"
)

# Parameters: whether tried before, how many, seconds of the lease.
# A commit of its own: whoever takes a case that kills its process has counted it.
# application_ready is the partial index over exactly these rows; SKIP LOCKED lets several engines
# take different ones. It need not be durable: what a crash of PostgreSQL forgets is claimed anew,
# and nothing but an engine's own death has to be counted. Materialized: a plan that looked for the
# ready ones anew for each row would pass over those that it has just changed, and claim too many.
CLAIM = f"""
WITH ready AS MATERIALIZED (
 SELECT id, set_config('synchronous_commit', 'off', true) FROM approvals_application
 WHERE state = 'submitted' AND checks_due = 0 AND (attempts > 0) = %s
  AND (leased_until IS NULL OR leased_until < clock_timestamp())
 ORDER BY submitted_at LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE approvals_application AS t SET attempts = t.attempts + 1,
 leased_until = clock_timestamp() + %s * interval '1 second'
FROM ready WHERE t.id = ready.id RETURNING {{columns}}, {_BESIDE}
"""  # noqa: S608 - no value of anybody's stands in it

# Parameter: ids. Locked in order of id, so that no two batches wait for each other in a circle.
LOCK = "SELECT {columns} FROM approvals_application t WHERE t.id = ANY(%s) ORDER BY t.id FOR UPDATE"

# Parameter: ids. As LOCK, with what a decision needs beside the application.
LOCK_TO_DECIDE = f"""
SELECT {{columns}}, {_BESIDE} FROM unnest(%s::uuid[]) WITH ORDINALITY AS asked(id, place)
JOIN approvals_application t ON t.id = asked.id
WHERE asked.place {{few}} ORDER BY t.id FOR UPDATE OF t
"""  # noqa: S608 - no value of anybody's stands in it

# Parameter: ids of applications. Unlocked, for whoever only asks registries about them.
APPLICATIONS = "SELECT {columns} FROM approvals_application t WHERE t.id = ANY(%s)"

# Parameter: ids of checks. Their applications, locked in order of id.
LOCK_OWNERS_OF_CHECKS = """
SELECT {columns} FROM approvals_application t
WHERE t.id IN (SELECT application_id FROM approvals_check WHERE id = ANY(%s))
ORDER BY t.id FOR UPDATE
"""

# Parameter: ids of checks. Those that nobody has settled meanwhile.
CHECKS_STILL_DUE = (
    "SELECT {columns} FROM approvals_check t WHERE t.id = ANY(%s) AND t.state = 'due' ORDER BY t.id"
)

# Parameters: registry, now, now, how many, end of the lease.
# A commit of its own, so that an attempt that kills its worker is counted. Materialized as above.
TAKE_CHECKS = """
WITH ready AS MATERIALIZED (
 SELECT id FROM approvals_check WHERE registry = %s AND state = 'due'
  AND next_at <= %s AND (leased_until IS NULL OR leased_until < %s)
 ORDER BY next_at LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE approvals_check t SET attempts = attempts + 1, leased_until = %s
FROM ready WHERE t.id = ready.id RETURNING {columns}
"""

# Parameters: now, now. Registries with checks due that nobody holds.
REGISTRIES_WITH_CHECKS_DUE = """
SELECT DISTINCT registry FROM approvals_check WHERE state = 'due' AND next_at <= %s
 AND (leased_until IS NULL OR leased_until < %s) ORDER BY registry
"""

# Parameters: now, now, how many, end of the lease. What was granted provisionally and is to be
# asked about; a commit of its own, as above.
TAKE_CONFIRMATIONS = """
WITH ready AS MATERIALIZED (
 SELECT id FROM approvals_confirmation WHERE state = 'due'
  AND next_at <= %s AND (leased_until IS NULL OR leased_until < %s)
 ORDER BY next_at LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE approvals_confirmation t SET attempts = attempts + 1, leased_until = %s
FROM ready WHERE t.id = ready.id RETURNING {columns}
"""

# Parameters: next try, registry. A check that an officer's case waits for, and no other reason.
# Another case each time: one that the registry cannot answer must not keep all others waiting.
TAKE_UNANSWERED = """
UPDATE approvals_check t SET next_at = %s WHERE id = (
 SELECT c.id FROM approvals_check c JOIN approvals_application a
  ON a.id = c.application_id AND a.round = c.round
 WHERE c.registry = %s AND c.state = 'unanswered' AND a.state = 'review'
  AND a.taken_by_id IS NULL AND a.handover LIKE {silence_alone}
 ORDER BY c.next_at LIMIT 1 FOR UPDATE OF c SKIP LOCKED) RETURNING {columns}
""".replace("{silence_alone}", SILENCE_ALONE)

# Registries that officers' cases still wait for.
REGISTRIES_UNANSWERED = (
    "SELECT DISTINCT registry FROM approvals_check WHERE state = 'unanswered' ORDER BY registry"
)

# Parameters: registry, how many. Applications that did not get its answer and that no officer has.
APPLICATIONS_UNANSWERED = """
SELECT DISTINCT t.application_id FROM approvals_check t
 JOIN approvals_application a ON a.id = t.application_id
WHERE t.registry = %s AND t.state = 'unanswered' AND a.taken_by_id IS NULL
ORDER BY t.application_id LIMIT %s
"""

# Parameter: ids of applications. All their checks without an answer.
CHECKS_UNANSWERED = """
SELECT {columns} FROM approvals_check t WHERE t.application_id = ANY(%s)
 AND t.state = 'unanswered' ORDER BY t.id
"""

# Parameter: registry. Cases that are decided, returned … wait for its answer no longer; those still
# submitted do: the engine has yet to conclude what the missing answer means; so do those that an
# officer has taken, who may put them back.
FORGET_UNANSWERED = """
UPDATE approvals_check c SET state = 'failed' FROM approvals_application a
WHERE c.registry = %s AND c.state = 'unanswered' AND a.id = c.application_id
  AND (c.round <> a.round OR NOT (a.state = 'submitted' OR (
    a.state = 'review' AND a.handover LIKE {silence_alone})))
""".replace("{silence_alone}", SILENCE_ALONE)

# Parameter: ids of applications. The evidence of their present rounds.
EVIDENCE_OF_ROUND = """
SELECT {columns} FROM approvals_evidence t JOIN approvals_application a
ON a.id = t.application_id AND a.round = t.round
WHERE t.application_id = ANY(%s) ORDER BY t.registry, t.subject
"""

# Parameters: now, ids. Claimed cases are tried again soon, alone: later with each attempt made.
GIVE_BACK = """
UPDATE approvals_application SET leased_until = %s + attempts * interval '0.5 s'
WHERE id = ANY(%s) AND state = 'submitted'
"""

# Parameters: changed records as JSON [{registry, subject, seen_at}], the settled states.
# Those of them that a case, still undecided, read before they changed. A case that read the record
# since has the new value; one that is settled is found by its certificate.
CHANGED_BUT_UNDECIDED = """
SELECT DISTINCT c.registry, c.subject
FROM json_to_recordset(%s::json) AS c(registry text, subject text, seen_at timestamptz)
CROSS JOIN LATERAL (
    SELECT l."case", max(l.at) AS at FROM exchange_lookup l
    WHERE l.subject = c.subject AND l.registry = c.registry AND l."case" <> ''
    GROUP BY l."case") AS read
JOIN approvals_application a ON a.number = read."case"
WHERE read.at <= c.seen_at AND NOT a.state = ANY(%s)
"""

# Parameters: service, first and last day of receipt, the moment by which it was decided. Decisions
# that stand, counted by edition and day.
DECIDED_BY_DAY = """
SELECT edition_id, as_of, count(*) FROM approvals_decision
WHERE live AND edition_id = ANY(ARRAY(SELECT id FROM services_edition WHERE service_id = %s))
 AND as_of BETWEEN %s AND %s AND at <= %s
GROUP BY 1, 2 ORDER BY 1, 2
"""

# Parameters: edition, first and last day, the moment by which it was decided.
DECIDED_UNDER = (
    "approvals_decision WHERE live AND edition_id = %s AND as_of BETWEEN %s AND %s AND at <= %s"
)
# What a back-test's statement selects from: what was signed in place of a paper, and a fact that
# was to be known later, change results by rules of the judge's own, not of SQL.
JUDGE_ALONE = (UNDERTAKINGS, UNANSWERED)
DECIDED_BY_CONDITIONS = f"{DECIDED_UNDER} AND NOT inputs ?| ARRAY['{UNDERTAKINGS}', '{UNANSWERED}']"
AMONG = "AND id > %s AND id <= %s"  # parameters: a decision, a later one
# Parameters of ``DECIDED_UNDER``, a decision, a number. The decision so many after that one. It is
# looked for among the cases of these days (OFFSET 0), not among all decisions in their order.
DECIDED_LATER = " ".join(
    ["SELECT id FROM (SELECT id FROM", DECIDED_UNDER, "AND id > %s OFFSET 0) AS later"]
    + ["ORDER BY id OFFSET %s LIMIT 1"]
)

# Parameters: now, zone, limit. What waits in vain, with the item that nobody answered in time: for
# a question of the present wait whose day is over; or, with no item, beyond the statutory day. An
# officer may have asked after that day, though, and then the answer is awaited.
WAITED_IN_VAIN = """
SELECT DISTINCT ON (id) id, item FROM (
 (SELECT a.id, c.item FROM approvals_consent c
  JOIN approvals_application a ON a.id = c.application_id
  WHERE c.state = 'asked' AND c.due_at <= %(now)s AND a.state = 'waiting'
   AND c.asked_at >= (a.pauses->-1->>0)::date::timestamp AT TIME ZONE %(zone)s
  LIMIT %(limit)s)
 UNION ALL
 (SELECT a.id, 'cosign' FROM approvals_cosignature c
  JOIN approvals_application a ON a.id = c.application_id
  WHERE c.state = 'asked' AND c.due_at <= %(now)s AND a.state = 'waiting'
   AND c.asked_at >= (a.pauses->-1->>0)::date::timestamp AT TIME ZONE %(zone)s
  LIMIT %(limit)s)
 UNION ALL
 (SELECT a.id, '' FROM approvals_application a
  WHERE a.state = 'waiting' AND a.due_at <= %(now)s AND NOT EXISTS (
   SELECT FROM approvals_consent c WHERE c.application_id = a.id AND c.state = 'asked'
    AND c.asked_at >= a.due_at AND c.due_at > %(now)s)
  LIMIT %(limit)s)) AS found ORDER BY id, item DESC LIMIT %(limit)s
"""

# Parameters: the calendar's version, how many. Open applications whose terms follow another one.
# Looked for rarely, and all that are open are few; so application_open is enough of an index.
OTHER_CALENDAR = f"""
SELECT {{columns}} FROM approvals_application t
WHERE t.state IN ({", ".join(f"'{state}'" for state in OPEN)}) AND t.calendar <> %s
LIMIT %s FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - states of ours

# Parameters: day, limit. Open cases received on that day or before that nobody returned or decided:
# they count as accepted. Locked, but for those that somebody else has in hand: they come next time.
# Whoever wrote the same meanwhile is seen by a second question (``actions.deadlines``).
TO_ACCEPT = f"""
SELECT {{columns}} FROM approvals_application t
WHERE t.state IN ({", ".join(f"'{state}'" for state in OPEN)}) AND t.received_on <= %s
 AND NOT EXISTS (SELECT FROM approvals_acceptance x WHERE x.application_id = t.id)
 AND NOT EXISTS (SELECT FROM approvals_decision d WHERE d.application_id = t.id
  AND d.outcome IN ('return', 'approve', 'refuse'))
LIMIT %s FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - states of ours

# Parameters: ids. Of them, what was accepted, or returned or decided by now.
ACCEPTED_MEANWHILE = """
SELECT a.id FROM unnest(%s::uuid[]) AS a(id)
WHERE EXISTS (SELECT FROM approvals_acceptance x WHERE x.application_id = a.id)
 OR EXISTS (SELECT FROM approvals_decision d WHERE d.application_id = a.id
  AND d.outcome IN ('return', 'approve', 'refuse'))
"""

# Parameters: horizon, now, now, share, zone, now, limit. Cases whose term of the law is over, or
# soon so: within the horizon, and no sooner than a share of its time has passed. Once for each day
# that the term ends on. Locked as by ``TO_ACCEPT``.
TO_ESCALATE = f"""
SELECT {{columns}} FROM approvals_application t
WHERE t.state IN ({", ".join(f"'{state}'" for state in (*RUNNING, State.RETURNED))})
 AND NOT ({STANDS_STILL.replace("a.", "t.")}) AND t.due_at <= %s
 AND (t.due_at <= %s OR t.due_at - %s <= (1 - %s::float8)
  * (t.due_at - t.term_from::timestamp AT TIME ZONE %s))
 AND NOT EXISTS (SELECT FROM approvals_escalation e WHERE e.application_id = t.id
  AND NOT e.of_delivery AND e.due_at = t.due_at
  AND e.stage = CASE WHEN t.due_at <= %s THEN 'over' ELSE 'soon' END)
ORDER BY t.due_at LIMIT %s FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - states of ours

# Parameters: horizon, now, limit. Cases whose decision stands and is not delivered, with the day by
# which it has to be, if that is near or over. Locked as by ``TO_ACCEPT``.
TO_ESCALATE_DELIVERY = """
SELECT {columns}, d.due_at FROM approvals_delivery d
JOIN approvals_decision c ON c.id = d.decision_id AND c.live
JOIN approvals_application t ON t.id = d.application_id
WHERE d.recorded_at IS NULL AND d.due_at <= %s
 AND NOT EXISTS (SELECT FROM approvals_escalation e WHERE e.application_id = t.id
  AND e.of_delivery AND e.due_at = d.due_at
  AND e.stage = CASE WHEN d.due_at <= %s THEN 'over' ELSE 'soon' END)
ORDER BY d.due_at LIMIT %s FOR UPDATE OF t SKIP LOCKED
"""

# Parameter: ids of applications. Where each stands among those that were not freed, and how many
# of its queue are granted; both are counted in indexes alone.
QUOTA_STANDINGS = """
SELECT {columns},
 1 + (SELECT count(*) FROM approvals_quotaplace q WHERE q.service = t.service
  AND q.period = t.period AND q.group_key = t.group_key AND q.ordinal < t.ordinal
  AND q.freed_at IS NULL) AS at,
 (SELECT count(*) FROM approvals_quotaplace q WHERE q.service = t.service
  AND q.period = t.period AND q.group_key = t.group_key AND q.freed_at IS NULL)
 - (SELECT count(*) FROM approvals_quotaplace q WHERE q.service = t.service
  AND q.period = t.period AND q.group_key = t.group_key AND q.freed_at IS NULL
  AND q.granted_at IS NULL) AS given
FROM approvals_quotaplace t WHERE t.application_id = ANY(%s) AND t.freed_at IS NULL
"""

# Parameters: handover, how many. Cases that an officer has for want of a place alone, the first
# few of each queue: who comes behind them moves up after them.
QUOTA_WAITING = """
SELECT {columns} FROM approvals_application t JOIN (
 SELECT a.id, row_number() OVER (
  PARTITION BY p.service, p.period, p.group_key ORDER BY p.ordinal) AS place
 FROM approvals_quotaplace p JOIN approvals_application a ON a.id = p.application_id
 WHERE p.freed_at IS NULL AND p.granted_at IS NULL
  AND a.state = 'review' AND a.taken_by_id IS NULL AND a.handover = %s) AS waiting
 ON waiting.id = t.id WHERE waiting.place <= 20 ORDER BY waiting.place LIMIT %s
"""

# Parameters: key, key. Held until the connection ends, so that one engine at most reconciles.
HOLD_SESSION_LOCK = """
SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory'
 AND pid = pg_backend_pid() AND ((classid::bigint << 32) | objid::bigint) = %s)
 OR pg_try_advisory_lock(%s)
"""
