"""Regression cases at the desk: waiting, accepted, retired; one in words, with its buttons."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.contrib import admin
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from city.errors import SourceError
from ledger.clock import city_date, now
from people import posted
from people.actors import Actor, officer
from people.errors import ActionRejected
from people.language import language
from people.models import Reading, User
from people.roles import REGRESSIONS
from people.traces import read_at_desk
from services import catalogue, pack_tests
from services.edition import load
from services.explain import Explanation, explain
from services.models import Edition, Proposal, Regression
from services.regressions import actions, judging, printing

State, Role, Result = Regression.State, User.Role, judging.Result
PAGE = "admin:services_regression"
_ORDER = (State.PROPOSED, State.ACCEPTED, State.DECLINED, State.RETIRED)
RESULTS = {
    Result.HELD: ("ok", _("not approved: as it should be")),
    Result.REPEATED: ("bad", _("approved again: the error is repeated")),
    Result.UNJUDGED: ("wait", _("cannot be judged: it lacks facts that the case does not hold")),
}


@dataclass(frozen=True, slots=True)
class Line:
    """What one edition, or one that is proposed, does with the case."""

    name: str
    tone: str
    words: str
    lacking: str


@admin.register(Regression)
class Regressions(ModelAdmin):
    """Read by legal and policy officers and auditors; there is nobody's data in them."""

    actions = None
    list_display = ("shown_name", "shown_service", "shown_state", "shown_cause", "proposed_at")
    list_display_links = ("shown_name",)
    list_filter = ("state",)
    list_select_related = ("service", "edition")
    list_per_page = 50
    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and getattr(request.user, "role", "") in REGRESSIONS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Regression]:
        """Those that wait for somebody first, the newest of each first."""
        places = [When(state=state, then=Value(place)) for place, state in enumerate(_ORDER)]
        rows = Regression.objects.annotate(place=Case(*places, output_field=IntegerField()))
        return rows.order_by("place", "-proposed_at")

    @display(description=_("Regression case"))
    def shown_name(self, row: Regression) -> str:
        return str(row)

    @display(description=_("Service"))
    def shown_service(self, row: Regression) -> str:
        return catalogue.rulebook(row.edition_id).pack.name[_lang()]

    @display(
        description=_("State"),
        label={"proposed": "warning", "accepted": "success", "declined": "", "retired": ""},
    )
    def shown_state(self, row: Regression) -> tuple[str, Any]:
        if row.retirement_asked_at is not None and row.state == State.ACCEPTED:
            return "proposed", _("accepted; retiring it was asked for")
        return row.state, row.get_state_display()

    @display(description=_("What was wrong"))
    def shown_cause(self, row: Regression) -> str:
        return row.get_cause_display()

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        do = path("<uuid:pk>/do/", view(self.action_view), name="services_regression_do")
        return [do, *super().get_urls()]

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        raise Http404

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        raise Http404

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self._page(request, self._found(request, object_id))

    def action_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        row = self._found(request, pk)
        if request.method != "POST":
            return redirect(f"{PAGE}_change", pk)
        try:
            posted.require_each_once(request.POST)
            _act(row, request.POST, officer(cast(User, request.user)))
        except ActionRejected as error:
            return self._page(request, self._found(request, pk), error)
        self.message_user(request, _("Recorded, with your name."))
        return redirect(f"{PAGE}_change", pk)

    def _found(self, request: HttpRequest, pk: Any) -> Regression:
        found = self.get_object(request, str(pk)) if self.has_view_permission(request) else None
        if found is None:
            raise Http404
        return cast(Regression, found)

    def _page(
        self, request: HttpRequest, row: Regression, error: ActionRejected | None = None
    ) -> HttpResponse:
        read_at_desk(request, Reading.Kind.REGRESSION, str(row))
        by = officer(cast(User, request.user))
        book = catalogue.rulebook(row.edition_id)
        lines = _conditions(row) if row.cause != Regression.Cause.NOT_MASKED else []
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(row),
            "row": row,
            "service": book.pack.name[_lang()],
            "lines": lines,
            "named": {line.words for line in lines if line.id in row.conditions},
            "changed": [_fact(book, name) for name in row.changed],
            "law": "; ".join(dict.fromkeys(one.law for one in lines if one.id in row.conditions))
            or book.pack.law,
            "editions": list(_editions(row)) if lines else [],
            "test": printing.fragment([row]) if lines else "",
            "expected": Regression.Expected.choices,
            "may_settle": actions.may_settle(row, by),
            "may_ask": row.state == State.ACCEPTED
            and row.retirement_asked_at is None
            and by.role in actions.ASKERS,
            "may_retire": actions.may_retire(row, by),
            "is_legal": by.role == Role.LEGAL,
            "problem": "" if error is None else error.en if _lang() == "en" else error.zh,
            "typed": request.POST if error else {},
        }
        status = error.status if error else 200
        return TemplateResponse(request, "admin/services/regression.html", context, status=status)


