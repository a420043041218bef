"""Writing documents: an officer's in the transaction that decides, the machine's when asked for.

What is written later says the same: all of it stands in signed receipts and chained events, in the
edition, and in the city's ``documents.yaml`` (docs/decisions/0100).
"""

import datetime
import hashlib
from typing import Any

import orjson
from django.conf import settings
from django.db import connection
from django.utils.translation import override

import bulk
from approvals.documents import content, sources
from approvals.documents.law import formal
from approvals.documents.sources import OF_OUTCOME, Source
from approvals.models import (
    Application,
    Decision,
    Document,
    Intake,
    Representation,
    Undertaking,
)
from approvals.rows.documents import PURPOSE, TYP
from approvals.rows.intakes import FIRST, WINDOW, Acting
from approvals.rows.representations import REPRESENTED
from approvals.rows.terms import ProcedureKind
from approvals.states import DocumentKind
from certificates.models import Certificate
from certificates.numbering import public_ids
from ledger import canonical, signatures
from ledger.clock import city_date
from ledger.events import instant
from ledger.models import Event
from people import identity
from people.models import Office
from services import catalogue
from services.explain import Explanation, explain
from services.rulebook import Rulebook
from services.verdict import UNMET


def issue(application: Application, source: Source) -> Document:
    """Return the document of a source of this case, written now if it was not before.

    Of two who ask first, one writes; both have the same row.
    """
    found = Document.objects.filter(source=source.id, application=application).first()
    if found is None:
        bulk.insert_once(_new(application, source, _decision(source)))
        found = Document.objects.get(source=source.id, application=application)
    return found


def of_decision(application: Application, decision: Decision) -> None:
    """Write the document of a decision made in this transaction, if its outcome has one."""
    if decision.outcome in OF_OUTCOME:
        kind = OF_OUTCOME[decision.outcome]
        source = Source(kind, decision.id, decision.at, decision.by, decision.round)
        bulk.insert(Document, [_new(application, source, decision)])


def of_event(application: Application, event: Event) -> None:
    """Write the document of an event of this transaction."""
    source = sources.of_event(event, application.round)
    bulk.insert(Document, [_new(application, source, None)])


def _decision(source: Source) -> Decision | None:
    if source.event is not None:
        return None
    return Decision.objects.select_related("officer").get(id=source.id)


def _new(application: Application, source: Source, decision: Decision | None) -> Document:
    """Return the row of a document, signed and unsaved."""
    book = catalogue.rulebook(application.edition_id)
    receipt = orjson.loads(bytes(decision.receipt)) if decision else {}
    matter = _matter(application, book, receipt, source.office)
    if decision is not None:
        act = _decided(application, book, source, decision, receipt)
    else:
        act = _happened(application, book, source)
    (public_id,) = public_ids(1)
    payload = content.payload(matter, act, serial=_serial(), public_id=public_id)
    signed = signatures.sign_jws(PURPOSE, canonical.dumps(payload), TYP)
    return Document(
        application_id=application.id,
        kind=source.kind.value,
        round=source.round,
        source=source.id,
        public_id=public_id,
        number=payload["number"],
        issued_at=source.at,
        issued_by=source.by,
        jws=signed,
    )


def _serial() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('approvals_document_serial')")
        return int(cursor.fetchone()[0])


def full_name(office: Office) -> dict[str, str]:
    """Return an office's name as a document of the state has it, with the city before it."""
    city = settings.CITY
    zh = office.name_zh if office.name_zh.startswith(city.zh) else city.zh + office.name_zh
    return {"code": office.code, "zh": zh, "en": f"{city.en} {office.name_en}"}


def _matter(
    application: Application, book: Rulebook, receipt: dict[str, Any], then: str
) -> content.Matter:
    words, pack = settings.CITY.documents, book.pack
    office = Office.objects.get(code=then or receipt.get("office", application.office_id))
    applicant = receipt.get("applicant", {})
    return content.Matter(
        application=application.number,
        service={"code": book.code, "zh": pack.name["zh"], "en": pack.name["en"]},
        law=pack.law,
        name=applicant.get("name") or application.applicant_name,
        masked=applicant.get("number")
        or identity.mask(identity.decrypt(bytes(application.applicant_number))),
        is_enterprise=application.applicant_kind == "enterprise",
        office=full_name(office),
        sign=words.signs.get(office.code, full_name(office)["zh"]),
        wording=words.wording(book.code, pack.legal_kind),
        remedies=words.remedies_of(office.code),
        received_on=application.as_of,
        proxy=_proxy(application),
    )


def _proxy(application: Application) -> str:
    """Return who acted for the applicant, as a document names them."""
    row: Intake | Representation
    if application.channel in REPRESENTED:
        row = Representation.objects.get(application=application)
    elif application.channel == WINDOW:
        row = Intake.objects.get(application=application, round=FIRST)
    else:
        return ""
    title = {Acting.GUARDIAN: "监护人", Acting.AGENT: "代理人", Acting.STATUTORY: "法定代表人"}
    return title[Acting(row.acting)] + row.representative_name if row.representative else ""


