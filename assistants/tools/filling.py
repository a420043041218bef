"""Tools that fill in for the citizen: judged beforehand, kept as their draft, handed in."""

import datetime
import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from django.conf import settings
from django.urls import reverse

from affairs import drafts
from approvals import actions
from approvals.actions import Applicant, assisted, assisted_submission, prechecks
from approvals.actions.answers import validate
from approvals.actions.submission import Key
from approvals.models import Application, AssistantCall
from approvals.progress import waiting
from approvals.rows.assistants import ASSISTANT, Reads
from assistants.calls import ANSWERS, SERVICE, Call, Tool
from ledger.clock import city_date
from ledger.identifiers import uuid7
from people import identity, protection
from people.errors import ActionRejected
from people.language import language
from services import schema
from services.explain import explain
from services.materials import listed
from services.rulebook import Rulebook
from services.verdict import NEEDED, UNKNOWN, UNMET


def _require_service(call: Call) -> Rulebook:
    """Return the service's edition in force, where the mandate covers it."""
    if not call.by.covers(call.service):
        raise assisted.not_in_mandate()
    return call.book()


def _applicant(call: Call) -> Applicant:
    citizen = call.mandate.citizen
    assert citizen.number is not None  # encrypted beside the subject
    number = identity.decrypt(bytes(citizen.number), citizen.subject)
    return Applicant("person", number, citizen.name)


def precheck(call: Call) -> dict[str, Any]:
    """Judge the answers as if they were handed in; each registry's look-up names the assistant.

    Asked are the registries that the city shows to applicants; the others' conditions are checked
    after submission. Results are told by condition, no value of any registry. A condition that is
    not disclosed is left out, also of what would follow: nobody is to conclude from it.
    """
    book, today = _require_service(call), city_date(call.now)
    if not call.reads(Reads.FACTS):
        raise assisted.not_in_mandate()
    answers = validate(book, dict(call.arguments["answers"]), on=today)
    found = prechecks.precheck(
        planned=prechecks.Planned(book, _applicant(call), answers, today),
        whole=False,
        purpose=f"{ASSISTANT}:{book.code}",
        by=call.by,
        now=call.now,
    )
    later = found.later
    lines = {line.id: line for line in explain(book, found.verdict.payload(), language())}
    told = [f for f in found.verdict.findings if not lines[f.id].undisclosed]
    stands = [f for f in told if f.result in (UNMET, UNKNOWN) and f.id not in later]
    asks_agency = NEEDED in found.verdict.consent_states.values()
    if found.identity.result in (UNMET, UNKNOWN) or any(
        f.result == UNKNOWN or f.unmet == "refer" for f in stands
    ):
        follows = prechecks.PERSON
    elif stands:
        follows = prechecks.CORRECTION
    else:
        follows = prechecks.AGENCY if asks_agency else prechecks.CLEAR
    return {
        "service": book.code,
        "edition": book.number,
        "would_follow": follows,
        "conditions": [
            {
                "condition": lines[f.id].words,
                "law": lines[f.id].law,
                "result": "checked_later" if f.id in later else f.result,
            }
            for f in told
        ],
        "applied_before": found.duplicate is not None,
        "registries_silent": len(found.silent),
        "some_conditions_are_not_told": len(told) < len(found.verdict.findings),
    }


def save_draft(call: Call) -> dict[str, Any]:
    """Keep the answers as the citizen's own draft, in place of one that it kept before."""
    book, today = _require_service(call), city_date(call.now)
    answers = _fitting(book, dict(call.arguments["answers"]), today)
    over = _replaced(call)
    if not answers:
        raise ActionRejected(
            "nothing_to_keep", "没有可保存的内容", "There is nothing to keep.", status=422
        )
    if not drafts.save(book=book, answers=answers, by=call.by, now=call.now, over=over):
        raise _draft_of_citizen()  # saved in this very moment
    return {
        "service": book.code,
        "edition": book.number,
        "missing": _missing(book, answers, today),
        "page": _page(reverse("portal:apply", args=[book.code])),
    }


def _fitting(book: Rulebook, given: dict[str, Any], today: Any) -> dict[str, Any]:
    """Return the answers as a draft has them; raises ``ActionRejected`` (422) for wrong ones.

    What is missing is not wrong yet. Files, and what is signed, come from the citizen alone.
    """
    rejected = ActionRejected(
        "invalid_answers",
        "填写内容有误，请按提示修改",
        "Some answers are not valid; see each one.",
        status=422,
    )
    try:
        answers = schema.clean(given)
        schema.validate(book, answers, protect=protection.protect, on=today)
    except schema.Invalid as error:
        wrong = [f for f in error.faults if f.pointer == "" or _is_there(given, f.pointer)]
        rejected.faults = [
            {"pointer": f"/answers{f.pointer}", "zh": f.zh, "en": f.en} for f in wrong
        ]
        if wrong:
            raise rejected from error
        answers = schema.clean(given)
    own = {*listed(book, answers), *(one.name for one in book.program.stand_ins)}
    for name in sorted(own & {key for key, value in answers.items() if value}):
        words = ("须由本人填写", "only the citizen gives this")
        rejected.faults.append({"pointer": f"/answers/{name}", "zh": words[0], "en": words[1]})
    if rejected.faults:
        raise rejected
    return answers


