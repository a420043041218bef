"""The columns of the list of cases. Whatever they need is in the rows: no column asks again."""

import datetime
from functools import lru_cache

from django.db.models import Value
from django.db.models.functions import Concat
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.utils import display_for_label

from approvals import words
from approvals.actions import clock
from approvals.models import Application
from approvals.review.risk import Risk, risk
from approvals.states import FACES, OPEN, State
from ledger.clock import city_date
from people.identity import mask_name
from people.language import in_language, language, mark
from people.masking import masked, names_in
from services import catalogue

TONES = {Risk.HIGH: "danger", Risk.MEDIUM: "warning", Risk.LOW: "default"}
DUE = {"over": "danger", "soon": "warning", "later": "success"}
FEW = 2  # reasons that a row has; the page of the case has all
STATES = {str(state): face.label_tone for state, face in FACES.items()}


@lru_cache(maxsize=1024)
def label(text: str, tone: str) -> SafeString:
    """Return a text as unfold's label: a template for each cell is a third of a page's time."""
    made: SafeString = display_for_label((tone, text), "-", {tone: tone})
    return made


@lru_cache(maxsize=8192)
def reasons(handover: str, edition: int, on: datetime.date, lang: str) -> tuple[str, ...]:
    """Return why a case is with an officer; editions never change, so the words are kept."""
    return tuple(words.reasons(handover, catalogue.rulebook(edition), on))


def _days_left(due: datetime.datetime, at: datetime.datetime, urgency: str | None) -> SafeString:
    """Return how many days of the calendar are left until the end of a day, or are over it."""
    left = (city_date(due - datetime.timedelta(seconds=1)) - city_date(at)).days
    if left < 0:
        over = ngettext("%(n)d day over", "%(n)d days over", -left) % {"n": -left}
        return label(over, DUE["over"])
    text = ngettext("%(n)d day left", "%(n)d days left", left) % {"n": left}
    return label(text, DUE["soon" if urgency else "later"])


class Columns:
    """``read_at`` and ``is_masked`` of a row: when it was read, and whether names are hidden."""

    # an expression, which no index gives: by that of the numbers all cases would be read in turn
    @display(description=_("Reference"), ordering=Concat("number", Value("")))
    def shown_number(self, case: Application) -> str:
        return format_html(
            '<span data-case="{}" data-version="{}">{}</span>', case.pk, case.version, case.number
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
        lines: tuple[str, ...] = ()
        if case.handover:
            lines = self._few(reasons(case.handover, case.edition_id, case.as_of, language()))
        if case.contested:
            lines = (*lines, self._contested(case)[:80])
        return mark(";").join(lines) or "–"

    @staticmethod
    def _few(lines: tuple[str, ...]) -> tuple[str, ...]:
        left = len(lines) - FEW
        if left < 2:  # one more takes no more room than to say so
            return lines
        more = ngettext("and %(n)d more", "and %(n)d more", left) % {"n": left}
        return (*lines[:FEW], more)

    @staticmethod
    def _contested(case: Application) -> str:
        if not case.is_masked:  # type: ignore[attr-defined]
            return case.contested
        return masked(case.contested, [case.applicant_name, *names_in(case.answers)])

    @display(description=_("Risk"))
    def shown_risk(self, case: Application) -> str:
        if case.state != State.REVIEW:
            return "–"
        found = risk(case.handover, case.due_at, case.read_at)  # type: ignore[attr-defined]
        return label(str(words.RISKS[found]), TONES[found])

    @display(description=_("Age"), ordering="submitted_at")
    def shown_age(self, case: Application) -> str:
        """Days of the calendar since the latest submission."""
        if case.submitted_at is None or case.state not in OPEN:
            return "–"
        read_at = case.read_at  # type: ignore[attr-defined]
        n = (city_date(read_at) - city_date(case.submitted_at)).days
        return ngettext("%(n)d day", "%(n)d days", n) % {"n": n}

    @display(description=_("Deadline"), ordering="due_at")
    def shown_due(self, case: Application) -> str:
        read_at = case.read_at  # type: ignore[attr-defined]
        if deliver_by := getattr(case, "deliver_by", None):  # of a list of what is undelivered
            return _days_left(deliver_by, read_at, clock.near(deliver_by, read_at))
        if case.due_at is None or not clock.runs(case):
            return "–"
        shown = _days_left(case.due_at, read_at, clock.urgency(case, read_at))
        if case.promised_at is None or case.promised_at == case.due_at:
            return shown
        promise = clock.promise_urgency(case, read_at)
        tone = DUE[promise or "later"]
        day = city_date(case.promised_at - datetime.timedelta(seconds=1))
        text = gettext("promised %(day)s") % {"day": day.strftime("%m-%d")}
        return format_html("{}<br>{}", shown, label(text, tone))

    @display(description=_("In the hands of"), ordering="taken_by")
    def shown_hand(self, case: Application) -> str:
        return (case.taken_by.name or case.taken_by.username) if case.taken_by else "–"

    @display(description=_("State"), ordering="state")
    def shown_state(self, case: Application) -> str:
        return label(str(case.get_state_display()), STATES[case.state])
