"""What is done from the list of cases besides opening one: each is a small form that is posted.

Assigning several cases, marking who is away, keeping a filter. Rows and versions that a page sent
are parsed here and nowhere else; who may do it, the actions say.
"""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from approvals import actions, queries
from approvals.models import Absence, Application, SavedFilter
from approvals.states import State
from ledger.clock import city_date
from people import actors, posted
from people.errors import ActionRejected
from people.language import in_language
from people.models import User
from people.text import clean

AT_ONCE = 100  # cases that one form assigns
_CASE = re.compile(r"([0-9a-f-]{36}):([0-9]{1,9})")  # key and version


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of each case of a form: how many were given, and why the others were not."""

    done: int
    refused: Sequence[str]


def chosen(request: HttpRequest, user: User) -> list[tuple[Application, int]]:
    """Return the cases that a page named, with the version that it showed.

    What is not in the officer's sight, or no case, is not there.
    """
    versions: dict[UUID, int] = {}
    for text in request.POST.getlist("case")[:AT_ONCE]:
        found = _CASE.fullmatch(text)
        key = _key(found[1]) if found else None
        if found and key:
            versions[key] = int(found[2])
    seen = queries.visible_to(actors.officer(user)).filter(pk__in=versions).order_by("id")
    return [(case, versions[case.pk]) for case in seen]


def is_key(text: str) -> bool:
    return _key(text) is not None


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def assign(request: HttpRequest, user: User, now: datetime.datetime) -> Outcome:
    """Give each chosen case to one clerk, one transaction and one Event each."""
    try:
        posted.require_each_once(request.POST)
    except ActionRejected as error:
        return Outcome(0, [in_language(error)])
    done, refused = 0, []
    for case, version in chosen(request, user):
        try:
            actions.reassign(
                number=case.number,
                to=request.POST.get("to", ""),
                reason=request.POST.get("reason", "").replace("\r\n", "\n"),
                by=actors.officer(user),
                now=now,
                version=version,
            )
            done += 1
        except ActionRejected as error:
            refused.append(f"{case.number}: {in_language(error)}")
    return Outcome(done, refused)


def clerks(user: User, now: datetime.datetime) -> list[User]:
    """Return the clerks within a supervisor's sight, with how much each has and until when away."""
    away = Absence.objects.filter(officer=OuterRef("pk"), ended_at=None, until__gte=city_date(now))
    found = User.objects.filter(role=User.Role.CLERK, office=user.office_id, is_active=True)
    if user.region_id:
        found = found.filter(region=user.region_id)
    return list(
        found.annotate(is_away=Exists(away), until=away.values("until")[:1]).order_by("username")
    )


def present_clerks(user: User, now: datetime.datetime) -> list[User]:
    return [clerk for clerk in clerks(user, now) if not clerk.is_away]  # type: ignore[attr-defined]


def taken(user: User) -> dict[int, int]:
    """Return how many cases each officer has, within the sight of ``user``."""
    rows = queries.visible_to(actors.officer(user)).filter(state=State.REVIEW)
    counted = rows.exclude(taken_by=None).order_by().values("taken_by").annotate(n=Count("pk"))
    return {row["taken_by"]: row["n"] for row in counted}


def absence(user: User, now: datetime.datetime) -> Absence | None:
    return Absence.objects.filter(officer=user, ended_at=None, until__gte=city_date(now)).first()


def mark(request: HttpRequest, user: User, now: datetime.datetime) -> str:
    """Mark somebody as away, or as back; returns what to tell. Raises ``ActionRejected``."""
    officer, by = request.POST.get("officer", ""), actors.officer(user)
    if request.POST.get("action") == "back":
        actions.mark_back(officer=officer, by=by, now=now)
        return _("Marked as back.")
    released = actions.mark_away(
        officer=officer,
        until=_day(request.POST.get("until", "")),
        release=request.POST.get("release") == "1",
        by=by,
        now=now,
    )
    return _("Marked as away. Cases put back into the queue: %(n)d") % {"n": released}


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return datetime.date.min  # the action says what is wrong with it


def saved(user: User) -> list[SavedFilter]:
    return list(SavedFilter.objects.filter(officer=user).order_by("name")[: SavedFilter.MOST])


def save_filter(request: HttpRequest, user: User, filters: Sequence[Any], page: Any) -> str:
    """Keep the filters of the address under a name of the officer's own; returns the query.

    A filter that is not there, and a value that it does not offer, are not kept.
    """
    name = clean(request.POST.get("name", ""), longest=40, field="/name")
    query = kept(request, filters, page)
    if not name or not query:
        raise ActionRejected(
            "nothing_to_save",
            "请先选择筛选条件，并填写名称",
            "Choose filters first, and name them.",
            status=422,
            field="/name",
        )
    mine = SavedFilter.objects.filter(officer=user)
    if mine.filter(~Q(name=name)).count() >= SavedFilter.MOST:
        raise ActionRejected(
            "too_many",
            f"最多保存 {SavedFilter.MOST} 个筛选",
            f"No more than {SavedFilter.MOST} filters are kept.",
            status=422,
            field="/name",
        )
    mine.update_or_create(officer=user, name=name, defaults={"query": query})
    return query


def kept(request: HttpRequest, filters: Sequence[Any], page: Any) -> str:
    values = {}
    for kind in filters:
        sent = request.GET.getlist(kind.parameter_name)[-1:]
        if sent and sent[0] in _offered(kind, sent, request, page):
            values[kind.parameter_name] = sent[0]
    return urlencode(sorted(values.items()))


def _offered(kind: Any, sent: list[str], request: HttpRequest, page: Any) -> set[str]:
    made = kind(request, {kind.parameter_name: list(sent)}, Application, page)
    return {str(value) for value, _label in made.lookup_choices}
