"""Applications taken at a counter: the list, taking one, and its slip to print."""

from typing import Any, cast

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.admin import ModelAdmin
from unfold.decorators import display

from approvals import queries
from approvals.documents import listing
from approvals.models import Application, Intake
from approvals.states import DocumentKind
from counter import actions as appointments
from counter import arrivals
from counter.admin import arriving
from ledger.clock import city_date, now
from materials import responses
from materials.models import Material
from materials.queries import shown
from people import actors, identity, roles
from people.language import in_language, language
from people.models import Reading, User
from people.traces import read_at_desk
from portal import applying, correcting, forms, sheets
from portal.problems import Problem
from portal.templatetags.portal import moment as shown_moment
from services import catalogue

NAME = "admin:approvals_intake"
TAKERS = frozenset({User.Role.CLERK})


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)  # the desk admits no other


class IntakeAdmin(ModelAdmin):
    """Nothing is changed here: what is taken is written once."""

    list_display = ("shown_number", "shown_service", "shown_applicant", "shown_acting",
                    "shown_counter", "shown_officer", "shown_at", "shown_state")  # fmt: skip
    list_display_links = ("shown_number",)
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
        return row.application.number

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
        return arriving.place(row.counter)

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
        correct = self.admin_site.admin_view(never_cache(self.correct_view))
        corrected = self.admin_site.admin_view(never_cache(self.corrected_view))
        document = self.admin_site.admin_view(never_cache(self.document_view))
        pages = [
            path("take/<slug:code>/", take, name="approvals_intake_take"),
            path("correct/", correct, name="approvals_intake_correct"),
            path("correct/<slug:number>/", corrected, name="approvals_intake_corrected"),
            *self._material_urls(),
            path("<uuid:pk>/documents/<uuid:key>/", document, name="approvals_intake_document"),
        ]
        return pages + super().get_urls()

    def _material_urls(self) -> list[Any]:
        """What the pages of a form lead to where it has files."""
        at = "materials/<uuid:key>/"
        views = (
            (at, self.material_view, "material"),
            (f"{at}<int:page>.jpg", self.material_page_view, "material_page"),
            (f"{at}file/", self.material_file_view, "material_file"),
        )
        return [
            path(route, self.admin_site.admin_view(view), name=f"approvals_intake_{name}")
            for route, view, name in views
        ]

    def material_view(self, request: HttpRequest, key: Any) -> HttpResponse:
        """One file that the officer has taken in, or that a case of theirs has."""
        page = {
            "file": shown(self._material(request, key)),
            "base": "counter/base.html",
            "page_view": f"{NAME}_material_page",
            "file_view": f"{NAME}_material_file",
        }
        return render(request, "portal/material.html", page)

    def material_page_view(self, request: HttpRequest, key: Any, page: int) -> HttpResponse:
        return responses.page(self._material(request, key), page)

    def material_file_view(self, request: HttpRequest, key: Any) -> HttpResponse:
        return responses.file(self._material(request, key))

    def _material(self, request: HttpRequest, key: Any) -> Material:
        found = queries.material(key, self._taker(request))
        if found is None:
            raise Http404
        for number in queries.cases_with(found, self._taker(request)):
            read_at_desk(request, Reading.Kind.CASE, number)
        return found

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """GET: who came, for what. POST: the form of the service, as the portal has it."""
        by = self._taker(request)
        moment = now()
        counters = settings.CITY.counters_of(by.office, by.region)
        books = arriving.books_of(counters, moment)
        if not counters:
            raise PermissionDenied("This office has no counter.")
        form = arrivals.form(books, counters)
        if request.method != "POST":
            first = {"counter": counters[0].code} if len(counters) == 1 else {}
            return self._ask(request, form, {**first, **_booked(request, by)}, [])
        answers = forms.parse(form, request.POST)
        arrival, book, problems = arriving.arrived(form, answers, (books, counters), by, moment)
        if arrival is None or book is None:
            return self._ask(request, form, answers, problems)
        return applying.begin(request, book, self._entry(arrival, by), moment)

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
        entry = self._entry(arrival, by)
        return applying.go_on(request, catalogue.rulebook(edition), entry, moment)

    def _taker(self, request: HttpRequest) -> actors.Actor:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return actors.officer(_user(request))

    def correct_view(self, request: HttpRequest) -> HttpResponse:
        """GET: who came, for which returned case. POST: what its return has opened."""
        by = self._taker(request)
        moment = now()
        counters = settings.CITY.counters_of(by.office, by.region)
        if not counters:
            raise PermissionDenied("This office has no counter.")
        form = arrivals.form_of_correction(counters)
        if request.method != "POST":
            first = {"counter": counters[0].code} if len(counters) == 1 else {}
            first["case"] = request.GET.get("case", "")[:40]
            return self._ask(request, form, first, [], "correct")
        answers = forms.parse(form, request.POST)
        arrival, case, problems = arriving.returned(form, answers, counters, by, moment)
        if arrival is None or case is None:
            return self._ask(request, form, answers, problems, "correct")
        return self._correct(request, case, arrival, by, is_first=True)

    def corrected_view(self, request: HttpRequest, number: str) -> HttpResponse:
        """The pages after the first: each carries who came."""
        by = self._taker(request)
        arrival = arrivals.read(request.POST.get(arrivals.FIELD, ""), by)
        if arrival is None or arrival.case != number:
            return redirect(f"{NAME}_correct")
        case = arriving.case_of(number, arrival.applicant.number)
        return self._correct(request, case, arrival, by, is_first=False)

    def _correct(
        self,
        request: HttpRequest,
        case: Application,
        arrival: arrivals.Arrival,
        by: actors.Actor,
        *,
        is_first: bool,
    ) -> HttpResponse:
        read_at_desk(request, Reading.Kind.CASE, case.number)
        address = reverse(f"{NAME}_corrected", args=[case.number])
        entry = arriving.entry(arrival, by, address, _slip_of)
        response = correcting.answer(request, case, entry, now(), is_first=is_first)
        response["Cache-Control"] = "no-store"
        return response

    def _entry(self, arrival: arrivals.Arrival, by: actors.Actor) -> applying.EntryPoint:
        address = reverse(f"{NAME}_take", args=[arrival.service])
        return arriving.entry(arrival, by, address, _slip_of)

    def _ask(
        self,
        request: HttpRequest,
        form: dict[str, Any],
        values: dict[str, Any],
        problems: list[Problem],
        section: str = "take",
    ) -> HttpResponse:
        errors = {p.pointer: p.text for p in problems}
        page = {
            "fields": forms.fields(form, values, language(), errors),
            "problems": problems,
            "section": section,
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


def accepted(case: Application) -> list[listing.Entry]:
    """Return the notice of acceptance, once there is one."""
    return [e for e in listing.of_case(case) if e.kind == DocumentKind.ACCEPTANCE]


def _slip_of(case: Application) -> str:
    """Return the address of the slip of what was handed in last at a counter."""
    last = Intake.objects.filter(application=case).order_by("-round").values_list("pk", flat=True)
    found = last.first()
    return reverse(f"{NAME}_change", args=[found]) if found else reverse(f"{NAME}_changelist")


def _booked(request: HttpRequest, by: actors.Actor) -> dict[str, Any]:
    """Return what an appointment says already; the number is read from the card that is shown."""
    key = request.GET.get("appointment", "")
    found = appointments.at_counter(key, by) if key else None
    if found is None:
        return {}
    return {"service": found.service_id, "counter": found.counter, "name": found.citizen.name}
