"""Bundles for other agencies' programs: what there is, handing one in, how far it is."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals.actions import Applicant
from approvals.api import described as shapes
from approvals.api import envelope, parsers
from approvals.api.idempotency import required_key
from approvals.api.views import actor_of, caller
from bundles import actions, offers, queries
from bundles.api import described
from bundles.models import BundledCase
from city.bundles import Bundle
from exchange.oauth import scopes
from ledger.clock import city_date, now
from ledger.events import instant
from people import traces
from people.errors import ActionRejected
from people.models import Reading
from people.names import normal_number
from services.bundles import Joint, join

FIELDS = {"bundle", "editions", "applicant", "answers", "by_person"}
WITH = OpenApiParameter(
    "with", str, many=True, description="steps to be shown of those of which one is asked for"
)
NUMBER = OpenApiParameter("number", str, OpenApiParameter.PATH, description="of a bundled case")


class Bundles(APIView):
    """The catalogue is public."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="bundles",
        summary="Which services can be applied for in one form (一件事)",
        parameters=[WITH],
        responses={200: described.BundlesShape, **shapes.problems(406, 503)},
    )
    def get(self, request: Request) -> Response:
        today = city_date(now())
        found = []
        for bundle in settings.CITY.bundles.values():
            there = offers.books(bundle, today)
            if offers.is_open(bundle, there):
                open_ = offers.choices(bundle, there)
                # of steps that stand for one another, those that are asked for by name
                chosen = [*request.query_params.getlist("with"), *open_]
                found.append(_bundle(bundle, join(bundle, there, chosen), open_))
        return Response({"bundles": found})


def _bundle(bundle: Bundle, joint: Joint, open_: list[str]) -> dict[str, Any]:
    return {
        "code": bundle.code,
        "name": {"zh": bundle.zh, "en": bundle.en},
        "summary": dict(bundle.summary),
        "law": bundle.law,
        "steps": [
            {
                "code": code,
                "service": book.code,
                "edition": book.number,
                "after": list(joint.after(code)),
                "choice": dict(choice) if (choice := bundle.steps[code].choice) else None,
            }
            for code, book in joint.books.items()
        ],
        "one_of": [[code for code in group if code in open_] for group in bundle.one_of],
        "form": joint.schema,
    }


class BundledCases(APIView):
    scope = scopes.APPLICATIONS_SUBMIT

    @extend_schema(
        operation_id="submit_bundle",
        summary="Apply for several services with one form",
        request=described.NewBundleShape,
        parameters=shapes.SUBMISSION[:1],
        responses={
            201: described.BundledCaseShape,
            **shapes.problems(400, 401, 403, 404, 406, 409, 411, 413, 415, 422, 429, 503),
        },
    )
    def post(self, request: Request) -> Response:
        parsers.require_length(request)
        key = required_key(request)
        who = caller(request)
        bundle, editions, new = _read(request.data)
        for code in editions:
            service = bundle.steps[code].service
            if not {"*", service} & set(who.partner.services):
                raise ActionRejected(
                    "not_your_service",
                    "贵单位未获授权代办此事项",
                    "Your agency may not apply for this service.",
                    status=403,
                    field=f"/editions/{code}",
                )
        joint = _joint(bundle, editions)
        case = actions.hand_in(
            new=actions.NewBundle(joint=joint, key=key, channel="api", client=who.partner, **new),
            by=who.actor,
            now=who.arrived,
        )
        response = Response(_case(case), status=201)
        response["Cache-Control"] = "no-store"
        response["Location"] = f"/api/v1/bundle-cases/{case.number}"
        return response


