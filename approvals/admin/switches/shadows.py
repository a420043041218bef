"""Texts in shadow at the desk: how often each condition diverges from the live edition, as it runs.

Numbers of cases are shown to those alone who see cases: beside a condition they say something of a
person.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext

from approvals.actions.beside import FAILED
from approvals.words import REASONS
from city.errors import SourceError
from ledger.clock import city_date, now
from people import actors, posted, roles
from people.errors import ActionRejected
from people.language import in_language, language
from people.readonly import Page, reader
from services import catalogue, shadows, watching
from services.comparison import ABSENT
from services.explain import requirements_in_words
from services.models import Divergence, Draft, DraftState, Edition, Proposal, Service, Shadow
from services.playground import OUTCOMES
from services.states import OPEN

LIST = "admin:services_shadow_changelist"
LAST = 30


@dataclass(frozen=True, slots=True)
class Line:
    """One divergence in words."""

    condition: str
    live: str
    other: str
    live_outcome: tuple[str, str]  # outcome, in words
    other_outcome: tuple[str, str]
    row: Divergence


class ShadowAdmin(Page):
    """Texts that run in shadow or did, and what they diverged in."""

    roles = roles.RULES

    def get_urls(self) -> list[Any]:
        do = self.admin_site.admin_view(self.do_view)
        return [path("do/", do, name="services_shadow_do"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise Http404
        return self._page(request)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        raise Http404

    def do_view(self, request: HttpRequest) -> HttpResponse:
        """Start a text in shadow, or end one; refused, the page keeps what was typed."""
        if reader(request).role not in roles.POLICIES:
            raise Http404
        if request.method != "POST":
            return redirect(LIST)
        by, at, form = actors.officer(reader(request)), now(), request.POST
        try:
            posted.require_each_once(form)
            if form.get("do") == "end":
                shadows.end(shadow=_key(form, "shadow"), by=by, now=at)
                self.message_user(request, gettext("Ended. What it has counted stays."))
                return redirect(LIST)
            row = _start(form, by=by, now=at)
        except (Shadow.DoesNotExist, Proposal.DoesNotExist):
            raise Http404 from None
        except (ActionRejected, SourceError) as error:
            return self._page(request, error)
        self.message_user(request, gettext("It judges every case of its service from now on."))
        return redirect("admin:services_shadow_change", row.pk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        shadow = self.found(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _name(shadow),
            "shadow": shadow,
            "share": _share(shadow.diverged, shadow.cases),
            "band": _band(shadow),
            "measured": watching.reason(shadow.measured, language()),
            "lines": _lines(shadow),
            "may_end": reader(request).role in roles.POLICIES and shadow.ended_at is None,
            "sees_cases": reader(request).role in roles.CASES,
        }
        return TemplateResponse(request, "admin/approvals/switches/shadow.html", context)

    def _page(
        self, request: HttpRequest, error: ActionRejected | SourceError | None = None
    ) -> HttpResponse:
        rows = Shadow.objects.order_by("ended_at", "-id").defer("source")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Texts in shadow"),
            "rows": [(row, _name(row), _share(row.diverged, row.cases)) for row in rows[:LAST]],
            "may_start": reader(request).role in roles.POLICIES,
            "editions": _former(),
            "drafts": Draft.objects.exclude(state=DraftState.DROPPED).order_by("-pk")[:LAST],
            "proposals": Proposal.objects.filter(state__in=OPEN).order_by("-pk")[:LAST],
            "typed": request.POST if error else {},
            "problem": in_language(error) if isinstance(error, ActionRejected) else "",
            "faults": error.all() if isinstance(error, SourceError) else [],
        }
        status = error.status if isinstance(error, ActionRejected) else 422 if error else 200
        name = "admin/approvals/switches/shadows.html"
        return TemplateResponse(request, name, context, status=status)


def _start(form: Mapping[str, str], *, by: actors.Actor, now: datetime.datetime) -> Shadow:
    reason, expected = form.get("reason", ""), _expected(form)
    if form.get("proposal"):
        key = _key(form, "proposal")
        return shadows.start_proposed(key, reason=reason, expected=expected, by=by, now=now)
    return shadows.start(_text(form), reason=reason, expected=expected, by=by, now=now)


def _text(form: Mapping[str, str]) -> str:
    """The pasted text, or that of a former edition or of a draft at the desk."""
    if text := form.get("text", "").strip():
        return f"{text}\n".replace("\r\n", "\n")
    found: Edition | Draft | None = Edition.objects.filter(pk=_key(form, "edition")).first()
    found = found or Draft.objects.filter(pk=_key(form, "draft")).first()
    if found is None:
        zh = "请选择旧版、草稿，或者粘贴草稿全文"
        en = "Choose a former edition or a draft, or paste one."
        raise ActionRejected("no_text", zh, en, status=422, field="/text")
    return found.source


def _expected(form: Mapping[str, str]) -> Decimal | None:
    """The share in per cent, as it was typed; empty: none."""
    typed = form.get("expected", "").strip()
    try:
        return Decimal(typed) / 100 if typed else None
    except InvalidOperation:
        zh, en = "预期分歧率须为百分数", "The share expected is a number of per cent."
        raise ActionRejected("not_a_share", zh, en, status=422, field="/expected") from None


def _key(form: Mapping[str, str], name: str) -> int:
    text = form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


def _former() -> list[Edition]:
    """Editions that are not the latest of their service: each may watch over the latest."""
    found: list[Edition] = []
    for service in Service.objects.order_by("code"):
        found += service.editions.order_by("-number").defer("source")[1:4]
    return found


def _name(shadow: Shadow) -> str:
    book = catalogue.numbered(shadow.service_id, 1)
    name = in_language(book.pack.name) if book else shadow.service_id
    of = str(shadow.edition) if shadow.edition_id else gettext("draft %s") % shadow.hash[:8]
    return f"{name} · {of}"


def _share(some: int, cases: int) -> str:
    return f"{some / cases:.2%}" if cases else "–"


def _band(shadow: Shadow) -> str:
    city = settings.CITY.suspension.of("service", shadow.service_id).diverged.most
    return f"{float(shadow.expected or city or 1):.1%}"


def _lines(shadow: Shadow) -> list[Line]:
    words: dict[str, str] = {}
    today, in_english = city_date(now()), language() != "zh"
    edition = catalogue.current(shadow.service_id, today)
    other = shadows.rulebook(shadow.pk)[1]
    books = [other] if other is not None else []
    if edition:  # its words count, with its parameters, where both have a condition
        books.append(catalogue.rulebook(edition))
    for book in books:
        words |= {item: in_language(one) for item, one in book.consents.items()}
        words |= requirements_in_words(book, today, language())
    said = {FAILED: gettext("its judge failed"), ABSENT: gettext("no such condition"), "": ""}

    def outcome(code: str) -> tuple[str, str]:
        return code, OUTCOMES[code][in_english] if code in OUTCOMES else said.get(code, code)

    return [
        Line(
            words.get(row.condition, row.condition) or gettext("the outcome alone"),
            _result(row.live, said),
            _result(row.other, said),
            outcome(row.live_outcome),
            outcome(row.other_outcome),
            row,
        )
        for row in shadow.divergences.order_by("-cases", "condition")
    ]


def _result(code: str, said: Mapping[str, str]) -> str:
    """A result in words: ``unmet (return)`` says what follows, which stands beside it."""
    plain = code.partition(" ")[0]
    if plain in said:
        return said[plain]
    known = {"met": gettext("Met"), "not_applicable": gettext("Does not apply")}
    return known.get(plain) or str(REASONS.get(plain, plain))
