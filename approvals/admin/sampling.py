"""Re-reviews at the desk: a reviewer's page, which is blind until answered; findings; rates."""

from typing import Any, cast

import orjson
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from approvals import words
from approvals.admin.casefile import sources, values
from approvals.admin.concealed import concealed, names_in
from approvals.admin.sampling_rates import shown
from approvals.models import Evidence, SampleDraw, SampleFinding, SampleReview
from approvals.sampling import rates, reviewing
from approvals.states import Outcome
from certificates.admin.desk import CertificateAdmin
from certificates.admin.filings import FilingAdmin
from certificates.models import Certificate, Filing, Revocation
from ledger.clock import now
from people import actors
from people.errors import ActionRejected
from people.language import language
from people.models import Reading, User
from people.roles import FINDERS, RATES, REVIEWERS
from people.traces import read_at_desk
from services import catalogue
from services.explain import explain

Role = User.Role
REVIEW, FINDING = "admin:approvals_samplereview", "admin:approvals_samplefinding"


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)  # the desk admits no other


def _problem(error: ActionRejected | None) -> str:
    return "" if error is None else error.en if language() == "en" else error.zh


class _Shown(ModelAdmin):
    """Nothing is added, changed or deleted by Django's own forms."""

    roles: frozenset[User.Role] = frozenset()
    actions = None
    list_per_page = 50
    show_full_result_count = False
    list_filter_sheet = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and _user(request).role in self.roles)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        raise Http404

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        raise Http404

    def found(self, request: HttpRequest, object_id: Any) -> Any:
        """The row, if it is within the reader's sight; else there is none."""
        if not self.has_view_permission(request):
            raise Http404
        found = self.get_object(request, str(object_id))
        if found is None:
            raise Http404
        return found

    def answer(
        self, request: HttpRequest, template: str, title: str, error: Any, **more: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "problem": _problem(error),
            "typed": request.POST if error else {},
            "ticked": request.POST.getlist("condition") if error else [],
            **more,
        }
        name = f"admin/approvals/sampling/{template}.html"
        return TemplateResponse(request, name, context, status=error.status if error else 200)


class ReviewAdmin(_Shown):
    """A clerk sees their own reviews; an auditor all of them, masked and not blind."""

    roles = REVIEWERS
    list_display = ("shown_case", "shown_service", "shown_month", "shown_reviewer", "shown_answer")
    ordering = ("-answered_at", "draw", "place")  # what is open first: PostgreSQL's nulls
    list_select_related = ("draw", "application", "reviewer")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SampleReview]:
        user, rows = _user(request), SampleReview.objects.order_by(*self.ordering)
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
            by = actors.officer(_user(request))
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
        audits = _user(request).role == Role.AUDITOR
        book = catalogue.rulebook(decision.edition_id)
        rows = Evidence.objects.filter(application=case, round=decision.round)
        rows = rows.order_by("registry", "subject")
        people = sources.people(case, book)
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


