"""What a citizen reads of the terms of a case; while they stand still, no day to decide by."""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from django.utils.translation import gettext, ngettext

from approvals.actions import clock
from approvals.documents.law import in_words
from approvals.models import Application
from approvals.rows.terms import ProcedureKind
from approvals.states import State
from ledger.models import Event
from portal.templatetags.portal import day, last_day
from services import catalogue
from services.rulebook import Rulebook


def promised(case: Application) -> datetime.datetime | None:
    """Return the promised day where it says more than that of the law."""
    return case.promised_at if clock.runs(case) and case.promised_at != case.due_at else None


def left(case: Application, book: Rulebook) -> str:
    """Say how many days are left to decide, once those have answered who have to."""
    if not clock.stands_still(case):
        return ""
    return _days(clock.days_left(case, book), book)


def _days(days: int, book: Rulebook) -> str:
    """Write a number of days in the unit of the term of the law."""
    if book.pack.clock.statutory.unit == "working":
        return ngettext("%(n)d working day", "%(n)d working days", days) % {"n": days}
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def changes(case: Application, history: Iterable[Event]) -> list[str]:
    """Say why the term of the law is longer or stands still, while an officer has the case.

    Both are told with their reason (行政许可法 §§42, 45); what an earlier decision rested on is not
    said again.
    """
    if case.state not in (State.REVIEW, State.PROCEDURE):
        return []
    found: dict[str, str] = {}
    book = catalogue.rulebook(case.edition_id)
    for event in history:
        if event.kind == "reopened":
            found.clear()
        elif make := CHANGES.get(event.kind):
            data = orjson.loads(event.data)
            data |= {"since": day(event.at), "left": _days(int(data.get("left", 0)), book)}
            found[data.get("procedure", event.kind)] = make(data)
    return list(found.values())


def _extended(data: dict[str, Any]) -> str:
    text = gettext(
        "The last day to decide is %(day)s instead of %(was)s, by the head of the office, because:"
        " %(reason)s"
    )
    if approval := data.get("government"):
        text = gettext(
            "The last day to decide is %(day)s instead of %(was)s, by the head of the government"
            " (%(number)s of %(on)s), because: %(reason)s"
        )
        data = {**data, "number": approval["number"], "on": day(approval["on"])}
    was, until = (
        last_day(datetime.datetime.fromisoformat(at))
        for at in (data["was_due_at"], data["term"]["due_at"])
    )
    return text % {**data, "was": was, "day": until}


def _opened(data: dict[str, Any]) -> str:
    text = gettext(
        "%(kind)s (%(law)s) since %(since)s, expected to end by %(day)s. Until it ends the time to"
        " decide stands still. %(words)s"
    )
    kind = ProcedureKind(data["what"]).label
    return text % {
        "kind": kind[:1].upper() + kind[1:],
        "law": in_words(data["law"]),
        "since": data["since"],
        "day": day(data["until"]),
        "words": data["reason"],
    }


def _ended(data: dict[str, Any]) -> str:
    text = gettext(
        "%(kind)s ended on %(since)s: %(result)s. The time to decide goes on with %(left)s, until"
        " %(day)s."
    )
    kind = ProcedureKind(data["what"]).label
    return text % {
        "kind": kind[:1].upper() + kind[1:],
        "since": data["since"],
        "result": data["reason"].rstrip("。."),
        "left": data["left"],
        "day": last_day(datetime.datetime.fromisoformat(data["term"]["due_at"])),
    }


CHANGES = {"extended": _extended, "procedure_opened": _opened, "procedure_ended": _ended}


def accepted(case: Application, history: Sequence[Event], now: datetime.datetime) -> list[str]:
    """Say until when something may still be called missing, or since when it is accepted (§32)."""
    if case.state not in (State.REVIEW, State.PROCEDURE, State.WAITING):
        return []
    found = clock.acceptance(case, history, now)
    if found is None:
        return []
    if found.on is None:
        text = gettext(
            "If anything is missing, you are told once, by %(day)s; else your application counts as"
            " accepted on the day it was received."
        )
        return [text % {"day": day(found.by)}]
    if found.is_deemed:
        text = gettext("Accepted on %(day)s, the day it was received: nothing is missing.")
    else:
        text = gettext("Accepted on %(day)s, with what you corrected.")
    return [text % {"day": day(found.on)}]


def while_corrected(case: Application) -> list[str]:
    """Say that the time to decide goes on, where the correction was asked for too late (§32)."""
    if case.state != State.RETURNED or clock.stands_still(case):
        return []
    return [
        gettext(
            "Your application was accepted before something was called missing, so the time to"
            " decide goes on while you correct it."
        )
    ]


def until(case: Application) -> datetime.datetime | None:
    """Return by when it is decided, or corrected; nothing where another has to answer first."""
    if case.state == State.RETURNED:
        return case.correct_by
    return case.due_at if clock.runs(case) else None
