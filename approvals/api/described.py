"""The API as OpenAPI describes it: every status, header and document that a client may meet."""

from typing import Any, get_args

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema_field
from rest_framework import serializers

from approvals.actions.disputes import MOST
from approvals.api import conditional
from approvals.api.envelope import LARGEST
from approvals.rows.disputes import CLAIM_LONGEST, REASON_LONGEST, DisputeState
from approvals.states import REACHABLE, DocumentKind, Outcome
from materials.content import Kind
from services.difference import Part

KEY = r"[\x21-\x7e]{8,120}"
PROBLEM = "application/problem+json"

OBJECT = {"type": "object", "additionalProperties": True}


@extend_schema_field(OBJECT)
class ObjectField(serializers.JSONField):
    """An object whose inside another schema describes, such as an edition's form."""


class WordsShape(serializers.Serializer):
    zh = serializers.CharField()
    en = serializers.CharField()


class DepartmentShape(WordsShape):
    office = serializers.CharField()


class TermShape(serializers.Serializer):
    days = serializers.IntegerField()
    unit = serializers.ChoiceField(["working", "calendar"])


class RequirementShape(serializers.Serializer):
    id = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()
    law = serializers.CharField()
    unmet = serializers.ChoiceField(["refer", "return"])


class ServiceShape(serializers.Serializer):
    code = serializers.CharField()
    name = WordsShape()
    summary = WordsShape()
    department = DepartmentShape()
    edition = serializers.IntegerField()
    edition_hash = serializers.CharField(help_text="SHA-256 of the published pack")
    legal_kind = serializers.ChoiceField(["licence", "confirmation", "benefit", "filing"])
    applicant = serializers.ChoiceField(["person", "enterprise"])
    visits = serializers.IntegerField(help_text="how often the applicant must appear in person")
    promised = TermShape()
    statutory = TermShape()
    form = ObjectField(help_text="JSON Schema 2020-12 of the answers")
    requirements = RequirementShape(many=True)


class CatalogueShape(serializers.Serializer):
    services = ServiceShape(many=True)


class ApplicantShape(serializers.Serializer):
    kind = serializers.ChoiceField(["person", "enterprise"], required=False)
    number = serializers.CharField(
        max_length=40, help_text="GB 11643 identity number or GB 32100 code"
    )
    name = serializers.CharField(max_length=100)


class ClaimShape(serializers.Serializer):
    fact = serializers.CharField(max_length=80, help_text="a fact of the edition, by its name")
    claim = serializers.CharField(max_length=CLAIM_LONGEST, help_text="what it should be")
    reason = serializers.CharField(max_length=REASON_LONGEST, help_text="why the record is wrong")


class SubmissionShape(serializers.Serializer):
    service = serializers.CharField(
        max_length=40, help_text="code of a service in GET /api/v1/services"
    )
    edition = serializers.IntegerField(
        min_value=1,
        max_value=LARGEST,
        help_text="number of the edition that whoever applies was shown; when another one is in"
        " force, the answer is a 409 that says what differs",
    )
    applicant = ApplicantShape()
    answers = ObjectField(help_text="valid against the service's form")
    by_person = serializers.BooleanField(
        default=False, help_text="ask for a decision by a person (个人信息保护法 art. 24)"
    )
    disputes = ClaimShape(
        many=True,
        required=False,
        help_text=f"what registries say of the applicant and is wrong, {MOST} at most: the keepers"
        " are asked, and an officer decides meanwhile",
    )


class ReadingShape(serializers.Serializer):
    value = serializers.JSONField(allow_null=True)
    version = serializers.CharField(allow_blank=True)


class DisputeShape(ClaimShape):
    number = serializers.IntegerField(help_text="within the case, from 1")
    registry = serializers.CharField()
    state = serializers.ChoiceField(DisputeState.values)
    record = ReadingShape(allow_null=True, help_text="the record when it was called wrong")
    corrected_record = ReadingShape(allow_null=True, help_text="the corrected record")
    answer = serializers.CharField(allow_blank=True, help_text="the keeper's words")
    files = serializers.ListField(
        child=serializers.CharField(), help_text="SHA-256 of what came with it, in hex"
    )
    opened_at = serializers.DateTimeField()
    notified_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True, help_text="by when the keeper answers")
    answered_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class CertificateLink(serializers.Serializer):
    identifier = serializers.CharField(help_text="GB/T 36904")
    number = serializers.CharField()
    verify = serializers.CharField(help_text="path of the public page")


