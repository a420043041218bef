"""What people read for our codes: events, reasons of a hand-over, keepers of registries, actors.

Every text is a translatable string; nothing here decides anything.
"""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from approvals import assistant_words
from approvals.models import Application, Representation
from approvals.review.handover import OF_REGISTRIES, Reason, parse
from approvals.review.risk import Risk
from approvals.rows.confirmations import CONFIRMATION
from approvals.states import ConsentState
from ledger.models import Event
from people.actors import ASSISTANT, Kind
from people.language import in_language, language
from services.explain import Explanation, explain
from services.inputs import gather_inputs
from services.pack.model import COSIGN
from services.pack.provisional import UNCONFIRMED
from services.pack.undertakings import COMMITTED, PROMISED
from services.rulebook import Rulebook
from services.verdict import MET, NEEDED, NOT_APPLICABLE, UNKNOWN, UNMET, judge

Text = str | Promise


# between officers: on the case's page at the desk, not on the applicant's
DELIBERATIONS: Mapping[str, Text] = {
    "approval_proposed": _("Approval proposed, for a second officer"),
    "approval_sent_back": _("The second officer did not agree"),
    "material_read": _("Files that were handed in were read"),
    "second_return_asked": _("Permission for a second or late return asked for"),
    "second_return_permitted": _("A second or late return permitted"),
    "second_return_denied": _("A second or late return not permitted"),
    "legal_review_asked": _("A refusal went to legal review"),
    "legal_review_agreed": _("Legal review agreed"),
    "legal_review_sent_back": _("Legal review did not agree"),
    "escalated": _("Overdue: shown to the supervisor and the head of the office"),
}
EVENTS: Mapping[str, Text] = {
    "submitted": _("Handed in"),
    "resubmitted": _("Corrected and handed in again"),
    "accepted": _("Accepted: nothing was called missing within five working days"),
    "approved": _("Approved"),
    "confirmed": _("Confirmed: what was granted provisionally stands"),
    "returned": _("Returned for correction"),
    "handed_over": _("Handed to an officer"),
    "awaiting": _("Another agency was asked"),
    "consent_reminded": _("The agency was reminded to answer"),
    "consent_answered": _("An agency answered"),
    "checked_again": _("The registry answers again; checked anew"),
    "moved_up": _("There is a place for it by now; checked anew"),
    "resumed": _("The agency agreed; checked again"),
    "taken": _("Taken by an officer"),
    "released": _("Put back into the queue"),
    "reassigned": _("Given to another officer"),
    "transferred": _("Given to another office"),
    "refused": _("Refused"),
    "commitment_withdrawn": _("A commitment was taken back"),
    "material_handed_in": _("A promised file was handed in"),
    "promise_due": _("The day of a promised file is near"),
    "promise_lapsed": _("A promised file did not come in time"),
    "inspected": _("Inspected after the approval"),
    "credit_recorded": _("A commitment was untrue: entered in the credit record"),
    "withdrawn": _("Withdrawn"),
    "expired": _("Closed: not corrected in time"),
    "extended": _("The time to decide was extended"),
    "procedure_opened": _("A special procedure began; the time to decide stands still"),
    "procedure_ended": _("The special procedure has ended; the time to decide goes on"),
    "dispute_opened": _("A record was called wrong"),
    "dispute_answered": _("The keeper of a disputed record answered"),
    "dispute_withdrawn": _("A dispute was taken back"),
    "delivery_agreed": _("Electronic delivery was agreed to"),
    "delivered": _("The decision was delivered"),
    "deadline_changed": _("The deadline follows the published holidays"),
    "reopened": _("Opened again: the decision is contested"),
    **DELIBERATIONS,
}
# of an escalation: its stage, and what is soon overdue, or is
ESCALATIONS: Mapping[tuple[str, str], Text] = {
    ("soon", "decision"): _("Soon overdue: shown to the supervisor"),
    ("soon", "delivery"): _("To be delivered soon: shown to the supervisor"),
    ("over", "delivery"): _("Delivery is overdue: shown to the supervisor and the head"),
}
# the same where the office itself found an error
BY_OFFICER: Mapping[str, Text] = {
    "reopened": _("Opened again: the office found an error of its own"),
    "resubmitted": _("Corrected at a counter and handed in again"),
}
# the same where nobody contested anything, and where people were waited for and no agency
CHANGED: Mapping[str, Text] = {
    "reopened": _("Opened again: a record that the decision rests on has changed"),
}
# the same where a dispute is the cause
DISPUTED: Mapping[str, Text] = {
    "submitted": _("Handed in; a record was called wrong"),
    "resubmitted": _("Handed in again: a record was called wrong"),
}
COSIGNED: Mapping[str, Text] = {
    "awaiting": _("The others who must sign were asked"),
    "consent_answered": _("One of those who must sign has answered"),
    "resumed": _("All have signed; checked again"),
}