def _read(data: Any) -> tuple[Bundle, dict[str, int], dict[str, Any]]:
    """Return the bundle, the editions by step, the rest; raises ``ActionRejected`` (404, 422)."""
    faults: list[dict[str, str]] = []
    body = envelope.object_of(data, "", FIELDS, faults)
    code = envelope.text_of(body.get("bundle"), "/bundle", 40, faults)
    who = envelope.object_of(
        body.get("applicant"), "/applicant", {"kind", "number", "name"}, faults
    )
    kind = envelope.text_of(who.get("kind", "person"), "/applicant/kind", 12, faults)
    number = envelope.text_of(who.get("number"), "/applicant/number", 40, faults)
    name = envelope.text_of(who.get("name"), "/applicant/name", 100, faults)
    if kind != "person" and not faults:
        zh, en = "联办由个人申请，应为 person", "must be person: bundles are applied for by persons"
        faults.append(envelope.fault("/applicant/kind", zh, en))
    answers, by_person = body.get("answers"), body.get("by_person", False)
    if not isinstance(answers, dict):
        faults.append(envelope.fault("/answers", "必填，应为对象", "is required, as an object"))
    if not isinstance(by_person, bool):
        zh, en = "应为 true 或 false", "must be true or false"
        faults.append(envelope.fault("/by_person", zh, en))
    bundle = offers.find(code) if code else None
    editions = body.get("editions")
    if not isinstance(editions, dict) or not all(
        type(one) is int and 0 < one <= envelope.LARGEST for one in editions.values()
    ):
        zh, en = "必填，应为步骤到版本号的对象", "is required: the edition's number by step"
        faults.append(envelope.fault("/editions", zh, en))
    elif bundle is not None:
        for step in sorted(editions.keys() - bundle.steps.keys())[: parsers.FAULTS]:
            place = "/editions" + parsers.pointer(step)
            faults.append(envelope.fault(place, "没有这个步骤", "there is no such step"))
    envelope.require_none(faults)
    if bundle is None:
        raise _none()
    assert isinstance(editions, dict)  # else it was a fault
    applicant = Applicant("person", normal_number(number), name)
    return bundle, editions, {"applicant": applicant, "answers": answers, "by_person": by_person}


def _joint(bundle: Bundle, editions: dict[str, int]) -> Joint:
    """Return the joint form of exactly the steps that were named; raises ``ActionRejected``."""
    joint = offers.joint(bundle, city_date(now()), tuple(editions))
    if joint is None:
        raise _none()
    if joint.books.keys() != editions.keys():
        missing = sorted(joint.books.keys() ^ editions.keys())
        raise ActionRejected(
            "wrong_steps",
            f"步骤不完整或不能单选：{'、'.join(missing)}",
            f"These steps are missing, or cannot be chosen so: {', '.join(missing)}",
            status=422,
            field="/editions",
        )
    if any(joint.books[code].number != number for code, number in editions.items()):
        code = next(c for c, n in editions.items() if joint.books[c].number != n)
        raise ActionRejected(
            "edition_not_in_force",
            "所示版本不是现行版本，请核对变化后再提交",
            "That is not the edition in force; read what differs, and submit again.",
            field=f"/editions/{code}",
        )
    return joint


def _none() -> ActionRejected:
    return ActionRejected(
        "not_found",
        "没有这个一件事，或其中有事项暂停受理",
        "There is no such bundle, or one of its services takes no applications now.",
        status=404,
    )


class BundledCaseDetail(APIView):
    scope = scopes.APPLICATIONS_READ

    @extend_schema(
        operation_id="bundled_case",
        summary="How far each step of a bundled case is",
        parameters=[NUMBER],
        responses={
            200: described.BundledCaseShape,
            **shapes.problems(401, 404, 406, 429, 503),
        },
    )
    def get(self, request: Request, number: str) -> Response:
        case = queries.case(number, actor_of(request))
        arrived = caller(request).arrived
        traces.record(actor_of(request), Reading.Kind.CASE, case.number, arrived)
        return Response(_case(case), headers={"Cache-Control": "no-store"})


def _case(case: BundledCase) -> dict[str, Any]:
    return {
        "number": case.number,
        "bundle": case.bundle,
        "created_at": instant(case.created_at),
        "steps": [
            {
                "code": step.code,
                "service": step.service_id,
                "state": step.application.state if step.application else step.state,
                "application": step.application.number if step.application else None,
                "after": step.after,
                "why": {"zh": step.why["zh"], "en": step.why["en"]} if step.why else None,
            }
            for step in queries.steps(case)
        ],
    }
