"""Tools that follow what was handed in, as far as the mandate lets them see it."""

from typing import Any

import orjson
from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse

from approvals import queries
from approvals.actions import assisted
from approvals.errors import not_found
from approvals.models import Application
from approvals.numbers import plausible
from approvals.rows.assistants import Reads
from assistants import terms
from assistants.calls import Call, Tool
from people.language import in_language, language
from portal import outcome
from portal.terms import until
from services import catalogue
from services.explain import explain

MOST = 50  # cases in a list


def mandate(call: Call) -> dict[str, Any]:
    one = call.mandate
    return {
        "assistant": one.assistant_id,
        "services": [{"service": code, "name": terms.name(code)} for code in one.services],
        "submissions_left": assisted.left(one),
        "reads": one.reads,
        "ends_at": one.ends_at,
        "page": f"{settings.SITE_URL}{reverse('assistants:list')}",
    }


def _seen(call: Call) -> QuerySet[Application]:
    """Return the citizen's cases in the mandate's services; those it made, where no more is let."""
    found = queries.visible_to(call.by)
    if call.reads(Reads.CASES):
        return found
    return found.filter(assisted__mandate=call.mandate)


def list_cases(call: Call) -> dict[str, Any]:
    cases = _seen(call).select_related("edition").order_by("-created_at")[:MOST]
    return {"cases": [_line(case) for case in cases]}


def case_status(call: Call) -> dict[str, Any]:
    """Say how a case stands: state, terms, conditions by result. No officer's words, no values."""
    number = str(call.arguments["number"])
    if not plausible(number):
        raise not_found()
    found = _seen(call).select_related("edition").filter(number=number).first()
    if found is None:
        raise not_found()
    decision = queries.latest_decision(found)
    lines = []
    if decision is not None and decision.round == found.round:
        receipt = orjson.loads(bytes(decision.receipt))
        book = catalogue.rulebook(found.edition_id)
        lines = explain(book, receipt["verdict"], language())
    return {
        **_line(found),
        "next": outcome.next_step(found),
        "decided_at": decision.at if lines and decision else None,
        "conditions": [
            {"condition": line.words, "law": line.law, "result": line.result}
            for line in lines
            if not line.undisclosed
        ],
        "page": f"{settings.SITE_URL}{reverse('portal:case', args=[found.number])}",
    }


def _line(case: Application) -> dict[str, Any]:
    return {
        "number": case.number,
        "service": case.service_id,
        "name": in_language(catalogue.rulebook(case.edition_id).pack.name),
        "state": case.state,
        "state_in_words": str(case.face.word),
        "submitted_at": case.submitted_at,
        "until": until(case),
    }


TOOLS = (
    Tool(
        name="mandate",
        title="Read what you may do",
        description="Read what the citizen lets you do: services, submissions left, what you may"
        " read, until when.",
        properties={},
        run=mandate,
    ),
    Tool(
        name="list_cases",
        title="List applications",
        description="List how the citizen's applications stand that the mandate lets you see.",
        properties={},
        run=list_cases,
    ),
    Tool(
        name="case_status",
        title="Read how an application stands",
        description="Read how one application stands: its state, its terms, its conditions.",
        properties={"number": {"type": "string", "maxLength": 40}},
        required=("number",),
        run=case_status,
    ),
)