# what a document is worth to whoever verifies it, as certificates.words.STATE_WORDS has it
DOCUMENT_STANDINGS: dict[str, dict[str, Any]] = {
    "stands": {
        "zh": "真实有效",
        "en": "Genuine and in force",
        "sentence": {
            "zh": "这份文书由签发机关作出，未被改动；其中的决定至今有效。",
            "en": "The office issued this document, and what it decides stands.",
        },
        "tone": "ok",
        "sign": "met",
    },
    "genuine": {
        "zh": "真实",
        "en": "Genuine",
        "sentence": {
            "zh": "这份文书由签发机关作出，未被改动。",
            "en": "The office issued this document.",
        },
        "tone": "ok",
        "sign": "met",
    },
    "superseded": {
        "zh": "已不再有效",
        "en": "No longer in force",
        "sentence": {
            "zh": "这份文书由签发机关作出，但该决定此后被重新审查，不再有效，以新的决定为准。",
            "en": "The office issued this document, but what it decided was taken up again and no"
            " longer stands. A later decision takes its place.",
        },
        "tone": "wait",
        "sign": "unknown",
    },
    "ended": {
        "zh": "据此签发的证照已失效",
        "en": "The certificate issued on it is not in force",
        "sentence": {
            "zh": "这份文书由签发机关作出，但据此签发的证照已不在有效状态，以证照的核验结果为准。",
            "en": "The office issued this document, but the certificate that it granted is not in"
            " force now. Verify the certificate.",
        },
        "tone": "wait",
        "sign": "unknown",
    },
    "broken": {
        "zh": "核验不通过",
        "en": "Signature does not fit",
        "sentence": {
            "zh": "登记的内容与签名不符，请勿采信，并请告知签发机关。",
            "en": "What is recorded does not fit its signature. Do not rely on it, and tell the"
            " office.",
        },
        "tone": "bad",
        "sign": "unmet",
    },
}

