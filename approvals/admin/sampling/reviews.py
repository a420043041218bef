"""A reviewer's list and page, which is blind until it is answered."""

from typing import Any

import orjson
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from approvals import words
from approvals.admin.casefile import sources, values
from approvals.admin.concealed import concealed
from approvals.admin.sampling.shown import REVIEW, Role, Shown, user_of
from approvals.models import Evidence, SampleFinding, SampleReview
from approvals.sampling import reviewing
from approvals.states import Outcome
from ledger.clock import now
from people import actors, posted
from people.errors import ActionRejected
from people.language import language
from people.masking import names_in
from people.models import Reading
from people.roles import REVIEWERS
from people.traces import read_at_desk
from services import catalogue
from services.explain import explain


class ReviewAdmin(Shown):
    """A clerk sees their own reviews; an auditor all of them, masked and not blind."""

    roles = REVIEWERS
    list_display = ("shown_case", "shown_service", "shown_month", "shown_reviewer", "shown_answer")
    ordering = ("-answered_at", "draw", "place")  # what is open first: PostgreSQL's nulls
    list_select_related = ("draw", "application", "reviewer")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SampleReview]:
        user, rows = user_of(request), SampleReview.objects.order_by(*self.ordering)
        if user.role == Role.AUDITOR:
            return rows
        # an answered one, too, is no more theirs when they or the case have gone to another office
        rows = rows.filter(reviewer=user, application__office=user.office_id)
        return rows.filter(application__region=user.region_id) if user.region_id else rows

    @display(description=_("Reference"))
    def shown_case(self, review: SampleReview) -> str:
        return review.application.number

    @display(description=_("Service"))
    def shown_service(self, review: SampleReview) -> str:
        return catalogue.rulebook(review.application.edition_id).pack.name[language()]

    @display(description=_("Month"))
    def shown_month(self, review: SampleReview) -> str:
        return str(review.draw)

    @display(description=_("Officer"))
    def shown_reviewer(self, review: SampleReview) -> str:
        user = review.reviewer
        return (user.name or user.username) if user else "–"

    @display(
        description=_("Answer"),
        label={"": "warning", "approve": "success", "reject": "danger", "unsure": "info"},
    )
    def shown_answer(self, review: SampleReview) -> tuple[str, Any]:
        return review.answer, review.get_answer_display() or _("To be answered")

    def get_urls(self) -> list[Any]:
        act = self.admin_site.admin_view(self.action_view)
        return [path("<uuid:pk>/do/", act, name="approvals_samplereview_do"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self.page(request, self.found(request, object_id))

    def action_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        review = self.found(request, pk)
        if request.method != "POST":
            return redirect(f"{REVIEW}_change", pk)
        form = request.POST
        opinion = reviewing.Opinion(
            form.get("answer", ""), form.getlist("condition"), form.get("reason", "")
        )
        try:
            posted.require_each_once(form)
            by = actors.officer(user_of(request))
            reviewing.answer(review=review.pk, opinion=opinion, by=by, now=now())
        except ActionRejected as error:
            return self.page(request, self.found(request, pk), error)
        self.message_user(request, _("Recorded. Below is what the system had found."))
        return redirect(f"{REVIEW}_change", pk)

    def page(
        self, request: HttpRequest, review: SampleReview, error: ActionRejected | None = None
    ) -> HttpResponse:
        """Show answers and evidence; the verdict only to whoever has answered, or audits."""
        case, decision, lang = review.application, review.decision, language()
        read_at_desk(request, Reading.Kind.CASE, case.number)
        audits = user_of(request).role == Role.AUDITOR
        book = catalogue.rulebook(decision.edition_id)
        rows = Evidence.objects.filter(application=case, round=decision.round)
        rows = rows.order_by("registry", "subject")
        people = sources.people(rows, case, book)
        conditions = words.conditions(book, case.as_of)
        shown: dict[str, Any] = {
            "service": book.pack.name[lang],
            "number": case.number,
            "applicant": case.applicant_name,
            "answers": values.answers(book.form, case.answers, lang),
            "sources": [sources.source(e, book, lang, people.whom(e.subject)) for e in rows],
        }
        if review.answered_at is not None or audits:
            verdict = orjson.loads(bytes(decision.receipt))["verdict"]
            lines = explain(book, verdict, lang, officer=True)
            lines.sort(key=lambda line: words.RANK.get(line.result, 9))
            shown |= {
                "lines": lines,
                "tally": words.tally(lines),
                "outcome": Outcome(decision.outcome).label,
                "reason": review.reason,
            }
        if audits:
            names = {case.applicant_name, *names_in(case.answers)}
            for row in rows:
                names |= set(names_in(orjson.loads(row.facts)))
            shown = concealed(shown, frozenset(names))
        named = [line.words for line in conditions if line.id in review.conditions]
        return self.answer(
            request, "review", case.number, error,
            review=review, file=shown, conditions=conditions, named=named, audits=audits,
            other=reviewing.OTHER, answers=SampleReview.Answer.choices,
            finding=SampleFinding.objects.filter(review=review).first(),
            case_page="" if audits else reverse("admin:approvals_application_change",
                                                args=[case.pk]),
        )  # fmt: skip
