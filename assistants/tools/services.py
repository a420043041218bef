"""Tools that read what everybody may: which services there are, and their guides."""

from typing import Any

from assistants.calls import SERVICE, Call, Tool
from ledger.clock import city_date
from people.errors import ActionRejected
from people.numbers import has_id_number
from portal import finding
from portal.guide import guide
from portal.sheets import Sheet
from services import catalogue
from services.explain import Explanation

FEW = 10  # services in an answer


def find(call: Call) -> dict[str, Any]:
    text = str(call.arguments["text"])
    if has_id_number(text):
        raise ActionRejected(
            "id_number_in_text",
            "查找事项不需要证件号码，请去掉后再试",
            "No ID number is needed to find a service; leave it out.",
            status=422,
            field="/text",
        )
    found = finding.search(text, city_date(call.now), "")
    near = [one for one in found.near if isinstance(one, Sheet)]
    return {
        "services": [_line(sheet) for sheet in found.services[:FEW]],
        "perhaps": [_line(sheet) for sheet in near[:FEW]],
    }


def _line(sheet: Sheet) -> dict[str, Any]:
    named = {"service": sheet.code, "name": sheet.name, "summary": sheet.summary}
    return {**named, "department": sheet.department, "audience": sheet.audience}


def read_guide(call: Call) -> dict[str, Any]:
    book, today = call.book(), city_date(call.now)
    found = guide(book, today, instant=catalogue.automatic([book])[book.code])
    sheet = found.sheet
    return {
        **_line(sheet),
        "edition": book.number,
        "law": sheet.law,
        "kind": sheet.kind,
        "promised_term": sheet.promise,
        "statutory_term": sheet.statutory,
        "statutory_term_law": sheet.statutory_law,
        "decided_at_once": sheet.instant,
        "has_fee": sheet.fee is not None,
        "conditions": [condition(line) for line in sheet.conditions],
        "registries_asked": [
            {"name": one.name, "what": one.fields, "why": one.purpose, "law": one.basis}
            for one in sheet.sources
        ],
        "other_agencies": [{"name": a.name, "law": a.law} for a in found.approvals],
        "result": found.result,
        "files": [field.label for field in found.uploaded],
        "declarations": found.declared,
        "online": found.is_online,
        "in_your_mandate": call.by.covers(book.code),
        "form": book.form,
    }


def condition(line: Explanation) -> dict[str, Any]:
    return {"condition": line.words, "law": line.law}


TOOLS = (
    Tool(
        name="find_service",
        title="Find a service",
        description="Find government services by plain words, in Chinese, pinyin or English.",
        properties={"text": {"type": "string", "minLength": 1, "maxLength": 120}},
        required=("text",),
        run=find,
    ),
    Tool(
        name="read_guide",
        title="Read the guide to a service",
        description="Read what a service asks for: conditions with their law, the form as JSON"
        " Schema, which registries are read and why, terms, fee, files, declarations.",
        properties={"service": SERVICE},
        required=("service",),
        run=read_guide,
    ),
)
