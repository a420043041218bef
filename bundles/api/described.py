"""Bundles as OpenAPI describes them: every document that a client may meet."""

from rest_framework import serializers

from approvals.api.described import ApplicantShape, ObjectField, WordsShape
from approvals.states import REACHABLE
from bundles.states import StepState

STATES = sorted({*(s.value for s in REACHABLE), *StepState.values} - {"submitted"}) + ["submitted"]


class StepShape(serializers.Serializer):
    code = serializers.CharField()
    service = serializers.CharField()
    edition = serializers.IntegerField(help_text="of the service, in force now")
    after = serializers.ListField(
        child=serializers.CharField(), help_text="steps that are granted before it is handed in"
    )
    choice = WordsShape(allow_null=True, help_text="by which people choose it; null: no choice")


class BundleShape(serializers.Serializer):
    code = serializers.CharField()
    name = WordsShape()
    summary = WordsShape()
    law = serializers.CharField()
    steps = StepShape(many=True)
    one_of = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="steps of which one is asked for; `steps` and `form` have the one in `with`",
    )
    form = ObjectField(help_text="JSON Schema of the joint answers, with all steps of choice")


class BundlesShape(serializers.Serializer):
    bundles = BundleShape(many=True)


class NewBundleShape(serializers.Serializer):
    bundle = serializers.CharField(max_length=40)
    editions = serializers.DictField(
        child=serializers.IntegerField(min_value=1),
        help_text="the steps that are wanted, each with the number of the edition shown",
    )
    applicant = ApplicantShape()
    answers = ObjectField(help_text="of the joint form: each question once")
    by_person = serializers.BooleanField(default=False, help_text="ask for decisions by a person")


class BundledStepShape(serializers.Serializer):
    code = serializers.CharField()
    service = serializers.CharField()
    state = serializers.ChoiceField(
        STATES, help_text="of its application, where it has one; else waiting, stopped or dropped"
    )
    application = serializers.CharField(
        allow_null=True, help_text="number; see /api/v1/applications/NUMBER"
    )
    after = serializers.ListField(child=serializers.CharField())
    why = WordsShape(allow_null=True, help_text="why it cannot follow, where it stopped")


class BundledCaseShape(serializers.Serializer):
    number = serializers.CharField()
    bundle = serializers.CharField()
    created_at = serializers.DateTimeField()
    steps = BundledStepShape(many=True)