class ContestShape(WordsShape):
    law = serializers.CharField()


class PlaceShape(serializers.Serializer):
    period = serializers.CharField(allow_blank=True, help_text="the year; empty: all together")
    group = serializers.CharField(allow_blank=True)
    accepted_at = serializers.DateTimeField(required=False)
    ordinal = serializers.CharField(required=False, help_text="in the order of acceptance")
    position = serializers.CharField(
        allow_blank=True, help_text="among those whose place was not freed, when it was decided"
    )
    places = serializers.CharField(allow_blank=True, help_text="how many there were then")
    edition = serializers.CharField(required=False, help_text="hash of the one that says how many")


class ProvisionalApprovalShape(serializers.Serializer):
    registries = serializers.ListField(
        child=serializers.CharField(), help_text="those that have not answered"
    )
    facts = serializers.ListField(child=serializers.CharField())
    until = serializers.DateField(help_text="the last day by which it is confirmed")
    due_at = serializers.DateTimeField(help_text="the first moment after that day")
    otherwise = serializers.ChoiceField(
        ["suspend", "lapse"], help_text="what becomes of the certificate where it is not"
    )


class DecisionShape(serializers.Serializer):
    outcome = serializers.ChoiceField(Outcome.values)
    by = serializers.CharField()
    at = serializers.DateTimeField()
    reasons = serializers.ListField(child=serializers.CharField())
    verdict = ObjectField(help_text="each condition: met, unmet, unknown or not applicable")
    contest = ContestShape(
        allow_null=True, help_text="of an approval or a refusal; null where nothing is decided yet"
    )
    provisional = ProvisionalApprovalShape(
        allow_null=True,
        help_text="of an approval that a registry has yet to confirm; confirmed, a later decision"
        " has null here",
    )
    place = PlaceShape(
        allow_null=True, help_text="of a service that has so many places; null for any other"
    )


class LinksShape(serializers.Serializer):
    self = serializers.CharField()
    receipt = serializers.CharField()
    documents = serializers.CharField()
    certificates = serializers.CharField()


class ApplicationShape(serializers.Serializer):
    number = serializers.CharField()
    service = serializers.CharField()
    edition = serializers.IntegerField()
    state = serializers.ChoiceField([state.value for state in REACHABLE])
    submitted_at = serializers.DateTimeField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(
        allow_null=True, help_text="statutory deadline; null while the clock stands still"
    )
    promised_at = serializers.DateTimeField(allow_null=True, help_text="null likewise")
    due_provisional = serializers.BooleanField(help_text="the year's holidays are unpublished")
    correct_by = serializers.DateTimeField(allow_null=True)
    checks_due = serializers.IntegerField(help_text="agencies that have yet to answer")
    decision = DecisionShape(allow_null=True)
    certificate = CertificateLink(allow_null=True)
    disputes = DisputeShape(many=True)
    links = LinksShape()


class DocumentShape(serializers.Serializer):
    kind = serializers.ChoiceField(DocumentKind.values)
    title = WordsShape()
    issued_at = serializers.DateTimeField()
    file = serializers.CharField(help_text="path of the signed PDF/A")


class DocumentsShape(serializers.Serializer):
    documents = DocumentShape(many=True)


class MaterialShape(serializers.Serializer):
    sha256 = serializers.CharField(help_text="in hex: what the question is answered with")
    kind = serializers.ChoiceField([kind.value for kind in Kind])
    bytes = serializers.IntegerField()
    pages = serializers.IntegerField()
    scanned = serializers.BooleanField(help_text="a scanner looked for malware and found none")
    kept_until = serializers.DateTimeField(
        allow_null=True, help_text="deleted then, unless an application names it; null: one does"
    )


class FaultShape(serializers.Serializer):
    pointer = serializers.CharField(help_text="JSON pointer (RFC 6901), or a header's name")
    zh = serializers.CharField()
    en = serializers.CharField()


