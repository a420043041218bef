"""Pages of the desk about an edition's rules: what differs from another, the law, the picture."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from city.laws import Clause
from people.language import language
from services import catalogue
from services.clauses import rules
from services.difference import differences, exact
from services.difference.labels import PARTS
from services.models import ClauseTask, Edition
from services.picture import graph, lay_out, sheets
from services.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Shown:
    """One part that differs, in the page's language. ``lines``: (label, before, after)."""

    head: str
    kind: str
    lines: list[tuple[str, str, str]]
    affects: list[str]


@dataclass(frozen=True, slots=True)
class Cited:
    """A clause with the rules that cite it, in the page's language."""

    clause: Clause
    words: str
    note: str  # why no rule cites it
    rules: list[str]
    is_open: bool  # amended, and a rule is still to be looked at


def difference_in_words(
    old: Rulebook, new: Rulebook, on: datetime.date | None = None
) -> dict[str, Any]:
    """What ``admin/services/difference_in_words.html`` shows of two editions, or of a draft.

    ``notices``: what a citizen notices on a day, without one on the later one's first day;
    ``changes``: everything.
    """
    english = language().startswith("en")
    short = differences(old, new, on or new.in_force_from)
    return {
        "notices": [one.en if english else one.zh for one in short],
        "changes": [
            Shown(
                head=one.head[english],
                kind=one.kind,
                lines=[(x.label[english], x.old[english], x.new[english]) for x in one.lines],
                affects=[r.en if english else r.zh for r in one.affects],
            )
            for one in exact(old, new, settings.CITY)
        ],
    }


class RulePages:
    """The pages of one edition; whoever sees editions sees them."""

    def __init__(self, admin: ModelAdmin) -> None:
        self.admin = admin

    def urls(self) -> list[URLPattern]:
        view = self.admin.admin_site.admin_view
        return [
            path(
                "<int:pk>/difference/<int:other>/",
                view(self.difference),
                name="services_edition_difference",
            ),
            path("<int:pk>/clauses/", view(self.clauses), name="services_edition_clauses"),
            path("<int:pk>/picture/", view(self.picture), name="services_edition_picture"),
        ]

    def difference(self, request: HttpRequest, pk: int, other: int) -> HttpResponse:
        """What the edition ``other`` says otherwise than the edition ``pk``."""
        self._permit(request)
        rows = Edition.objects.select_related("service")
        old = get_object_or_404(rows, pk=pk)
        new = get_object_or_404(rows, pk=other, service=old.service_id)
        context = difference_in_words(catalogue.rulebook(old), catalogue.rulebook(new))
        others = Edition.objects.filter(service=old.service_id).exclude(pk=old.pk)
        context |= {"old": old, "new": new, "others": others.order_by("-number")}
        return self._page(request, "difference.html", _("Difference in words"), context)

    def clauses(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The clauses of an edition and the rules that cite them; what is left on either side."""
        self._permit(request)
        edition = get_object_or_404(Edition.objects.select_related("service"), pk=pk)
        book = catalogue.rulebook(edition)
        matched = rules.match(book, settings.CITY.laws)
        waiting = ClauseTask.objects.filter(service=edition.service_id, settled_at=None)
        tasks = set(waiting.values_list("clause", flat=True))
        context = {
            "edition": edition,
            "name": book.pack.name[_key()],
            "cited": [_cited(one, citing, tasks) for one, citing in matched.cited],
            "idle": [_cited(one, (), tasks) for one in matched.idle],
            "without": [(_rule(one), one.law, list(missing)) for one, missing in matched.open],
            "tasks": len(tasks),
        }
        return self._page(request, "clauses.html", _("Law and rule"), context)

    def picture(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The rules of an edition drawn, and the same as a table."""
        self._permit(request)
        edition = get_object_or_404(Edition.objects.select_related("service"), pk=pk)
        book = catalogue.rulebook(edition)
        drawn = graph(book, language())
        title = f"{book.pack.name[_key()]}, {edition}"
        rows = [(one, drawn.sources(one.id), drawn.targets(one.id)) for one in drawn.nodes]
        context = {
            "edition": edition,
            # made by ``services.picture.svg``, which escapes every text
            "sheets": [mark_safe(one) for one in sheets(drawn, lay_out(drawn), title)],  # noqa: S308
            "conditions": [row for row in rows if row[0].kind == "condition"],
            "inputs": [row for row in rows if row[0].kind in ("input", "figure", "table")],
        }
        return self._page(request, "picture.html", title, context)

    def _permit(self, request: HttpRequest) -> None:
        if not self.admin.has_view_permission(request):
            raise PermissionDenied

    def _page(
        self, request: HttpRequest, template: str, title: str, context: Mapping[str, Any]
    ) -> HttpResponse:
        each = self.admin.admin_site.each_context(request)
        whole = {**each, "title": title, "opts": self.admin.model._meta, **context}
        return TemplateResponse(request, f"admin/services/{template}", whole)


def _key() -> str:
    return "en" if language().startswith("en") else "zh"


def _rule(rule: rules.Rule) -> str:
    english = _key() == "en"
    colon = ": " if english else "："
    return f"{PARTS[rule.part][english]}{colon}{rule.en if english else rule.zh}"


def _cited(clause: Clause, citing: tuple[rules.Rule, ...], tasks: set[str]) -> Cited:
    english = _key() == "en"
    note = clause.not_a_rule[_key()] if clause.not_a_rule else ""
    words = clause.en if english else clause.zh
    return Cited(clause, words, note, [_rule(one) for one in citing], clause.id in tasks)
