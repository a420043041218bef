"""The machine's decisions of a month, and which of them a tree head covers."""

import datetime
from collections import defaultdict
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.conf import settings
from django.db import connection

from approvals.models import Absence, Application, Intake, Representation
from approvals.sampling.plan import Case, Clerk
from approvals.states import SETTLED
from ledger.clock import city_date
from ledger.models import Event, TreeHead
from people.actors import Kind
from people.models import Reading, User

# after a month's end, until a head may be the one that the draw follows: what was decided in the
# last second is under the tree long before
PAUSE = datetime.timedelta(minutes=10)

# a control: handed to an officer because a condition is not met, not corrected since, and settled
# by now: of an undecided case its reviewer would be kept from deciding
_CASES = """
SELECT d.id, a.id, a.number, a.office_id, a.service_id, d.edition_id, coalesce(a.region_id, ''),
    d.outcome <> 'approve', coalesce(l.position < %(size)s, false)
FROM services_edition e
JOIN approvals_decision d ON d.edition_id = e.id AND d.at >= %(begins)s AND d.at < %(ends)s
JOIN approvals_application a ON a.id = d.application_id
LEFT JOIN ledger_event v ON v.subject = 'application:' || a.number
    AND v.kind IN ('approved', 'handed_over') AND strpos(v.data, d.id::text) > 0
LEFT JOIN ledger_leaf l ON l.event_id = v.id
WHERE d.officer_id IS NULL AND (d.outcome = 'approve' OR d.outcome = 'refer' AND d.round = a.round
    AND a.state = ANY(%(settled)s)
    AND convert_from(d.receipt, 'UTF8')::jsonb
        @? '$.verdict.requirements[*] ? (@.result == "unmet")')
"""

# open reviews whose officer may not look any more, or that have none and could have one
_TO_REASSIGN = """
SELECT r.id FROM approvals_samplereview r JOIN approvals_application a ON a.id = r.application_id
WHERE r.answered_at IS NULL AND NOT approvals_may_handle(a.id, r.reviewer_id)
    AND (r.reviewer_id IS NOT NULL OR EXISTS (
        SELECT FROM people_user u
        WHERE u.role = 'clerk' AND u.is_active AND u.office_id = a.office_id
            AND (u.region_id IS NULL OR u.region_id = a.region_id)
            AND u.person <> a.applicant
            AND NOT EXISTS (SELECT FROM approvals_intake i WHERE i.application_id = a.id
                AND u.person <> '' AND i.representative = u.person)
            AND NOT EXISTS (SELECT FROM approvals_representation o WHERE o.application_id = a.id
                AND u.person <> '' AND o.representative = u.person)
            AND NOT EXISTS (SELECT FROM approvals_absence b
                WHERE b.officer_id = u.id AND b.ended_at IS NULL AND b.until >= %(today)s)
            AND NOT EXISTS (SELECT FROM ledger_event e
                WHERE e.subject = 'application:' || a.number AND e.by = 'officer:' || u.username)
            AND NOT EXISTS (SELECT FROM people_reading p WHERE p.kind = 'case'
                AND p.subject = a.number AND p.by = 'officer:' || u.username)))
ORDER BY r.draw_id, r.place LIMIT %(limit)s
"""


def bounds(month: datetime.date) -> tuple[datetime.datetime, datetime.datetime]:
    """Return the first moment of a month in the city, and the first after it, in UTC."""
    calendar, day = settings.CITY.calendar, datetime.timedelta(days=1)
    return calendar.end_of(month - day), calendar.end_of(following(month) - day)


def following(month: datetime.date) -> datetime.date:
    """Return the first day of the month after."""
    return (month.replace(day=1) + datetime.timedelta(days=32)).replace(day=1)


def head_after(ends: datetime.datetime) -> TreeHead | None:
    """Return the first tree head that was signed after a month's end and a pause, if any."""
    before = TreeHead.objects.filter(at__lt=ends + PAUSE).order_by("-size").first()
    later = TreeHead.objects.filter(at__gte=ends + PAUSE)
    if before is not None:
        later = later.filter(size__gt=before.size)
    return later.order_by("size").first()


def cases(begins: datetime.datetime, ends: datetime.datetime, size: int) -> tuple[list[Case], int]:
    """Return what may be drawn of a month, and how many approvals a head of ``size`` lacks."""
    settled = sorted(state.value for state in SETTLED)
    with connection.cursor() as cursor:
        cursor.execute(_CASES, {"begins": begins, "ends": ends, "size": size, "settled": settled})
        rows = cursor.fetchall()
    found = [Case(*row[:-1]) for row in rows if row[-1]]
    return found, sum(not row[-1] and not row[-2] for row in rows)


def to_reassign(now: datetime.datetime, limit: int) -> list[UUID]:
    """Return at most ``limit`` open reviews that are to be given to another, or to nobody.

    One query. A review that nobody may look at is not among them, however many there are of it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TO_REASSIGN, {"today": city_date(now), "limit": limit})
        return [row[0] for row in cursor.fetchall()]


def clerks(on: datetime.date | None = None) -> list[Clerk]:
    """Return everybody who handles cases; ``on``: without who is marked as away on that day."""
    rows = User.objects.filter(role=User.Role.CLERK, is_active=True)
    if on is not None:
        away = Absence.objects.filter(ended_at=None, until__gte=on)
        rows = rows.exclude(pk__in=away.values("officer"))
    return [Clerk(u.username, u.office_id or "", u.region_id or "") for u in rows]


def touched(numbers: Sequence[str]) -> dict[str, set[str]]:
    """Return which officers did something on each case, have opened it, or are its parties."""
    found: dict[str, set[str]] = defaultdict(set)
    prefix = f"{Kind.OFFICER}:"
    subjects = [f"application:{number}" for number in numbers]
    events = Event.objects.filter(subject__in=subjects, by__startswith=prefix)
    for subject, by in events.values_list("subject", "by"):
        found[subject.partition(":")[2]].add(by.removeprefix(prefix))
    read = Reading.objects.filter(
        kind=Reading.Kind.CASE, subject__in=numbers, by__startswith=prefix
    )
    for number, by in read.values_list("subject", "by"):
        found[number].add(by.removeprefix(prefix))
    for number, username in _parties(numbers):
        found[number].add(username)
    return found


def _parties(numbers: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each case with each officer who applied for it, or acted for who did: four queries."""
    cases_ = Application.objects.filter(number__in=numbers)
    acting = Intake.objects.filter(application__number__in=numbers).exclude(representative="")
    online = Representation.objects.filter(application__number__in=numbers)
    own = [
        *online.values_list("application__number", "representative"),
        *cases_.values_list("number", "applicant"),
        *acting.values_list("application__number", "representative"),
    ]
    officers: dict[str, list[str]] = defaultdict(list)
    known = User.objects.filter(person__in={person for _, person in own}).exclude(person="")
    for username, person in known.values_list("username", "person"):
        officers[person].append(username)
    for number, person in own:
        for username in officers.get(person, ()):
            yield number, username
