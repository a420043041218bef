"""What a draft would do to past cases, for those who keep the rules: counts, no case numbers.

They see no cases at the desk, and a number beside a condition would say something of a person.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from approvals.records import backtest
from city.errors import SourceError
from ledger.clock import city_date, now
from people.language import language
from people.models import User
from services import catalogue
from services.edition import load
from services.explain import requirements_in_words
from services.playground import OUTCOMES
from services.rulebook import Rulebook

MOST = 50_000  # cases while a request waits: seconds; more is the command's (docs/packs.md)


@dataclass(frozen=True, slots=True)
class Row:
    """One change of outcome in words; ``why``: (a condition's words, cases)."""

    live: tuple[str, str]  # outcome, in words
    draft: tuple[str, str]
    cases: int
    why: list[tuple[str, int]]


def backtest_view(request: HttpRequest) -> HttpResponse:
    """Judge the decided cases by the draft in ``text`` and by the edition in force.

    A draft can ask about one person by their facts, so a technical officer, who sees nobody's data,
    has no such page.
    """
    user = request.user
    technical = getattr(user, "role", "") == User.Role.TECHNICAL
    if technical or not user.has_perm("services.view_edition"):
        raise PermissionDenied
    if request.method != "POST":
        return redirect("admin:services_edition_playground")
    context = {**admin.site.each_context(request), "title": _("Past cases")}
    try:
        draft = load(
            request.POST.get("text", "").replace("\r\n", "\n"), "draft.yaml", city=settings.CITY
        )
        context |= _found(draft, language())
    except SourceError as error:
        context["faults"] = error.all()
    except backtest.TooMany as error:
        context["too_many"] = error.cases
    return TemplateResponse(request, "admin/approvals/backtest.html", context)


def _found(draft: Rulebook, language: str) -> dict[str, Any]:
    day = city_date(now())
    edition = catalogue.current(draft.code, day)
    if edition is None:
        return {"unknown": draft.code}
    live = catalogue.rulebook(edition.pk)
    report = backtest.run(live, draft, most=MOST, examples=0)
    words = {
        **{item: one.zh if language == "zh" else one.en for item, one in draft.consents.items()},
        **requirements_in_words(live, day, language),
        **requirements_in_words(draft, day, language),
    }
    labels = {name: f.zh if language == "zh" else f.en for name, f in draft.facts.items()}
    rows = [
        Row(
            (before, OUTCOMES[before][language != "zh"]),
            (after, OUTCOMES[after][language != "zh"]),
            move.cases,
            [(words.get(id_, id_), cases) for id_, cases in move.conditions.most_common()],
        )
        for (before, after), move in sorted(report.moves.items())
    ]
    unheld = [(labels[name], cases) for name, cases in report.unheld.items()]
    return {"edition": edition, "report": report, "rows": rows, "unheld": unheld}