def _decided(
    application: Application,
    book: Rulebook,
    source: Source,
    decision: Decision,
    receipt: dict[str, Any],
) -> content.Act:
    officer = (receipt["officer"] or {}).get("name", "")
    kind, on = source.kind, city_date(decision.at)
    items: list[str] = []
    until = None
    if kind is DocumentKind.CORRECTION:
        items = _missing(book, receipt)
        within = settings.CITY.calendar.deadline(on, book.pack.correct_within, "calendar").at
        until = _last_day(within)
    return content.Act(
        kind=kind,
        on=on,
        at=instant(decision.at),
        by=source.by,
        round=source.round,
        source=str(source.id),
        source_hash=_sha256(bytes(decision.receipt)),
        items=items,
        opened=_opened(book, receipt),
        reasons=receipt["reasons"] if officer else (),
        officer=officer,
        until=until,
        is_accepted=kind is DocumentKind.CORRECTION and not _stood_still(application, decision),
        certificate=_certificate(application, decision) if kind is DocumentKind.APPROVAL else {},
    )


def _stood_still(application: Application, decision: Decision) -> bool:
    """Whether the clock stood still for a correction, by the event of the return."""
    returns = Event.objects.filter(subject=application.subject, kind="returned", at=decision.at)
    data_of_each = [orjson.loads(data) for data in returns.values_list("data", flat=True)]
    (pauses,) = (
        data.get("term", {}).get("pauses", [["", ""]])  # events from before have no terms
        for data in data_of_each
        if data.get("decision") == str(decision.id)
    )
    return bool(pauses) and not pauses[-1][1]


def _missing(book: Rulebook, receipt: dict[str, Any]) -> list[str]:
    """Return everything that is to be corrected, as the applicant's page lists it."""
    if receipt["officer"]:
        return [line.strip() for r in receipt["reasons"] for line in r.splitlines() if line.strip()]
    lines = explain(book, receipt["verdict"], "zh")
    return [_unmet(line) for line in lines if line.result == UNMET]


def _unmet(line: Explanation) -> str:
    law = f"（依据：{formal(line.law)}）" if line.law else ""
    return f"{line.words}：{line.status}{law}"


def _opened(book: Rulebook, receipt: dict[str, Any]) -> list[str]:
    """Return what the officer opened for correction, by the questions' titles; none: everything."""
    return [_title(book.form, pointer) for pointer in receipt.get("opened") or ()]


def _title(form: Any, pointer: str) -> str:
    """Return what a part of the form is called in Chinese (``records.correction.Part``)."""
    name = ""
    for name in pointer.split("/")[1:]:
        form = form.get("properties", {}).get(name, {})
    return str(form.get("x-zh") or name)


def _certificate(application: Application, decision: Decision) -> dict[str, str]:
    """Return title and number of what was issued on a decision, in its transaction."""
    issued = Certificate.objects.filter(
        application=application.number, issued_at=decision.at
    ).first()
    if issued is None:
        return {}
    return {"zh": canonical.loads(bytes(issued.payload))["type"]["zh"], "number": issued.number}


def _happened(application: Application, book: Rulebook, source: Source) -> content.Act:
    event = source.event
    assert event is not None
    data = orjson.loads(event.data)
    term, limit = data.get("term", {}), book.pack.clock.statutory
    due = term.get("due_at")
    last = _last_day(datetime.datetime.fromisoformat(due)) if due else None
    extended = source.kind is DocumentKind.EXTENSION
    reason = data.get("reason", "")
    more: dict[str, Any] = {"until": last} if extended else {}
    if approval := data.get("government"):
        on = datetime.date.fromisoformat(approval["on"])
        more["approval"] = (approval["number"], on)
    if source.kind is DocumentKind.PROCEDURE:
        more = _procedure(data)
    if source.kind is DocumentKind.TRANSFER:
        more = {"to": full_name(Office.objects.get(code=data["to"]))["zh"]}
    if source.kind is DocumentKind.ACCEPTANCE:
        more = {"items": _promised(application, book, event)}
    return content.Act(
        kind=source.kind,
        on=city_date(source.at),
        at=instant(source.at),
        by=event.by,
        round=source.round,
        source=str(event.id),
        source_hash=bytes(event.hash).hex(),
        reasons=[reason] if reason else (),
        last_day=last,
        days=int(term.get("extended") or 0) if extended else limit.days,
        unit=limit.unit,
        provisional=bool(term.get("provisional")),
        is_deemed=source.is_deemed,
        **more,
    )


def _promised(application: Application, book: Rulebook, event: Event) -> list[str]:
    """Return what was accepted without and is to come by which day, as it was promised then."""
    if not book.program.stand_ins:
        return []
    rows = Undertaking.objects.filter(
        application=application, due_at__isnull=False, signed_at__lte=event.at
    )
    return [
        f"{_title(book.form, '/' + row.question)}，于{content.day(_last_day(row.due_at))}前补交"
        for row in rows.order_by("signed_at", "id")
        if row.due_at is not None
    ]


def _procedure(data: dict[str, Any]) -> dict[str, Any]:
    with override("zh-hans"):  # the document's language, whoever opens the procedure
        name = str(ProcedureKind(data["what"]).label)
    until = datetime.date.fromisoformat(data["until"])
    return {"procedure": name, "law": data["law"], "until": until}


def _last_day(end: datetime.datetime) -> datetime.date:
    """Return the day whose end is the first moment that is too late."""
    return city_date(end - datetime.timedelta(seconds=1))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
