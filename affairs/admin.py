"""Bad ratings at the desk: work orders with a deadline, which a supervisor answers in words."""

import datetime
from typing import Any, cast

from django.conf import settings
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from affairs import ratings
from affairs.models import Rating
from affairs.rows.ratings import ANSWER_LONGEST, Point
from ledger.clock import now
from people import actors, posted, roles
from people.errors import ActionRejected
from people.identity import mask_name
from people.language import in_language
from people.masking import masked
from people.models import Reading, User
from people.traces import read_at_desk
from services import catalogue

PAGE = "admin:affairs_rating_change"


def last_day(until: datetime.datetime | None) -> str:
    """Return the last day in time; deadlines are kept as the moment after."""
    if until is None:
        return ""
    local = settings.CITY.calendar.local(until - datetime.timedelta(seconds=1))
    return str(local.date().isoformat())


class RatingAdmin(ModelAdmin):
    """Nothing is written by Django's own forms."""

    list_display = ("shown_case", "shown_service", "shown_grade", "shown_due", "shown_state")
    list_per_page = 50
    show_full_result_count = False
    list_filter_sheet = False
    actions = None
    ordering = (F("answered_at").desc(nulls_first=True), "answer_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rating]:
        by = actors.officer(cast(User, request.user))
        return ratings.owed(by).order_by(*self.ordering)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.role in roles.BAD_RATINGS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        act = self.admin_site.admin_view(self.act_view)
        return [path("<uuid:key>/do/", act, name="affairs_rating_do"), *super().get_urls()]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        raise Http404

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        raise Http404

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self._page(request, self._found(request, object_id))

    def act_view(self, request: HttpRequest, key: Any) -> HttpResponse:
        """Answer, by a supervisor of the case's office."""
        row = self._found(request, key)
        if request.method != "POST":
            return redirect(PAGE, key)
        try:
            posted.require_each_once(request.POST)
            words = request.POST.get("reason", "")
            by = actors.officer(cast(User, request.user))
            ratings.answer(rating=row.pk, words=words, by=by, now=now())
        except ActionRejected as error:
            return self._page(request, row, error)
        self.message_user(request, gettext("Answered, with your name."))
        return redirect(PAGE, key)

    def _found(self, request: HttpRequest, key: Any) -> Rating:
        row = self.get_object(request, str(key)) if self.has_view_permission(request) else None
        if row is None:
            raise Http404
        return cast(Rating, row)

    def _page(
        self, request: HttpRequest, row: Rating, error: ActionRejected | None = None
    ) -> HttpResponse:
        user, case = cast(User, request.user), row.application
        read_at_desk(request, Reading.Kind.CASE, case.number)
        is_masked, name = roles.reads_masked(user.role), case.applicant_name
        texts = {"words": row.words, "answer": row.answer}
        if is_masked:
            texts = {key: masked(text, {name}) for key, text in texts.items()}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": case.number,
            "problem": in_language(error) if error else "",
            "typed": request.POST if error else {},
            "row": row,
            "case": case,
            "service": self.shown_service(row),
            "applicant": mask_name(name) if is_masked else name,
            "points": [Point(value).label for value in row.points],
            "texts": texts,
            "due": last_day(row.answer_by),
            "longest": ANSWER_LONGEST,
            "may_answer": user.role == User.Role.SUPERVISOR and row.answered_at is None,
        }
        status = error.status if error else 200
        return TemplateResponse(request, "admin/affairs/rating.html", context, status=status)

    @display(description=_("Reference"))
    def shown_case(self, row: Rating) -> str:
        return str(row.application.number)

    @display(description=_("Service"))
    def shown_service(self, row: Rating) -> str:
        return in_language(catalogue.rulebook(row.application.edition_id).pack.name)

    @display(description=_("Grade"))
    def shown_grade(self, row: Rating) -> str:
        return str(row.get_grade_display())

    @display(description=_("To be answered by"))
    def shown_due(self, row: Rating) -> str:
        return last_day(row.answer_by)

    @display(
        description=_("State"), label={"open": "warning", "over": "danger", "answered": "success"}
    )
    def shown_state(self, row: Rating) -> tuple[str, Any]:
        if row.answered_at is not None:
            return "answered", _("Answered")
        if row.answer_by is not None and row.answer_by <= now():
            return "over", _("Overdue")
        return "open", _("To be answered")


admin.site.register(Rating, RatingAdmin)
