"""Applications taken at a counter: the list, taking one, and its slip to print."""

import datetime
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.admin import ModelAdmin
from unfold.decorators import display

from approvals import queries
from approvals.actions import Presence, applicants, intakes
from approvals.documents import listing
from approvals.models import Application, Intake
from approvals.rows.intakes import WINDOW, Acting
from approvals.states import DocumentKind
from city.model import Counter
from counter import actions as appointments
from counter import arrivals, kinship
from ledger.clock import city_date, now
from people import actors, identity, roles
from people.errors import ActionRejected
from people.language import in_language, language
from people.models import Reading, User
from people.traces import read_at_desk
from portal import applying, forms, sheets
from portal.problems import Problem, from_refusal
from portal.templatetags.portal import moment as shown_moment
from services import catalogue
from services.rulebook import Rulebook

NAME = "admin:approvals_intake"
TAKERS = frozenset({User.Role.CLERK})


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)  # the desk admits no other


class IntakeAdmin(ModelAdmin):
    """Nothing is changed here: what is taken is written once."""

    list_display = ("shown_number", "shown_service", "shown_applicant", "shown_acting",
                    "shown_counter", "shown_officer", "shown_at", "shown_state")  # fmt: skip
    list_display_links = None
    ordering = ("-at", "-id")
    actions = None
    list_per_page = 50
    show_full_result_count = False
    list_select_related = ("application", "officer")

    # who sees what: the counters of one's own office; an auditor all of them, masked

    def get_queryset(self, request: HttpRequest) -> QuerySet[Intake]:
        user = _user(request)
        rows = Intake.objects.annotate(is_masked=Value(roles.reads_masked(user.role)))
        rows = rows.order_by(*self.ordering)
        if user.person:  # nobody reads at the desk what is their own (回避)
            rows = rows.exclude(application__applicant=user.person)
            rows = rows.exclude(representative=user.person)
        if user.role == User.Role.AUDITOR:
            return rows
        places = [
            c.code for c in settings.CITY.counters_of(user.office_id or "", user.region_id or "")
        ]
        return rows.filter(office_id=user.office_id, counter__in=places)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and _user(request).role in roles.CERTIFICATES)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and _user(request).role in TAKERS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # the list

    @display(description=_("Reference"))
    def shown_number(self, row: Intake) -> str:
        address = reverse(f"{NAME}_change", args=[row.pk])
        return format_html('<a href="{}">{}</a>', address, row.application.number)

    @display(description=_("Service"))
    def shown_service(self, row: Intake) -> str:
        return in_language(catalogue.rulebook(row.application.edition_id).pack.name)

    @display(description=_("Applicant"))
    def shown_applicant(self, row: Intake) -> str:
        return name_for(row, row.application.applicant_name)

    @display(description=_("Handed in by"))
    def shown_acting(self, row: Intake) -> str:
        return row.get_acting_display()

    @display(description=_("Counter"))
    def shown_counter(self, row: Intake) -> str:
        return place(row.counter)

    @display(description=_("Officer"))
    def shown_officer(self, row: Intake) -> str:
        return row.officer.get_full_name()

    @display(description=_("Time"))
    def shown_at(self, row: Intake) -> Any:
        return shown_moment(row.at)

    @display(description=_("State"))
    def shown_state(self, row: Intake) -> str:
        return str(row.application.face.word)

    # taking one

    def get_urls(self) -> list[Any]:
        take = self.admin_site.admin_view(never_cache(self.take_view))
        document = self.admin_site.admin_view(never_cache(self.document_view))
        pages = [
            path("take/<slug:code>/", take, name="approvals_intake_take"),
            path("<uuid:pk>/documents/<uuid:key>/", document, name="approvals_intake_document"),
        ]
        return pages + super().get_urls()

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """GET: who came, for what. POST: the form of the service, as the portal has it."""
        by = self._taker(request)
        moment = now()
        counters = settings.CITY.counters_of(by.office, by.region)
        books = _books(counters, moment)
        if not counters:
            raise PermissionDenied("This office has no counter.")
        form = arrivals.form(books, counters)
        if request.method != "POST":
            first = {"counter": counters[0].code} if len(counters) == 1 else {}
            return self._ask(request, form, {**first, **_booked(request, by)}, [])
        answers = forms.parse(form, request.POST)
        arrival, book, problems = _arrived(form, answers, (books, counters), by, moment)
        if arrival is None or book is None:
            return self._ask(request, form, answers, problems)
        return applying.begin(request, book, self._entry(request, arrival, by), moment)

    def take_view(self, request: HttpRequest, code: str) -> HttpResponse:
        """The pages after the first: each carries who came."""
        by = self._taker(request)
        arrival = arrivals.read(request.POST.get(arrivals.FIELD, ""), by)
        if arrival is None or arrival.service != code:
            return redirect(f"{NAME}_add")
        moment = now()
        edition = catalogue.current(code, city_date(moment))
        if edition is None:
            raise Http404
        entry = self._entry(request, arrival, by)
        return applying.go_on(request, catalogue.rulebook(edition), entry, moment)

    def _taker(self, request: HttpRequest) -> actors.Actor:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return actors.officer(_user(request))

    def _entry(
        self, request: HttpRequest, arrival: arrivals.Arrival, by: actors.Actor
    ) -> applying.EntryPoint:
        return applying.EntryPoint(
            by=by,
            applicant=arrival.applicant,
            address=reverse(f"{NAME}_take", args=[arrival.service]),
            done=_slip_of,
            channel=WINDOW,
            purpose="counter",
            base="counter/base.html",
            head="counter/head.html",
            carried=((arrivals.FIELD, arrivals.carry(arrival, by)),),
            presence=arrival.presence,
            words={"counter": place(arrival.presence.counter), "proxy": _proxy(arrival.presence)},
        )

    def _ask(
        self,
        request: HttpRequest,
        form: dict[str, Any],
        values: dict[str, Any],
        problems: list[Problem],
    ) -> HttpResponse:
        errors = {p.pointer: p.text for p in problems}
        page = {
            "fields": forms.fields(form, values, language(), errors),
            "problems": problems,
            "officer": _user(request).get_full_name(),
        }
        return render(request, "counter/arrival.html", page, status=422 if problems else 200)

    # the slip

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What whoever came takes home: what was taken, when, by whom, and what follows."""
        row = self._found(request, object_id)
        case = row.application
        read_at_desk(request, Reading.Kind.CASE, case.number)
        book = catalogue.rulebook(case.edition_id)
        page = {
            "row": row,
            "case": case,
            "is_masked": roles.reads_masked(_user(request).role),
            "applicant": name_for(row, case.applicant_name),
            "number": identity.mask(identity.decrypt(bytes(case.applicant_number))),
            "representative": name_for(row, row.representative_name),
            "counter": settings.CITY.counters.get(row.counter),
            "sheet": sheets.sheet(book, city_date(row.at)),
            "documents": accepted(case),
            "may_open": queries.visible_to(actors.officer(_user(request)))
            .filter(pk=case.pk)
            .exists(),
        }
        response = render(request, "counter/slip.html", page)
        response["Cache-Control"] = "no-store"
        return response

    def document_view(self, request: HttpRequest, pk: Any, key: Any) -> HttpResponse:
        """The notice of acceptance; another document of the case is not a counter's to hand out."""
        row = self._found(request, str(pk))
        if roles.reads_masked(_user(request).role):
            raise Http404
        if key not in {entry.key for entry in accepted(row.application)}:
            raise Http404
        read_at_desk(request, Reading.Kind.CASE, row.application.number)
        return listing.response(row.application, key, now())

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        raise Http404

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        raise Http404

    def _found(self, request: HttpRequest, object_id: str) -> Intake:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row: Intake | None = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return row


