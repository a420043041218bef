"""The columns of the list of cases. Whatever they need is in the rows: no column asks again."""

import datetime

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display

from approvals import words
from approvals.actions import clock
from approvals.models import Application
from approvals.risk import Risk, risk
from approvals.states import FACES, OPEN, RUNNING, State
from ledger.clock import city_date
from people.identity import mask_name
from people.language import in_language, language
from people.masking import masked
from services import catalogue


class Columns:
    """``read_at`` and ``is_masked`` of a row: when it was read, and whether names are hidden."""

    @display(description=_("Reference"), ordering="number")
    def shown_number(self, case: Application) -> str:
        return format_html(
            '<span data-case="{}" data-version="{}">{}</span>', case.pk, case.events, case.number
        )

    @display(description=_("Applicant"))
    def shown_applicant(self, case: Application) -> str:
        hidden = case.is_masked  # type: ignore[attr-defined]
        return mask_name(case.applicant_name) if hidden else case.applicant_name

    @display(description=_("Service"), ordering="service")
    def shown_service(self, case: Application) -> str:
        return catalogue.rulebook(case.edition_id).pack.name[language()]

    @display(description=_("District"), ordering="region")
    def shown_region(self, case: Application) -> str:
        return in_language(case.region) if case.region else "–"

    @display(description=_("Why it is here"))
    def shown_why(self, case: Application) -> str:
        """The reasons, and of a contested decision the applicant's words, an auditor's masked."""
        book = catalogue.rulebook(case.edition_id)
        lines = words.reasons(case.handover, book, case.as_of) if case.handover else []
        if case.contested:
            lines = [*lines, masked(case.contested, [case.applicant_name])[:80]]
        return "; ".join(lines) or "–"

    @display(
        description=_("Risk"),
        label={Risk.HIGH: "danger", Risk.MEDIUM: "warning", Risk.LOW: "default"},
    )
    def shown_risk(self, case: Application) -> tuple[Risk, str] | str:
        if case.state != State.REVIEW:
            return "–"
        found = risk(case.handover, case.due_at, case.read_at)  # type: ignore[attr-defined]
        return found, str(words.RISKS[found])

    @display(description=_("Age"), ordering="submitted_at")
    def shown_age(self, case: Application) -> str:
        """Days of the calendar since the latest submission."""
        if case.submitted_at is None or case.state not in OPEN:
            return "–"
        read_at = case.read_at  # type: ignore[attr-defined]
        n = (city_date(read_at) - city_date(case.submitted_at)).days
        return ngettext("%(n)d day", "%(n)d days", n) % {"n": n}

    @display(
        description=_("Deadline"),
        ordering="due_at",
        label={"over": "danger", "soon": "warning", "later": "success"},
    )
    def shown_due(self, case: Application) -> tuple[str, str] | str:
        if case.due_at is None or case.state not in RUNNING:
            return "–"
        last = city_date(case.due_at - datetime.timedelta(seconds=1))
        left = (last - city_date(case.read_at)).days  # type: ignore[attr-defined]
        if left < 0:
            return "over", ngettext("%(n)d day over", "%(n)d days over", -left) % {"n": -left}
        text = ngettext("%(n)d day left", "%(n)d days left", left) % {"n": left}
        tone = "soon" if clock.urgency(case, case.read_at) else "later"  # type: ignore[attr-defined]
        return tone, text

    @display(description=_("In the hands of"), ordering="taken_by")
    def shown_hand(self, case: Application) -> str:
        return (case.taken_by.name or case.taken_by.username) if case.taken_by else "–"

    @display(
        description=_("State"),
        ordering="state",
        label={state: face.label_tone for state, face in FACES.items()},
    )
    def shown_state(self, case: Application) -> tuple[str, str]:
        return case.state, case.get_state_display()