REASONS: Mapping[str, Text] = {
    "disputed": _("The applicant says that a record is wrong"),
    "person_requested": _("The applicant asked for a person"),
    "automatic_off": _("Automatic decisions are switched off for this service"),
    "registry_suspended": _("Automatic decisions that rest on it are suspended"),
    "name_differs": _("The register has another name for this number, or no such number"),
    "guardian_ended": _("The registry of kinship no longer has who handed it in as a guardian"),
    "guardian_unknown": _("The registry of kinship has not confirmed the guardian"),
    "representative_changed": _(
        "The registry of enterprises names another representative than the one who handed it in"
    ),
    "name_unknown": _("The register has not confirmed the name"),
    "certificate_not_found": _("No such certificate of the applicant is on record"),
    "certificate_not_live": _("The certificate has ended, or is suspended"),
    "duplicate": _("The same thing was granted before and is valid"),
    "quota_full": _("There is no place left for it, in the order of acceptance"),
    "quota_unknown": _("How many places there are is not known"),
    "unprintable_name": _(
        "A character has no glyph in our fonts, or is of private use; if you approve, its code is"
        " printed"
    ),
    "contested": _("The decision is contested"),
    "own_error": _("The office found an error of its own in the decision"),
    "facts_changed": _("A record that the decision rests on has changed"),
    "engine_failed": _("The system could not finish this case"),
    "unanswered": _("Did not answer"),
    "not_confirmed": _("Its answer contradicts what was granted provisionally"),
    "confirmation_overdue": _("Did not confirm in time what was granted provisionally"),
    "unconfirmed": _("To be confirmed after the approval"),
    "term_over": _("The statutory day has come, and others have not answered"),
    "consent_denied": _("Another agency did not agree"),
    "unmet": _("Not met"),
    "unknown": _("Not known"),
    "denied": _("Another agency did not agree"),
    "asked": _("Another agency has not answered"),
    "needed": _("Another agency must agree"),
    "promised": _("A promised file is not there yet"),
    "consent_overdue": _("Another agency did not answer in time"),
    "consent_denied:cosign": _("One of those who must sign has declined"),
    "consent_overdue:cosign": _("Not everybody who must sign did so in time"),
    "cosign:denied": _("One of those who must sign has declined"),
    "cosign:asked": _("Not everybody who must sign has signed yet"),
    "cosign:needed": _("Others must sign"),
}

# why a registry's answer could not be used (exchange.queries.Answer.reason)
FAILURES: Mapping[str, Text] = {
    "timeout": _("no answer in time"),
    "connection": _("not reachable"),
    "tls": _("not reachable"),
    "blocked": _("not reachable"),
    "not_configured": _("not connected"),
    "no_such_registry": _("not connected"),
    "stale": _("the answer was old"),
    "silent": _("said nothing about this person"),
    "unsigned": _("the answer was not signed by the registry"),
    "worker_died": _("our query was interrupted"),
}

RISKS: Mapping[Risk, Text] = {Risk.LOW: _("low"), Risk.MEDIUM: _("medium"), Risk.HIGH: _("high")}


def failure(reason: str) -> Text:
    """Return why a registry's answer could not be used; an empty reason is of an answer."""
    return FAILURES.get(reason, _("the answer could not be used")) if reason else ""


# what did not pass is read first
RANK = {
    UNMET: 0,
    ConsentState.DENIED: 0,
    UNKNOWN: 1,
    ConsentState.ASKED: 2,
    NEEDED: 2,
    PROMISED: 2,
    UNCONFIRMED: 2,
    COMMITTED: 3,
    MET: 3,
    ConsentState.GRANTED: 3,
}
PASSED = (MET, COMMITTED, ConsentState.GRANTED)


def tally(lines: Sequence[Explanation]) -> str:
    """Return how many conditions passed, of how many that apply."""
    counted = [line for line in lines if line.result != NOT_APPLICABLE]
    passed = sum(line.result in PASSED for line in counted)
    return gettext("%(passed)d of %(all)d conditions met") % {"passed": passed, "all": len(counted)}


def keeper(registry: str) -> Text:
    """Return who keeps a registry, and may correct it (个人信息保护法 §46)."""
    found = settings.CITY.registries.get(registry)
    return in_language(found.keeper) if found else gettext("the office that keeps it")


def registry(book: Rulebook, code: str) -> str:
    """Return what an edition calls a registry; one that it does not name, what the city does."""
    ours = settings.CITY.registries.get(code)
    found = book.words_of_registry(code) or ({"zh": ours.zh, "en": ours.en} if ours else {})
    return found.get(language(), code)