class DifferenceShape(WordsShape):
    part = serializers.ChoiceField(list(get_args(Part)))
    kind = serializers.ChoiceField(["added", "changed", "removed"])
    id = serializers.CharField(help_text="its code, or a question's JSON pointer")


class ProblemShape(serializers.Serializer):
    """RFC 9457, in both languages."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="stable; for programs")
    detail = serializers.CharField()
    detail_zh = serializers.CharField()
    # DRF's own attribute of this name is not used: these shapes only describe
    errors = FaultShape(many=True, required=False)  # type: ignore[assignment]
    edition = serializers.IntegerField(
        required=False, help_text="the edition in force, when that is what is wrong (409)"
    )
    edition_hash = serializers.CharField(required=False)
    differences = DifferenceShape(
        many=True, required=False, help_text="what that edition asks or demands otherwise"
    )


WHY = {
    400: "malformed JSON, a header is missing, or a token is in the address",
    401: "no token, or not one that is valid now",
    403: "this agency may not do that, or its token lacks the scope",
    404: "there is none, or it is not yours",
    406: "this interface answers in JSON only",
    409: "another edition is in force, or somebody else was first",
    411: "a Content-Length is needed",
    412: "it has moved since you read it",
    413: "the body is larger than 1,000,000 bytes; of a file, than 10,000,000",
    415: "send application/json",
    422: "a field is wrong; `errors` names each",
    429: "too many requests; wait for `Retry-After` seconds",
    503: "not now; repeat with the same Idempotency-Key",
}


def problems(*statuses: int) -> dict[Any, Any]:
    """Return the responses of a view for these statuses, each a problem document.

    Wherever a token is asked for (401), it may be in the address (400) or lack the scope (403).
    """
    return {
        (status, PROBLEM): OpenApiResponse(ProblemShape, description=WHY[status])
        for status in sorted({*statuses, *({400, 403} if 401 in statuses else ())})
    }


def _returned(name: str, statuses: list[int], words: str, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        more.pop("type", OpenApiTypes.STR),
        OpenApiParameter.HEADER,
        response=statuses,
        description=words,
        **more,
    )


CODE = OpenApiParameter("code", OpenApiTypes.STR, OpenApiParameter.PATH, description="of a service")
QUESTION = OpenApiParameter(
    "question",
    OpenApiTypes.STR,
    OpenApiParameter.PATH,
    description="of the service's form, whose items have the format `material`",
)
NUMBER = OpenApiParameter(
    "number", OpenApiTypes.STR, OpenApiParameter.PATH, description="of an application"
)
PREFER = OpenApiParameter(
    "Prefer",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="wait=N (RFC 7240): wait up to N seconds, at most 5, for the decision",
)
KEYED = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    pattern=f"^{KEY}$",
    description="8 to 120 visible characters: repeated with the same key and body within 24 hours,"
    " it is done once and answered the same; with another body, or at another address, it is a 422;"
    " while the first is under way a 409",
)
SUBMISSION = [
    OpenApiParameter(
        "Idempotency-Key",
        OpenApiTypes.STR,
        OpenApiParameter.HEADER,
        required=True,
        pattern=f"^{KEY}$",
        description="8 to 120 visible characters; the same key and body give the same"
        " application for 24 hours",
    ),
    PREFER,
    _returned("Location", [201, 202], "path of the application", required=True),
    _returned("Retry-After", [202], "seconds until it is worth asking again", required=True),
    _returned("Preference-Applied", [201, 202], "wait=N as it was applied"),
]
_TAGGED = "of the answer; another when anything in it is"
ETAG = _returned("ETag", [200], _TAGGED, required=True)
READ = [conditional.IF_NONE_MATCH, _returned("ETag", [200, 304], _TAGGED, required=True)]
NOT_MODIFIED = conditional.NOT_MODIFIED
APPLIED = _returned("Preference-Applied", [200], "wait=N as it was applied")
SIGNATURE = [
    _returned("Signature-Key", [200], "`kid` in /.well-known/jwks.json", required=True),
    _returned("Signature-Algorithm", [200], "Ed25519", required=True),
    _returned("Signature-Hex", [200], "over the body's bytes as they came", required=True),
]
