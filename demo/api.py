"""The personas for developers of programs, with what to send and what comes of it."""

from typing import Any

from django.conf import settings
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals.api import described
from approvals.states import State
from demo.examples import examples
from ledger.clock import city_date, now


class PersonaShape(described.WordsShape):
    persona = serializers.CharField()
    outcome = serializers.ChoiceField(
        [state.value for state in (State.APPROVED, State.RETURNED, State.WAITING, State.REVIEW)],
        help_text="the state that the application comes to by itself, in a fresh sandbox",
    )
    body = described.SubmissionShape(help_text="for POST /api/v1/applications, as it is")


class PersonasShape(serializers.Serializer):
    personas = PersonaShape(many=True)


class Personas(APIView):
    """In a demo alone; everybody in it is fictional."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="personas",
        summary="Fictional people of the sandbox, and what comes of their applications",
        responses={200: PersonasShape, **described.problems(404, 406, 503)},
    )
    def get(self, request: Request) -> Response:
        if not settings.DEMO:
            raise Http404
        found: list[dict[str, Any]] = [
            {
                "persona": one.persona.kind,
                "zh": one.persona.zh,
                "en": one.persona.en,
                "outcome": one.outcome.value,
                "body": one.body,
            }
            for one in examples(city_date(now()))
        ]
        return Response({"personas": found}, headers={"Cache-Control": "no-store"})
