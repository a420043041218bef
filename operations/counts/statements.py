"""The SQL that counts: the same for what is added to the counts and for what is not yet.

Parameters: ``after`` and ``until``, keys between which rows are counted; ``zone``, the city's.
``{changes}`` is the table of ``RowChange`` or what was deleted from it. A row between the two keys
is counted as it is; of one below ``after`` the change alone, as a number that may be negative. The
changes of a row above ``until`` mean nothing: it will be counted as it is then.
"""

from approvals.states import FINAL
from operations.models import ALL, Grain

# where times are cut, in seconds: of decisions up to two months, of answers up to ten seconds
CUTS = (
    *(0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 20, 30, 60, 120, 300, 600),
    *(1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 259_200, 432_000, 604_800, 864_000),
    *(1_296_000, 1_728_000, 2_592_000, 5_184_000),
)
ANSWER_CUTS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10)
RECEIVED = "received"
BEGINNING = "1970-01-01+00"  # where what is counted altogether begins

_FINAL = ", ".join(f"'{outcome}'" for outcome in FINAL)
_IN_FORCE = f"(d.live OR d.outcome NOT IN ({_FINAL}))"  # a handing-over is never live
_BETWEEN = "{0}.id >= %(after)s AND {0}.id < %(until)s"


def _array(cuts: tuple[float, ...]) -> str:
    return f"ARRAY[{', '.join(str(float(cut)) for cut in cuts)}]::float8[]"


def _pending(kind: str, key: str) -> str:
    return f"EXISTS (SELECT FROM {{changes}} l WHERE l.kind = '{kind}' AND l.row = {key})"


_SECONDS = f"width_bucket(extract(epoch FROM d.at - a.created_at)::float8, {_array(CUTS)})"
_CASE = (
    f"a.created_at AS at, a.service_id AS service, coalesce(a.region_id, '') AS region,"
    f" '{RECEIVED}' AS outcome, false AS machine, -1 AS bucket"
)
_DECISION = (
    "d.at AS at, a.service_id AS service, {region} AS region, d.outcome AS outcome,"
    f" d.officer_id IS NULL AS machine, {_SECONDS} AS bucket"
)
_HERE = _DECISION.format(region="coalesce(a.region_id, '')")
_OF_DECISION = "JOIN approvals_application a ON a.id = d.application_id"
# both sides of a move: the case leaves one district, and comes to another
_SIDES = "CROSS JOIN LATERAL (VALUES (c.was, -1), (c.now, 1)) AS side(region, n)"

# (at, service, region, outcome, machine, bucket, n): each case and decision, or what changed of it
CASES = f"""
    SELECT {_CASE}, 1 AS n FROM approvals_application a WHERE {_BETWEEN.format("a")}
    UNION ALL
    SELECT {_HERE}, 1 FROM approvals_decision d {_OF_DECISION}
    WHERE {_BETWEEN.format("d")} AND {_IN_FORCE}
    UNION ALL
    SELECT {_CASE}, 1 FROM {{changes}} c JOIN approvals_application a ON a.id = c.row
    WHERE c.kind = 'late_case' AND c.row < %(after)s
    UNION ALL
    SELECT {_HERE}, 1 FROM {{changes}} c JOIN approvals_decision d ON d.id = c.row {_OF_DECISION}
    WHERE c.kind = 'late_decision' AND c.row < %(after)s AND {_IN_FORCE}
    UNION ALL
    SELECT {_HERE}, -1 FROM {{changes}} c JOIN approvals_decision d ON d.id = c.row {_OF_DECISION}
    WHERE c.kind = 'not_live' AND c.row < %(after)s AND NOT {_pending("late_decision", "d.id")}
    UNION ALL
    SELECT a.created_at, a.service_id, side.region, '{RECEIVED}', false, -1, side.n
    FROM {{changes}} c JOIN approvals_application a ON a.id = c.row {_SIDES}
    WHERE c.kind = 'moved' AND c.row < %(after)s AND NOT {_pending("late_case", "a.id")}
    UNION ALL
    SELECT {_DECISION.format(region="side.region")}, side.n
    FROM {{changes}} c JOIN approvals_decision d ON d.application_id = c.row {_OF_DECISION} {_SIDES}
    WHERE c.kind = 'moved' AND d.id < %(after)s AND NOT {_pending("late_decision", "d.id")}
      AND ({_IN_FORCE} OR {_pending("not_live", "d.id")})
"""  # noqa: S608 - words of ours

_REASONS = """
    CROSS JOIN LATERAL jsonb_array_elements_text(
        convert_from(d.receipt, 'UTF8')::jsonb -> 'reasons') AS said(reason)
    WHERE d.outcome = 'refer' AND"""
