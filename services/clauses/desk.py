"""Amended clauses on the desk: what a policy officer has to look at."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import admin
from django.forms import CharField, ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from city import laws
from ledger import clock
from people import text as people_text
from people.actors import officer
from people.errors import ActionRejected
from people.language import language
from people.models import User
from services import catalogue
from services.clauses import rules, tasks
from services.difference.labels import PARTS
from services.models import ClauseTask


class SettleForm(ModelForm):
    """Why the rule stays as it is although its clause says something else."""

    reason = CharField(
        label=_("The rule stays, because"), max_length=400, widget=UnfoldAdminTextareaWidget
    )

    def clean_reason(self) -> str:
        try:
            return people_text.reason(self.cleaned_data["reason"], longest=400)
        except ActionRejected as error:
            words = error.en if language() == "en" else error.zh
            self.add_error("reason", words)
            return ""


@admin.register(ClauseTask)
class ClauseTasks(ModelAdmin):
    """Opened by the register of laws; settled with a reason, or by a later edition."""

    actions = None
    form = SettleForm
    list_display = ("amended_on", "service", "citation", "shown_rule", "shown_state")
    list_filter = ("service", ("settled_at", admin.EmptyFieldListFilter))
    list_select_related = ("service", "edition", "settled_by_edition")
    ordering = ("settled_at", "amended_on", "service", "rule")
    fields = (
        "service",
        "edition",
        "citation",
        "shown_clause",
        "amended_on",
        "shown_rule",
        "opened_at",
        "shown_state",
        "reason",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_open = obj is None or obj.settled_at is None
        return is_open and super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return tuple(name for name in self.fields if name != "reason")

    @display(description=_("What it says"))
    def shown_clause(self, task: ClauseTask) -> str:
        found = (c for c in laws.clauses(settings.CITY.laws) if c.id == task.clause)
        clause = next(found, None)
        if clause is None:
            return "–"
        return clause.en if language().startswith("en") else clause.zh

    @display(description=_("Rule"))
    def shown_rule(self, task: ClauseTask) -> str:
        english = language().startswith("en")
        part = PARTS[task.rule.partition(":")[0]][english]
        for rule in rules.rules(catalogue.rulebook(task.edition_id)):
            if rule.key == task.rule:
                return f"{part}{': ' if english else '：'}{rule.en if english else rule.zh}"
        return task.rule

    @display(description=_("State"))
    def shown_state(self, task: ClauseTask) -> str:
        if task.settled_by_edition is not None:
            return str(_("Changed by %(edition)s") % {"edition": task.settled_by_edition})
        return str(_("Unchanged") if task.settled_at else _("To be looked at"))

    def save_model(self, request: HttpRequest, obj: ClauseTask, form: Any, change: bool) -> None:
        """Not saved as a row: settling is an action with its event."""
        by = officer(cast(User, request.user))
        tasks.settle(obj.pk, by=by, now=clock.now(), reason=form.cleaned_data["reason"])
