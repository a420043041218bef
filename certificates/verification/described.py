"""Certificates and filings as OpenAPI describes them for programs."""

from rest_framework import serializers

from certificates.states import FilingState, State

# a certificate whose signature does not fit its own record says that, and nothing else
STATES = [*State.values, "broken"]


class TypeShape(serializers.Serializer):
    code = serializers.CharField(help_text="of the type of certificate (GB/T 36903), 21 digits")
    kind = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()


class HolderShape(serializers.Serializer):
    name = serializers.CharField(help_text="of a person masked, of a business whole")
    number = serializers.CharField(help_text="of a person masked")


class IssuerShape(serializers.Serializer):
    uscc = serializers.CharField(help_text="GB 32100 code of the office")
    zh = serializers.CharField()
    en = serializers.CharField()


class CertificateEndingShape(serializers.Serializer):
    ground = serializers.CharField(allow_blank=True)
    law = serializers.CharField(allow_blank=True)


class EndorsedShape(serializers.Serializer):
    until = serializers.DateField(help_text="in force up to that day, unless endorsed again")
    zh = serializers.CharField()
    en = serializers.CharField()
    law = serializers.CharField()


class InspectedShape(serializers.Serializer):
    code = serializers.ChoiceField(["due", "passed", "rectify", "untrue"])
    due = serializers.DateField()
    zh = serializers.CharField()
    en = serializers.CharField()


class PartShape(serializers.Serializer):
    item = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()
    state = serializers.ChoiceField(FilingState.values)
    receiver = serializers.CharField(allow_blank=True, help_text="code of the agency")


class VersionShape(serializers.Serializer):
    version = serializers.CharField()
    issued = serializers.DateField()
    state = serializers.ChoiceField(State.values)
    is_this = serializers.BooleanField()


class NamedRegistryShape(serializers.Serializer):
    zh = serializers.CharField()
    en = serializers.CharField()


class ProvisionalShape(serializers.Serializer):
    until = serializers.DateField(help_text="the last day by which it is confirmed")
    registries = NamedRegistryShape(many=True, help_text="that have not answered")
    is_over = serializers.BooleanField(help_text="that day has passed")
    zh = serializers.CharField()
    en = serializers.CharField()


class CertificateShape(serializers.Serializer):
    """A ``broken`` one has its state alone: nothing that it says may be relied on."""

    state = serializers.ChoiceField(STATES)
    state_zh = serializers.CharField()
    state_en = serializers.CharField()
    since = serializers.CharField(
        required=False, allow_blank=True, help_text="the day on which it came to stand so, or empty"
    )
    ending = CertificateEndingShape(required=False, help_text="why it is no longer in force")
    id = serializers.CharField(required=False, help_text="public id")
    identifier = serializers.CharField(required=False, help_text="GB/T 36904")
    number = serializers.CharField(required=False, help_text="as printed")
    version = serializers.CharField(required=False)
    type = TypeShape(required=False)
    holder = HolderShape(required=False)
    issuer = IssuerShape(required=False)
    issued = serializers.DateField(required=False)
    expires = serializers.CharField(
        required=False, allow_blank=True, help_text="its last day; empty: it has none"
    )
    endorsement = EndorsedShape(required=False, allow_null=True)
    substituted = serializers.BooleanField(
        required=False, help_text="rare characters are printed by their codes"
    )
    provisional = ProvisionalShape(
        required=False, help_text="of one that a registry has yet to confirm (暂准)"
    )
    inspected = InspectedShape(
        required=False, help_text="of one that was granted on a commitment (告知承诺)"
    )
    parts = PartShape(many=True, required=False, help_text="what is consolidated in it (多证合一)")
    versions = VersionShape(many=True, required=False, help_text="of one that was changed")
    checked_at = serializers.DateTimeField(required=False)


class FilingShape(serializers.Serializer):
    filing = serializers.UUIDField()
    item = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()
    state = serializers.ChoiceField(FilingState.values)
    cause = serializers.CharField(help_text="issued, changed, or what ended the licence or part")
    certificate = serializers.CharField(help_text="its identifier")
    number = serializers.CharField(help_text="as printed on the licence")
    attempts = serializers.IntegerField()
    pushed_at = serializers.DateTimeField(allow_null=True)
    answer_by = serializers.DateTimeField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    receipt = serializers.CharField(allow_blank=True, help_text="your own number")
    reason = serializers.CharField(allow_blank=True)


class FilingsShape(serializers.Serializer):
    filings = FilingShape(many=True)
    next = serializers.CharField(allow_null=True, help_text="`cursor` of the next page; null: none")