_REASON = "d.at AS at, a.service_id AS service, left(said.reason, 200) AS reason"
# (at, service, reason): for what the machine handed a case over, a line a reason
HANDOVERS = f"""
    SELECT {_REASON} FROM approvals_decision d {_OF_DECISION} {_REASONS} {_BETWEEN.format("d")}
    UNION ALL
    SELECT {_REASON} FROM {{changes}} c JOIN approvals_decision d ON d.id = c.row {_OF_DECISION}
    {_REASONS} c.kind = 'late_decision' AND c.row < %(after)s
"""  # noqa: S608 - words of ours

_ANSWER = (
    "k.at AS at, k.registry AS registry, k.outcome AS outcome,"
    f" width_bucket(k.milliseconds / 1000.0::float8, {_array(ANSWER_CUTS)}) AS bucket"
)
# (at, registry, outcome, bucket): each question to a registry
ANSWERS = f"""
    SELECT {_ANSWER} FROM exchange_lookup k WHERE {_BETWEEN.format("k")}
    UNION ALL
    SELECT {_ANSWER} FROM {{changes}} c JOIN exchange_lookup k ON k.id = c.row
    WHERE c.kind = 'late_lookup' AND c.row < %(after)s
"""  # noqa: S608 - words of ours

GRAINS = f"""
    CROSS JOIN LATERAL (VALUES
        ('{Grain.HOUR}', date_trunc('hour', one.at, %(zone)s)),
        ('{Grain.DAY}', date_trunc('day', one.at, %(zone)s)),
        ('{Grain.MONTH}', date_trunc('month', one.at, %(zone)s)),
        ('{Grain.ALL}', '{BEGINNING}'::timestamptz)) AS span(grain, start)
"""


def buckets(cuts: tuple[float, ...], number: str = "n") -> str:
    """Return SQL that sums ``number`` of a group by its bucket, as an array."""
    each = (
        f"coalesce(sum({number}) FILTER (WHERE bucket = {place}), 0)::bigint"
        for place in range(len(cuts) + 1)
    )
    return f"ARRAY[{', '.join(each)}]"


# what is alike within an hour first becomes one line: an hour lies in one day, and that in a month
_BY_HOUR = """
    SELECT date_trunc('hour', at, %(zone)s) AS at, service, region, outcome, machine, bucket,
        sum(n) AS n FROM ({cases}) AS every GROUP BY 1, 2, 3, 4, 5, 6
"""
_ADDED = "ARRAY(SELECT x + y FROM unnest(t.buckets, excluded.buckets) AS both_(x, y))"

# Everything there is to count between the keys is added, in one statement and so of one moment,
# and what had changed is taken from the table. Returns how many lines were written.
ADD = f"""
WITH changed AS (DELETE FROM operations_rowchange RETURNING kind, row, was, now),
cases AS (
    INSERT INTO operations_casecount AS t
        (grain, start, service, region, outcome, machine, cases, buckets)
    SELECT grain, start, coalesce(service, '{ALL}'), coalesce(region, '{ALL}'), outcome, machine,
        sum(n), {buckets(CUTS)}
    FROM ({_BY_HOUR.format(cases=CASES.format(changes="changed"))}) AS one {GRAINS}
    GROUP BY GROUPING SETS (
        (grain, start, service, region, outcome, machine), (grain, start, outcome, machine))
    ON CONFLICT (grain, start, service, region, outcome, machine) DO UPDATE
        SET cases = t.cases + excluded.cases, buckets = {_ADDED}
    RETURNING 1
), handovers AS (
    INSERT INTO operations_handovercount AS t (grain, start, service, reason, cases)
    SELECT grain, start, service, reason, count(*)
    FROM ({HANDOVERS.format(changes="changed")}) AS one {GRAINS} GROUP BY 1, 2, 3, 4
    ON CONFLICT (grain, start, service, reason) DO UPDATE SET cases = t.cases + excluded.cases
    RETURNING 1
), answers AS (
    INSERT INTO operations_answercount AS t (grain, start, registry, outcome, answers, buckets)
    SELECT grain, start, registry, outcome, count(*), {buckets(ANSWER_CUTS, "1")}
    FROM ({ANSWERS.format(changes="changed")}) AS one {GRAINS} GROUP BY 1, 2, 3, 4
    ON CONFLICT (grain, start, registry, outcome) DO UPDATE
        SET answers = t.answers + excluded.answers, buckets = {_ADDED}
    RETURNING 1
)
SELECT (SELECT count(*) FROM cases) + (SELECT count(*) FROM handovers)
     + (SELECT count(*) FROM answers)
"""  # noqa: S608 - words of ours