class FindingAdmin(_Shown):
    """Findings of the office, to be settled by a second officer; the pack's test of each."""

    roles = FINDERS
    list_display = ("shown_service", "shown_month", "shown_conditions", "shown_state", "shown_test")
    ordering = ("-found_at",)
    list_select_related = ("review__draw", "review__application", "review__decision", "found_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SampleFinding]:
        user, rows = _user(request), SampleFinding.objects.order_by(*self.ordering)
        if user.role == Role.AUDITOR:
            return rows
        if user.role == Role.POLICY:
            return rows.filter(confirmed=True)
        rows = rows.filter(review__application__office=user.office_id)
        return rows.filter(review__application__region=user.region_id) if user.region_id else rows

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        return None if _user(request).role == Role.POLICY else ("shown_service",)

    @display(description=_("Service"))
    def shown_service(self, finding: SampleFinding) -> str:
        book = catalogue.rulebook(finding.review.decision.edition_id)
        return f"{book.pack.name[language()]} v{book.number}"

    @display(description=_("Month"))
    def shown_month(self, finding: SampleFinding) -> str:
        return str(finding.review.draw)

    @display(description=_("Conditions that are not met"))
    def shown_conditions(self, finding: SampleFinding) -> str:
        review = finding.review
        book = catalogue.rulebook(review.decision.edition_id)
        lines = words.conditions(book, review.application.as_of)
        named = [line.words for line in lines if line.id in review.conditions]
        return "; ".join(named) or str(_("a condition that the edition does not have"))

    @display(
        description=_("State"),
        label={"open": "warning", "confirmed": "danger", "dismissed": "success"},
    )
    def shown_state(self, finding: SampleFinding) -> tuple[str, Any]:
        if finding.confirmed is None:
            return "open", _("Waits for a second officer")
        if finding.confirmed:
            return "confirmed", _("Confirmed: a false approval")
        return "dismissed", _("Dismissed")

    @display(description=_("Test case for the pack"))
    def shown_test(self, finding: SampleFinding) -> Any:
        if not finding.test:
            return "–"
        address = reverse(f"{FINDING}_test", args=[finding.pk])
        return format_html('<a href="{}">YAML</a>', address)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<uuid:pk>/do/", view(self.action_view), name="approvals_samplefinding_do"),
            path("<uuid:pk>/test.yaml", view(self.test), name="approvals_samplefinding_test"),
            *super().get_urls(),
        ]

    def test(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Download the test case: without names and numbers, so for policy officers, too."""
        finding = self.found(request, pk)
        if not finding.test:
            raise Http404
        service = finding.review.application.service_id
        return HttpResponse(
            finding.test,
            content_type="application/yaml; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{service}-{finding.review.draw}-'
                f'{finding.review.place + 1}.yaml"'
            },
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self.page(request, self.found(request, object_id))

    def action_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        finding = self.found(request, pk)
        if request.method != "POST":
            return redirect(f"{FINDING}_change", pk)
        form = request.POST
        settlement = reviewing.Settlement(
            form.get("action") == "confirm", form.get("reason", ""), form.get("ground", "")
        )
        try:
            if form.get("action") not in ("confirm", "dismiss"):
                raise ActionRejected(
                    "no_such_action", "没有这个操作", "There is no such action.", status=422
                )
            by = actors.officer(_user(request))
            reviewing.settle(finding=finding.pk, settlement=settlement, by=by, now=now())
        except ActionRejected as error:
            return self.page(request, self.found(request, pk), error)
        self.message_user(request, _("Recorded, with your name."))
        return redirect(f"{FINDING}_change", pk)

    def page(
        self, request: HttpRequest, finding: SampleFinding, error: ActionRejected | None = None
    ) -> HttpResponse:
        user, review = _user(request), finding.review
        if user.role == Role.POLICY:
            raise Http404  # sees no cases: the test case holds what a rule needs
        case = review.application
        read_at_desk(request, Reading.Kind.CASE, case.number)
        texts: Any = {
            "reason": review.reason,
            "note": finding.note,
            "applicant": case.applicant_name,
        }
        if user.role == Role.AUDITOR:
            texts = concealed(texts, frozenset({case.applicant_name, *names_in(case.answers)}))
        return self.answer(
            request, "finding", case.number, error,
            finding=finding, texts=texts, case=case, service=self.shown_service(finding),
            conditions=self.shown_conditions(finding), state=self.shown_state(finding),
            may=user.role == Role.CLERK and finding.confirmed is None
            and finding.found_by_id != user.pk,
            grounds=Revocation.Ground.choices,
            ground=dict(Revocation.Ground.choices).get(finding.ground, ""),
            certificate=Certificate.objects.filter(application=case.number).first(),
        )  # fmt: skip


class RatesAdmin(_Shown):
    """How often automatic approvals were false: one page instead of a list of draws."""

    roles = RATES

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            return cast(HttpResponse, super().changelist_view(request, extra_context))
        user = _user(request)
        office = (user.office_id or "") if user.role == Role.SUPERVISOR else ""
        found = rates.report(office=office)
        draws = SampleDraw.objects.order_by("-month")
        return self.answer(
            request, "rates", str(_("Re-review: how often automatic approvals were false")), None,
            report=found, rows=shown(found), draws=draws[:12],
            findings=reverse(f"{FINDING}_changelist"),
        )  # fmt: skip

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise Http404
        return redirect("admin:approvals_sampledraw_changelist")


def _blind(request: HttpRequest) -> QuerySet[SampleReview, str]:
    """Numbers of the cases that the officer looks at again and has not answered."""
    open_ = SampleReview.objects.filter(reviewer=_user(request), answered_at=None)
    return open_.values_list("application__number", flat=True)


class BlindCertificates(CertificateAdmin):
    """A reviewer sees no certificate of a case whose outcome they do not know yet."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Certificate]:
        return super().get_queryset(request).exclude(application__in=_blind(request))


class BlindFilings(FilingAdmin):
    def get_queryset(self, request: HttpRequest) -> QuerySet[Filing]:
        found = super().get_queryset(request)
        return found.exclude(certificate__application__in=_blind(request))
