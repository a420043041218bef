"""The receipt (决定书) as OpenAPI describes it; ``approvals.records.receipts`` makes it.

Its numbers are text: it is canonical JSON. Where a key is not required, it is there only for a
case that has such.
"""

from rest_framework import serializers

from approvals.api.described import (
    ApplicantShape,
    ContestShape,
    ObjectField,
    PlaceShape,
    ProvisionalApprovalShape,
)
from approvals.states import Outcome


class IdentityShape(serializers.Serializer):
    registry = serializers.CharField()
    outcome = serializers.ChoiceField(["found", "absent", "failed"])
    declared = serializers.CharField(help_text="the name that was handed in")
    registered = serializers.CharField(allow_null=True, help_text="the name in the register")
    result = serializers.ChoiceField(["met", "unmet", "unknown"])


class AnswerProofShape(serializers.Serializer):
    algorithm = serializers.ChoiceField(["Ed25519", "HS256"])
    kid = serializers.CharField(help_text="of the key of the registry's answers")
    statement = serializers.CharField(help_text="SHA-256 of the JWS that the agency signed")
    item = serializers.CharField(help_text="SHA-256 of its disclosure about this subject")


class EvidenceShape(serializers.Serializer):
    registry = serializers.CharField()
    subject = serializers.CharField(
        required=False, help_text="whom it was asked about, where that is not the applicant"
    )
    outcome = serializers.CharField()
    version = serializers.CharField(allow_blank=True, help_text="of the record")
    read_at = serializers.DateTimeField()
    sha256 = serializers.CharField(help_text="of the answer")
    strength = serializers.ChoiceField(
        ["signed", "authenticated", "store"],
        required=False,
        help_text="signed: can be proved to the agency and to others; authenticated: by a shared"
        " secret, to nobody else; store: read from the city's own store",
    )
    proof = AnswerProofShape(required=False, help_text="of what another agency answered")
    reused = ObjectField(
        required=False,
        help_text="an answer that was read before (`from` which evidence, `because` of what)",
    )


class OfficerShape(serializers.Serializer):
    name = serializers.CharField()
    office = serializers.CharField()


class EntitledShape(serializers.Serializer):
    kind = serializers.CharField()
    period = serializers.CharField()
    amount = serializers.CharField(allow_null=True, help_text="a period, in yuan, of that day")
    first_period = serializers.CharField(allow_null=True)


class ReceiptShape(serializers.Serializer):
    """Canonical JSON; verify the signature over the bytes as they came."""

    type = serializers.CharField(help_text="miaopi/receipt/2")
    application = serializers.CharField()
    service = serializers.CharField()
    edition = serializers.CharField(help_text="SHA-256 of the published pack")
    edition_number = serializers.CharField()
    applicant = ApplicantShape(help_text="number masked")
    office = serializers.CharField()
    as_of = serializers.DateField(help_text="the day by which it was judged")
    round = serializers.CharField(help_text="how often it was handed in")
    by_person = serializers.BooleanField()
    automatic = serializers.BooleanField()
    contested = serializers.CharField(allow_blank=True)
    printable = serializers.BooleanField()
    is_second = serializers.BooleanField()
    identity = IdentityShape(help_text="number and name against the register")
    facts = ObjectField(help_text="as the rules read them; those of others as salted SHA-256")
    evidence = EvidenceShape(many=True)
    verdict = ObjectField(help_text="each condition: met, unmet, unknown or not applicable")
    outcome = serializers.ChoiceField(Outcome.values)
    reasons = serializers.ListField(child=serializers.CharField())
    by = serializers.CharField()
    officer = OfficerShape(allow_null=True, help_text="null: the machine decided")
    proposed_by = OfficerShape(allow_null=True, help_text="of an approval against the verdict")
    at = serializers.DateTimeField()
    contest = ContestShape(allow_null=True)
    opened = serializers.ListField(child=serializers.CharField(), required=False, allow_null=True)
    permitted_by = ObjectField(required=False, allow_null=True)
    legal_review = ObjectField(required=False)
    provisional = ProvisionalApprovalShape(
        required=False, help_text="of an approval that a registry has yet to confirm (暂准)"
    )
    confirms = ObjectField(
        required=False, help_text="the provisional decision that this one confirms, by its SHA-256"
    )
    intake = ObjectField(required=False, help_text="of what was taken at a counter")
    disputes = serializers.ListField(child=ObjectField(), required=False)
    representation = ObjectField(required=False, help_text="of what another handed in online")
    materials = serializers.ListField(child=ObjectField(), required=False)
    undertakings = serializers.ListField(child=ObjectField(), required=False)
    subject = ObjectField(required=False, help_text="the certificate that it changes")
    quota = PlaceShape(required=False)
    outdated = serializers.ListField(child=serializers.CharField(), required=False)
    suspended = serializers.ListField(child=serializers.CharField(), required=False)
    entitlements = EntitledShape(many=True, required=False)
