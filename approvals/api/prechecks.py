"""Judging before anything is handed in: no case, and a look-up for each registry that is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals import policies
from approvals.actions import applicants, editions, prechecks, submission
from approvals.actions.answers import validate
from approvals.actions.applicants import Applicant
from approvals.api import described, envelope, parsers
from approvals.api.views import caller
from exchange.oauth import scopes
from ledger.clock import city_date
from people import rates
from people.actors import agency
from people.errors import ActionRejected
from services import catalogue
from services.verdict import MET, Finding

RATE = rates.Rate("precheck", "600/minute")  # of one agency: each asks the registries anew
FIELDS = {"edition", "applicant", "answers", "agreed"}


class PrecheckInShape(serializers.Serializer):
    edition = serializers.IntegerField(
        min_value=1, max_value=envelope.LARGEST, help_text="number of the edition that was shown"
    )
    applicant = described.ApplicantShape()
    answers = described.ObjectField(help_text="valid against the service's form")
    agreed = serializers.BooleanField(
        help_text="true: the applicant has agreed that registries are asked about them now"
        " (个人信息保护法 art. 13); each look-up is on their list of who looked, with your agency"
    )


class ConditionShape(serializers.Serializer):
    id = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()
    law = serializers.CharField()
    result = serializers.CharField(help_text="met, unmet, unknown, not_applicable, committed …")
    unmet = serializers.ChoiceField(["refer", "return"], help_text="what follows when it is unmet")
    undisclosed = serializers.BooleanField(
        help_text="its facts are told to nobody: `uses` is empty, and why it failed is not said"
    )
    uses = described.ObjectField(
        help_text="the facts that it was judged on, by their names; none where `identity`"
        " is not met"
    )
    unknown = serializers.ListField(
        child=serializers.CharField(), help_text="facts that nobody has answered"
    )
    later = serializers.BooleanField(help_text="judged after submission only")


class DuplicateShape(described.WordsShape):
    code = serializers.CharField()


class PrecheckShape(serializers.Serializer):
    follows = serializers.ChoiceField(
        [prechecks.CLEAR, prechecks.CORRECTION, prechecks.PERSON, prechecks.AGENCY],
        help_text="what would come of submitting now, by what is known: nothing stands against it,"
        " it would be returned, an officer would look at it, another agency would be asked",
    )
    identity = serializers.ChoiceField(
        ["met", "unmet", "unknown"], help_text="whether number and name are of one person"
    )
    conditions = ConditionShape(many=True)
    consents = described.ObjectField(help_text="other agencies' approvals, by item: their state")
    silent = serializers.ListField(
        child=serializers.CharField(), help_text="registries that did not answer"
    )
    asked_later = serializers.ListField(
        child=serializers.CharField(), help_text="registries that are asked after submission"
    )
    duplicate = DuplicateShape(
        allow_null=True, help_text="why the submission would be rejected for what exists already"
    )


class Precheck(APIView):
    scope = scopes.APPLICATIONS_SUBMIT

    @extend_schema(
        operation_id="precheck",
        summary="Judge what somebody may apply for, without submitting it",
        request=PrecheckInShape,
        parameters=[described.CODE],
        responses={
            200: PrecheckShape,
            **described.problems(400, 401, 403, 404, 406, 409, 411, 413, 415, 422, 429, 503),
        },
    )
    def post(self, request: Request, code: str) -> Response:
        parsers.require_length(request)
        who = caller(request)
        body, today = _read(request.data), city_date(who.arrived)
        book = catalogue.rulebook(submission.current(code, today))
        policies.require_service(who.partner, code)
        if body.edition != book.number:
            raise editions.not_in_force(body.edition, book, today)
        applicants.require(body.applicant, book, today)
        answers = validate(book, body.answers, on=today)
        if rates.is_over(RATE, who.partner.code):
            raise rates.too_many()
        found = prechecks.precheck(
            planned=prechecks.Planned(book, body.applicant, answers, today),
            whole=True,
            purpose=f"precheck:{code}",
            by=agency(who.partner),
            now=who.arrived,
        )
        return Response(_shape(found), headers={"Cache-Control": "no-store"})


@dataclass(frozen=True, slots=True)
class _Planned:
    edition: int
    applicant: Applicant
    answers: dict[str, Any]


def _read(data: Any) -> _Planned:
    """Return what is to be judged; raises ``ActionRejected`` (422) naming every field."""
    faults: list[dict[str, str]] = []
    body = envelope.object_of(data, "", FIELDS, faults)
    edition = envelope.edition_of(body.get("edition"), faults)
    applicant = envelope.applicant_of(body.get("applicant"), faults)
    answers = envelope.answers_of(body.get("answers"), faults)
    if body.get("agreed") is not True:
        zh = "应为 true：申请人已同意现在查询其信息"
        en = "must be true: the applicant has agreed that registries are asked about them now"
        faults.append(envelope.fault("/agreed", zh, en))
    envelope.require_none(faults)
    return _Planned(edition, applicant, answers)


def _shape(found: prechecks.Precheck) -> dict[str, Any]:
    later, states = found.later, found.verdict.consent_states
    is_known = found.identity.result == MET
    by_id = {one.id: one for one in found.verdict.rulebook.pack.requirements}
    return {
        "follows": found.follows,
        "identity": found.identity.result,
        "conditions": [
            _condition(finding, by_id[finding.id], later=finding.id in later, is_known=is_known)
            for finding in found.verdict.findings
        ],
        "consents": {item: str(state) for item, state in states.items()},
        "silent": list(dict.fromkeys(found.silent)),
        "asked_later": list(found.left_out),
        "duplicate": _duplicate(found.duplicate),
    }


def _condition(finding: Finding, spec: Any, *, later: bool, is_known: bool) -> dict[str, Any]:
    """Of an undisclosed condition, and of whom the number and name do not name, only the result:
    who asks for another learns no more."""
    is_told = is_known and not spec.undisclosed
    uses: Mapping[str, Any] = finding.uses if is_told else {}
    return {
        "id": finding.id,
        **{name: getattr(spec, name) for name in ("zh", "en", "law", "unmet", "undisclosed")},
        "result": str(finding.result),
        "uses": dict(uses),
        "unknown": list(finding.unknown),
        "later": later,
    }


def _duplicate(rejected: ActionRejected | None) -> dict[str, str] | None:
    """Without the number of a case: it may be one that another agency or the person handed in."""
    if rejected is None:
        return None
    return {
        "code": rejected.code,
        "zh": "已有同一事项的办件或证照",
        "en": "There is an application or a certificate for the same already.",
    }
