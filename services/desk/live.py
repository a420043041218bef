"""While an officer types: what is wrong now, the case beside it, and what may be written next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse

from city.source import Path
from dmn import types as t
from dmn.errors import FeelError
from ledger import clock
from people import posted
from people.language import language
from services import catalogue, playground
from services.desk import changes, tables
from services.desk.examined import Examined, elements, placed, while_typing
from services.editing import completion, fields, grid
from services.editing.edits import EditRefused
from services.editing.scope import Scope, scope
from services.models import Draft

PART = "admin/services/draft_live.html"
LONGEST = 4_000  # characters of an expression, as the schema of packs says


def view(request: HttpRequest, draft: Draft, section: str) -> HttpResponse:
    """The part of the page that changes as one types. Nothing is stored."""
    form = {name: str(value) for name, value in request.POST.items()}
    seen = changes.base_text(draft, posted.version(request.POST))
    refused = None
    try:
        made = changes.edited(seen, section, {k: v for k, v in form.items() if k != "do"})
    except (EditRefused, tables.CellRefused) as error:
        made, refused = seen, changes.refusal(error, section)
    found = while_typing(made, f"{draft.service_id}.yaml")
    data, shown = changes.parsed(made), changes.parsed(seen)
    make = fields.CARDS.get(section)
    cards = list(make(shown)) if make and shown is not None else []
    added = {
        path: fields.element_id((*card.path, ":value"))
        for card in cards
        if (path := _added(card, form))
    }
    board = placed(found.faults, section, elements(cards) | added)
    if refused is not None:
        board.add(refused)
    if data is not None and section == "tables":
        tables.shown(data, scope(made, settings.CITY), board, {})
    more = {
        "board": board,
        "remarks": found.remarks,
        "draft": draft,
        "live": context(request, draft, found),
    }
    return TemplateResponse(request, PART, more)


def _added(card: fields.Card, form: Mapping[str, str]) -> Path:
    """The path of a value that is being added to a parameter; on the page it has fields of its own.

    Empty where none is.
    """
    on = form.get(f"{fields.pointer(card.path)}:on", "").strip()
    return (*card.path, on) if card.is_dated and on else ()


def context(request: HttpRequest, draft: Draft, found: Examined) -> dict[str, Any]:
    """One case by the live edition and by the draft, side by side: what the form of it holds."""
    if found.book is None:
        return {}
    today = clock.city_date(clock.now())
    edition = catalogue.current(draft.service_id, today)
    form = {name: str(value) for name, value in request.POST.items()}
    names = playground.names(found.book)
    draw = form.get("draw", "" if "as_of" in form else names[0] if names else "*")
    before, after = playground.beside(
        catalogue.rulebook(edition) if edition else None,
        found.book,
        form,
        language(),
        today=today,
        draw=draw,
    )
    return {
        "edition": edition,
        "before": before,
        "after": after,
        "names": names,
        "draw": draw,
        "conditions": _conditions(before, after),
        "is_other": before is not None and before.outcome != after.outcome,
    }


def _conditions(
    before: playground.Study | None, after: playground.Study
) -> Sequence[Mapping[str, Any]]:
    """Each condition with its result by the live edition and by the draft, in the draft's order."""
    live = {line.id: line for line in before.lines} if before else {}
    rows = []
    for line in after.lines:
        was = live.pop(line.id, None)
        rows.append(
            {"before": was, "after": line, "is_other": not was or was.result != line.result}
        )
    rows += [{"before": was, "after": None, "is_other": True} for was in live.values()]
    return rows


def complete(request: HttpRequest, draft: Draft) -> HttpResponse:
    """What may follow ``before``, the text before the caret: a list for programs (JSON).

    ``table`` and ``column`` name the cell's column, where it is one of a decision table.
    """
    before = request.POST.get("before", "")[-LONGEST:]
    known = scope(draft.source, settings.CITY)
    names, tested = _of_column(draft, known, request.POST)
    found = completion.suggestions(Scope(names, known.above, known.pack), before, tested)
    zh = language() == "zh"
    return JsonResponse(
        {
            "suggestions": [
                {
                    "insert": one.insert,
                    "over": one.over,
                    "kind": one.kind,
                    "label": one.zh if zh else one.en,
                }
                for one in found
            ]
        }
    )


def _of_column(
    draft: Draft, known: Scope, form: Mapping[str, str]
) -> tuple[Mapping[str, t.Type], t.Type | None]:
    """What a cell of a table may name, and the type that its column compares with."""
    data = changes.parsed(draft.source)
    for name, path, text in tables.paths(data) if data is not None else ():
        if fields.pointer(path) != form.get("table", ""):
            continue
        names = known.above.get(name, known.names)
        try:
            columns = grid.check(grid.read(text), names).columns
        except FeelError:
            return names, None
        column = form.get("column", "")
        at = int(column) - 1 if column.isascii() and column.isdigit() and len(column) < 4 else -1
        if 0 <= at < len(columns) and not columns[at].is_output:
            return names, columns[at].type
        return names, None
    return known.names, None
