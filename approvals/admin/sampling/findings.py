"""Findings, which a second officer settles, and the test case of each."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from approvals import words
from approvals.admin.concealed import concealed
from approvals.admin.sampling.shown import FINDING, Role, Shown, user_of
from approvals.models import SampleFinding
from approvals.sampling import reviewing
from certificates.models import Certificate, Revocation
from ledger.clock import now
from people import actors, posted
from people.errors import ActionRejected
from people.language import language
from people.masking import names_in
from people.models import Reading
from people.roles import FINDERS
from people.traces import read_at_desk
from services import catalogue


class FindingAdmin(Shown):
    """Findings of the office, to be settled by a second officer; the pack's test of each."""

    roles = FINDERS
    list_display = ("shown_service", "shown_month", "shown_conditions", "shown_state", "shown_test")
    ordering = ("-found_at",)
    list_select_related = ("review__draw", "review__application", "review__decision", "found_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SampleFinding]:
        user, rows = user_of(request), SampleFinding.objects.order_by(*self.ordering)
        if user.role == Role.AUDITOR:
            return rows
        if user.role == Role.POLICY:
            return rows.filter(confirmed=True)
        rows = rows.filter(review__application__office=user.office_id)
        return rows.filter(review__application__region=user.region_id) if user.region_id else rows

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        return None if user_of(request).role == Role.POLICY else ("shown_service",)

    @display(description=_("Service"))
    def shown_service(self, finding: SampleFinding) -> str:
        book = catalogue.rulebook(finding.review.decision.edition_id)
        edition = _("Edition %(n)s") % {"n": book.number}
        return f"{book.pack.name[language()]} · {edition}"

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
            posted.require_each_once(form)
            if form.get("action") not in ("confirm", "dismiss"):
                raise ActionRejected(
                    "no_such_action", "没有这个操作", "There is no such action.", status=422
                )
            by = actors.officer(user_of(request))
            reviewing.settle(finding=finding.pk, settlement=settlement, by=by, now=now())
        except ActionRejected as error:
            return self.page(request, self.found(request, pk), error)
        self.message_user(request, _("Recorded, with your name."))
        return redirect(f"{FINDING}_change", pk)

    def page(
        self, request: HttpRequest, finding: SampleFinding, error: ActionRejected | None = None
    ) -> HttpResponse:
        user, review = user_of(request), finding.review
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