def _is_there(answers: Any, pointer: str) -> bool:
    """Whether an answer was given at a pointer (RFC 6901)."""
    value = answers
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return False
    return True


def _missing(book: Rulebook, answers: dict[str, Any], today: Any) -> list[str]:
    """Return the pointers of what the form still asks for."""
    try:
        schema.validate(book, answers, protect=protection.protect, on=today)
    except schema.Invalid as error:
        return [fault.pointer for fault in error.faults]
    return []


def _replaced(call: Call) -> datetime.datetime:
    """Return when the draft was saved that may be replaced; now, where there is none.

    Raises ``ActionRejected`` (409) where it is not one that the assistant kept.
    """
    kept = drafts.find(call.service, call.by, call.now)
    if kept is None or not kept.answers:
        return kept.saved_at if kept else call.now
    mine = AssistantCall.objects.filter(
        mandate__citizen=call.mandate.citizen,
        by=str(call.by),
        tool="save_draft",
        service=call.service,
        outcome="ok",
        at=kept.saved_at,
    )
    if not mine.exists():
        raise _draft_of_citizen()
    return kept.saved_at


def _draft_of_citizen() -> ActionRejected:
    return ActionRejected(
        "draft_of_citizen",
        "本人已有该事项的草稿，助手不能覆盖；请本人提交或删除后再试",
        "The citizen has a draft of their own, which is not written over. They finish or delete"
        " it first.",
    )


def submit(call: Call) -> dict[str, Any]:
    """Hand in, as the citizen would, by the mandate's right; once for a key."""
    try:
        return _submit(call, _require_service(call))
    except ActionRejected as error:
        if error.code == "duplicate" and not call.reads(Reads.CASES):
            raise ActionRejected(  # which case it is, is not for everybody to learn
                "duplicate",
                "同一事项已有在办或已获批准的办件，请本人登录查看",
                "The same is in hand, or was granted. The citizen sees which case it is.",
            ) from error
        raise


def _submit(call: Call, book: Rulebook) -> dict[str, Any]:
    answers, key = dict(call.arguments["answers"]), str(call.arguments["key"])
    by_person = bool(call.arguments.get("by_person", False))
    body = orjson.dumps([book.code, answers, by_person], option=orjson.OPT_SORT_KEYS)
    scoped = hashlib.sha256(f"{call.mandate.pk}:{key}".encode()).hexdigest()
    identifier = uuid7()
    with waiting.expect(identifier) as waiter:
        made = assisted_submission.submit(
            new=actions.NewApplication(
                service=book.code,
                applicant=_applicant(call),
                answers=answers,
                channel=ASSISTANT,
                edition=int(call.arguments["edition"]),
                by_person=by_person,
                key=Key(scoped, hashlib.sha256(body).digest()),
                identifier=identifier,
            ),
            mandate=call.mandate.pk,
            by=call.by,
            now=call.now,
        )
        if made.id == identifier:
            waiter.wait(settings.PORTAL_BUDGET)
    standing = Application.objects.get(pk=made.pk)
    return {
        "number": standing.number,
        "service": standing.service_id,
        "state": standing.state,
        "state_in_words": str(standing.face.word),
        "submissions_left": assisted.left(call.mandate),
        "page": _page(reverse("portal:case", args=[standing.number])),
    }


def _page(address: str) -> str:
    return f"{settings.SITE_URL}{address}"


TOOLS = (
    Tool(
        name="precheck",
        title="Judge before anything is handed in",
        description="Judge answers by the service's conditions and what the registries say of the"
        " citizen. Nothing is handed in. Needs `facts` in the mandate; each look-up is recorded and"
        " shown to the citizen.",
        properties={"service": SERVICE, "answers": ANSWERS},
        required=("service", "answers"),
        run=precheck,
    ),
    Tool(
        name="save_draft",
        title="Fill in a draft",
        description="Keep answers as the citizen's own draft, which they see, change and hand in"
        " themselves. Incomplete answers are kept; wrong ones are not.",
        properties={"service": SERVICE, "answers": ANSWERS},
        required=("service", "answers"),
        run=save_draft,
        is_reading=False,
    ),
    Tool(
        name="submit",
        title="Hand in an application",
        description="Hand in an application for the citizen, within the number that their mandate"
        " allows. `edition` is the one that `read_guide` gave; `key` is of your own making and lets"
        " a repeated call count once. Show the citizen the answers first: this cannot be undone by"
        " you.",
        properties={
            "service": SERVICE,
            "answers": ANSWERS,
            "edition": {"type": "integer", "minimum": 1, "maximum": 100_000},
            "key": {"type": "string", "pattern": "^[A-Za-z0-9_-]{8,64}$"},
            "by_person": {"type": "boolean", "description": "let a person decide, no machine"},
        },
        required=("service", "answers", "edition", "key"),
        run=submit,
        is_reading=False,
    ),
)