def name_for(row: Any, name: str) -> str:
    """Return a name as the reader of a row may see it (``is_masked`` of its queryset)."""
    return identity.mask_name(name) if row.is_masked else name


def place(code: str) -> str:
    """Return what a counter is called; of one that the city has no more, its code."""
    return in_language(settings.CITY.counters.get(code)) or code


def _proxy(presence: Presence) -> str:
    """Return who acts for the applicant, in words; nothing where the applicant came."""
    acts = presence.representative
    if acts is None:
        return ""
    return f"{Acting(presence.acting).label}: {acts.name} {identity.mask(acts.number)}"


def accepted(case: Application) -> list[listing.Entry]:
    """Return the notice of acceptance, once there is one."""
    return [e for e in listing.of_case(case) if e.kind == DocumentKind.ACCEPTANCE]


def _slip_of(case: Application) -> str:
    return reverse(
        f"{NAME}_change", args=[Intake.objects.values_list("pk", flat=True).get(application=case)]
    )


def _books(counters: list[Counter], moment: datetime.datetime) -> list[Rulebook]:
    """Return the services that any of the counters takes and that are open today."""
    books = catalogue.all_current(city_date(moment))
    return [book for book in books if any(c.takes(book.code) for c in counters)]


def _booked(request: HttpRequest, by: actors.Actor) -> dict[str, Any]:
    """Return what an appointment says already; the number is read from the card that is shown."""
    key = request.GET.get("appointment", "")
    found = appointments.at_counter(key, by) if key else None
    if found is None:
        return {}
    return {"service": found.service_id, "counter": found.counter, "name": found.citizen.name}


def _arrived(
    form: dict[str, Any],
    answers: dict[str, Any],
    offered: tuple[list[Rulebook], list[Counter]],
    by: actors.Actor,
    moment: datetime.datetime,
) -> tuple[arrivals.Arrival | None, Rulebook | None, list[Problem]]:
    """Return who came for which service, or what is wrong with what was entered.

    ``offered``: the services and the counters of the form.
    """
    books, counters = offered
    questions = forms.fields(form, answers, language())
    missing = [
        Problem(f.pointer, f"{f.label}: {gettext('please answer')}", f.id)
        for f in questions
        if f.required and answers.get(f.pointer[1:]) in (None, "", False)
    ]
    book = next((b for b in books if b.code == answers.get("service")), None)
    if missing or book is None:
        return None, None, missing or [Problem("/service", gettext("Please choose"), "f-service")]
    arrival = arrivals.entered(answers, book, moment)
    if all(c.code != arrival.presence.counter for c in counters if c.takes(book.code)):
        text = gettext("Please choose a counter that takes this service")
        return None, None, [Problem("/counter", text, "f-counter")]
    try:
        number = applicants.require(arrival.applicant, book, city_date(moment))
        party = (arrival.applicant.kind, number)
        intakes.require(arrival.presence, book.code, party, by, moment)
        seen = kinship.confirmed(arrival.presence, number, book.code, by=by, now=moment)
    except ActionRejected as error:
        problem = from_refusal(error)
        pointer = arrivals.pointer(error.field)
        shown = next((f for f in questions if f.pointer == pointer), None)
        if shown is not None:
            problem = Problem(pointer, problem.text, shown.id)
        return None, None, [problem]
    return arrivals.Arrival(book.code, arrival.applicant, seen), book, []