def _act(row: Regression, form: Any, by: Actor) -> None:
    reason, at = form.get("reason", ""), now()
    acceptance = actions.Acceptance(
        form.get("law", ""), reason, form.get("expected", Regression.Expected.NOT_APPROVE)
    )
    acts: dict[str, Callable[[], Regression]] = {
        "accept": lambda: actions.accept(
            regression=row.pk, acceptance=acceptance, by=by, now=at
        ),
        "decline": lambda: actions.decline(regression=row.pk, reason=reason, by=by, now=at),
        "ask": lambda: actions.ask_retirement(regression=row.pk, reason=reason, by=by, now=at),
        "retire": lambda: actions.retire(regression=row.pk, by=by, now=at),
        "keep": lambda: actions.keep(regression=row.pk, reason=reason, by=by, now=at),
    }  # fmt: skip
    act = acts.get(form.get("action", ""))
    if act is None:
        zh, en = "没有这个操作", "There is no such action."
        raise ActionRejected("no_such_action", zh, en, status=422)
    act()


def _conditions(row: Regression) -> list[Explanation]:
    """The conditions as the edition that erred judges them, in words, with the masked values."""
    book = catalogue.rulebook(row.edition_id)
    verdict = pack_tests.judge_facts(book, row.facts, pack_tests.expecting(row.expected))
    return explain(book, verdict.payload(), language(), officer=True)


def _fact(book: Any, name: str) -> str:
    fact = book.facts.get(name)
    return name if fact is None else cast(str, getattr(fact, _lang()))


def _editions(row: Regression) -> Iterator[Line]:
    """The edition that erred and all later ones, then what is proposed and not published."""
    in_force = catalogue.current(row.service_id, city_date(now()))
    rows = Edition.objects.filter(service=row.service_id, number__gte=row.edition.number)
    for edition in rows.order_by("number"):
        name = str(edition)
        if in_force is not None and edition.pk == in_force.pk:
            name = " · ".join([name, gettext("in force")])
        yield _line(name, judging.judged(catalogue.rulebook(edition), row))
    for proposal in Proposal.objects.filter(service=row.service_id, edition=None):
        try:
            book = load(proposal.source, f"{row.service_id}.yaml", city=settings.CITY)
        except SourceError:
            continue  # the city has changed since: its own page says so
        yield _line(
            gettext("proposal %(number)s") % {"number": proposal.pk}, judging.judged(book, row)
        )


def _line(name: str, one: judging.Judged) -> Line:
    tone, words = RESULTS[one.result]
    return Line(name, tone, str(words), ", ".join(one.lacking))


def _lang() -> str:
    return "en" if language().startswith("en") else "zh"


def front(user: User) -> list[tuple[str, int, str, str]]:
    """A legal officer's numbers on the desk's first page: label, count, address, tone."""
    page = reverse(f"{PAGE}_changelist")
    cases, unjudged = _waiting(user), _unjudged()
    label = gettext("Regression cases that no edition in force can judge")
    accepted = f"{page}?state__exact={State.ACCEPTED}"
    return [
        (gettext("Regression cases to settle"), cases, page, "wait" * bool(cases)),
        (label, unjudged, accepted, "wait" * bool(unjudged)),
    ]


def _waiting(user: User) -> int:
    """How many cases a legal officer can do something about now, for the desk's first page."""
    by = officer(user)
    open_ = Regression.objects.filter(state=State.PROPOSED)
    asked = Regression.objects.filter(state=State.ACCEPTED, retirement_asked_at__isnull=False)
    return sum(actions.may_settle(row, by) for row in open_) + sum(
        actions.may_retire(row, by) for row in asked.select_related("retirement_asked_by")
    )


def _unjudged() -> int:
    """How many accepted cases the editions in force cannot judge: each is to be retired."""
    count = 0
    rows = Regression.objects.filter(state=State.ACCEPTED)
    for code in rows.order_by("service").values_list("service", flat=True).distinct():
        edition = catalogue.current(code, city_date(now()))
        if edition is not None:
            found = judging.against(catalogue.rulebook(edition))
            count += sum(one.result is Result.UNJUDGED for one in found)
    return count
