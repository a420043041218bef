"""The form of one section of a draft: shown, checked, saved; what was typed is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext

from city.source import Path
from ledger.clock import now
from people import actors, posted
from people.errors import ActionRejected
from people.language import in_language
from people.models import User
from services import drafts
from services.desk import changes, live, tables
from services.desk.examined import Board, Placed, elements, examined, in_words, placed
from services.drafts import Version
from services.editing import fields
from services.editing.edits import EditRefused
from services.editing.scope import Scope, scope
from services.models import Draft

PAGE = "admin/services/draft_section.html"


@dataclass(slots=True)
class State:
    """What a page shows beside the draft: the text it is about, and what went wrong."""

    text: str
    typed: Mapping[str, str] = field(default_factory=dict)
    refused: Placed | None = None
    problem: str = ""
    status: int = 200
    mine: str = ""  # the text that was not saved, because another was saved since


def view(
    request: HttpRequest, draft: Draft, section: str, context: Mapping[str, Any]
) -> HttpResponse:
    """Show the form of a section; save what it sends, unless it only asks for the checks."""
    if request.method != "POST":
        return _page(request, draft, section, context, State(draft.source))
    form, version = request.POST, posted.version(request.POST)
    typed = {name: str(value) for name, value in form.items()}
    seen = changes.base_text(draft, version)
    try:
        posted.require_each_once(form)
        made = changes.edited(seen, section, typed)
    except ActionRejected as error:
        state = State(seen, typed, problem=in_language(error), status=error.status)
        return _page(request, draft, section, context, state)
    except (EditRefused, tables.CellRefused) as error:
        state = State(seen, typed, refused=changes.refusal(error, section), status=422)
        return _page(request, draft, section, context, state)
    if "check" in form:
        return _page(request, draft, section, context, State(made, typed))
    by = actors.officer(cast(User, request.user))
    try:
        saved = drafts.save(Version(draft.pk, version), made, by=by, now=now())
    except ActionRejected as error:
        mine = made if error.code == "draft_changed" else ""
        state = State(seen, typed, problem=in_language(error), status=error.status, mine=mine)
        return _page(request, draft, section, context, state)
    if saved.version != version:
        messages.success(request, gettext("Saved as version %(n)s.") % {"n": saved.version})
    return redirect("admin:services_draft_section", draft.pk, section)


def _page(
    request: HttpRequest,
    draft: Draft,
    section: str,
    context: Mapping[str, Any],
    state: State,
) -> HttpResponse:
    found = examined(state.text, f"{draft.service_id}.yaml")
    data = changes.parsed(state.text) if section != "raw" else None
    make = fields.CARDS.get(section)
    cards = list(make(data)) if make and data is not None else []
    known = scope(state.text, settings.CITY) if data is not None else Scope()
    board = placed(found.faults, section, elements(cards) | _tables(data, section))
    if state.refused is not None:
        board.add(state.refused)
    shown = tables.shown(data, known, board, state.typed) if data and section == "tables" else []
    if state.mine:
        draft = Draft.objects.select_related("base").get(pk=draft.pk)
        context = {**context, "draft": draft}
    more = {
        "section": section,
        "section_name": in_words(fields.SECTIONS[section]),
        "state": state,
        "whole_text": _raw(state),
        "lines": range(1, _raw(state).count("\n") + 2) if section == "raw" else (),
        "is_readable": section == "raw" or data is not None,
        "cards": [_card(card, board, state.typed) for card in cards],
        "tables": shown,
        "policies": tables.POLICIES,
        "row_buttons": tables.BUTTONS,
        "wrong_lines": {one.line for one in board.placed},
        "board": board,
        "remarks": found.remarks,
        "live": live.context(request, draft, found),
        "version": posted.version(request.POST) if request.method == "POST" else draft.version,
    }
    return TemplateResponse(request, PAGE, {**context, **more}, status=state.status)


def _raw(state: State) -> str:
    return state.typed.get(changes.TEXT, state.text)


def _tables(data: Mapping[str, Any] | None, section: str) -> dict[Path, str]:
    """The tables of the page, by the part of the pack that each is."""
    if data is None or section != "tables":
        return {}
    return {path[:2]: fields.element_id(path) for _name, path, _text in tables.paths(data)}


def _card(card: fields.Card, board: Board, typed: Mapping[str, str]) -> dict[str, Any]:
    """A card as the template wants it: each field with what was typed, and its faults."""
    name = fields.pointer(card.path)
    added = [
        {
            "name": f"{name}:{part}",
            "id": fields.element_id((*card.path, f":{part}")),
            "value": typed.get(f"{name}:{part}", ""),
            "faults": board.by_id.get(fields.element_id((*card.path, f":{part}")), ()),
        }
        for part in ("on", "value")
    ]
    shown = [
        {
            "field": one,
            "value": typed.get(one.name, one.value),
            "faults": board.by_id.get(one.id, ()),
        }
        for one in card.fields
    ]
    return {
        "card": card,
        "name": name,
        "fields": shown,
        "added": added,
        "faults": board.by_id.get(card.id, ()),
    }
