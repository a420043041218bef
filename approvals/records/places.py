"""The place of a case among those of whom so many are granted, as receipts say it."""

from collections.abc import Iterable, Mapping, Sequence

import orjson

from approvals.models import Application, Decision, QuotaPlace
from approvals.states import OPEN, SETTLED, Outcome, State
from ledger.events import instant
from services import catalogue, quota
from services.quota import Queue

FULL, UNKNOWN = "quota_full", "quota_unknown"


def payload(row: QuotaPlace, position: int, places: int | None, edition: str) -> dict[str, str]:
    """Return what a receipt says: the queue, the place in it, and how many there were then.

    ``edition``: the hash of the one whose number it is. ``places`` is empty where it says none.
    """
    return {
        "period": row.period,
        "group": row.group,
        "accepted_at": instant(row.accepted_at),
        "ordinal": str(row.ordinal),
        "position": str(position),
        "places": "" if places is None else str(places),
        "edition": edition,
    }


def missing(wanted: Queue) -> dict[str, str]:
    """Return what is said of a case that should stand in a queue, and does not."""
    return {"period": wanted.period, "group": wanted.group, "position": "", "places": ""}


def fault(said: Mapping[str, str] | None) -> str:
    """Return why a case cannot be granted by what its receipt says of its place; empty: it can."""
    if said is None:
        return ""
    if not said["places"] or not said["position"]:
        return UNKNOWN
    return "" if int(said["position"]) <= int(said["places"]) else FULL


def audit_fault(
    application: Application,
    rows: Sequence[QuotaPlace],
    decisions: Iterable[Decision],
    *,
    is_certified: bool,
) -> str:
    """Say for the audit whether its places are those of its answers, its state and its receipts.

    That each row is as it was written is found by the events of rows.
    """
    if application.received_on is None:
        return ""
    book = catalogue.rulebook(application.edition_id)
    wanted = quota.queue(book, application.answers, application.received_on)
    if wanted is None:
        return "it has a place of a service that needs none" if rows else ""
    held = [row for row in rows if row.freed_at is None]
    if application.state in OPEN and [Queue(r.period, r.group) for r in held] != [wanted]:
        return "it does not stand in the queue of its answers"
    if application.state in SETTLED and application.state != State.APPROVED:
        return "it is settled, and its place was not freed" if held else ""
    if application.state == State.APPROVED:
        if any(row.granted_at is None for row in held):
            return "it is approved without a place"
        if not held and (is_certified or not rows):
            return "what it was granted stands, and its place was freed"
    said = [orjson.loads(bytes(d.receipt)).get("quota") or {} for d in decisions if _grants(d)]
    receipts = {(one.get("ordinal"), one.get("places")) for one in said}
    if any((str(r.ordinal), str(r.places)) not in receipts for r in rows if r.granted_at):
        return "its place is not that of its receipt"
    if any(fault(one) for one in said):
        return "it was granted a place that there was not"
    return ""


def _grants(decision: Decision) -> bool:
    return decision.outcome == Outcome.APPROVE