def event(event: Event) -> Text:
    """Return what happened to an application, in words."""
    data = orjson.loads(event.data)
    if event.kind == "reopened" and CONFIRMATION in data:
        return gettext("Opened again: what was granted provisionally was not confirmed")
    if event.by.startswith(Kind.MACHINE) and event.kind in CHANGED:
        return CHANGED[event.kind]
    if event.by.startswith(Kind.OFFICER) and event.kind in BY_OFFICER:
        return BY_OFFICER[event.kind]
    if "disputes" in data and event.kind in DISPUTED:
        return DISPUTED[event.kind]
    if event.kind == "checked_again" and "disputed" in data.get("reasons", ()):
        return gettext("A dispute was settled, or the record changed; checked anew")
    escalated = data.get("stage"), data.get("of")
    if event.kind == "escalated" and escalated in ESCALATIONS:
        return ESCALATIONS[escalated]
    if event.kind == "expired" and "questions" in data:
        return gettext("Closed: a promised file did not come in time")
    if event.kind == "awaiting" and _waits_for_files(data):
        return gettext("Accepted; a promised file is to come")
    awaited = {data.get("item"), *(r.partition(":")[0] for r in data.get("reasons", ()))}
    if awaited - {None} == {COSIGN} and event.kind in COSIGNED:
        return COSIGNED[event.kind]
    return EVENTS.get(event.kind) or gettext("Recorded")


def _waits_for_files(data: Mapping[str, Any]) -> bool:
    reasons = data.get("reasons", ())
    return bool(reasons) and all(r.endswith(f":{PROMISED}") for r in reasons)


def reasons(handover: str, book: Rulebook, on: datetime.date) -> list[str]:
    """Return why a case is with an officer, from ``Application.handover``."""
    named = {line.id: line.words for line in conditions(book, on)}
    named |= {item.id: in_language(item) for item in book.consents.values()}
    registries = {code: registry(book, code) for code in settings.CITY.registries}
    return [
        _reason(reason, registries if reason.code in OF_REGISTRIES else named)
        for reason in parse(handover)
    ]


def conditions(book: Rulebook, on: datetime.date) -> list[Explanation]:
    """Return an edition's requirements in words, with the parameters of a day filled in."""
    nothing = judge(book, gather_inputs(book, {}, {}, {}, on)).payload()
    return [line for line in explain(book, nothing, language()) if line.kind == "requirement"]


def _reason(reason: Reason, named: Mapping[str, str]) -> str:
    if str(reason) in REASONS:
        return str(REASONS[str(reason)])
    parts = (reason.code, reason.detail)
    head = next((REASONS[part] for part in parts if part in REASONS), None)
    what = next((named[part] for part in parts if part in named), "")
    if head is None:
        return what or gettext("The system could not decide it")
    if not what:
        return str(head)
    return gettext("%(condition)s: %(result)s") % {"condition": head, "result": what}


def by_whom(event: Event, case: Application, acting: Representation | None = None) -> str:
    """Return who did what an event of a case says, as ``actor``; somebody for an enterprise, too.

    ``acting``: who handed the case in for its applicant.
    """
    is_own = case.applicant_kind == "enterprise" and event.kind not in _OF_SIGNERS
    return actor(event.by, case.applicant, acting, for_enterprise=is_own)


_OF_SIGNERS = ("consent_answered", "handed_over")  # by a citizen: one of those who sign


def actor(
    by: str, applicant: str, acting: Representation | None = None, *, for_enterprise: bool = False
) -> str:
    """Return who acted, as far as the applicant may know: the system, an officer, an agency.

    ``applicant`` is the keyed index of who applies, ``acting`` who handed it in for them; another
    citizen is one who must sign, or acts for the enterprise that applies (``for_enterprise``).
    """
    kind, _colon, code = by.partition(":")
    if kind == Kind.MACHINE:
        return gettext("System")
    if kind == Kind.CITIZEN and acting is not None and code == acting.representative:
        return acting.get_acting_display()
    if kind == Kind.CITIZEN and for_enterprise:
        return gettext("Somebody who acts for the enterprise")
    if kind == Kind.CITIZEN:
        return gettext("Applicant") if code == applicant else gettext("One of those who sign")
    if kind == Kind.OFFICER:
        return gettext("Officer")
    if kind == ASSISTANT:
        return gettext("Assistant: %(name)s") % {"name": assistant_words.name(code)}
    partner = settings.CITY.partners.get(code)
    return in_language(partner) or gettext("An agency")
