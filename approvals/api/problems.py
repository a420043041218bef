"""Problem documents (RFC 9457) in Chinese and English, for what goes wrong at an entry point."""

import logging
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response

from bulk import Conflict
from exchange.oauth import challenges
from people.errors import ActionRejected

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"


def document(refused: ActionRejected) -> dict[str, Any]:
    """Return the problem document of a refusal."""
    body: dict[str, Any] = {
        **refused.members,
        "type": f"urn:miaopi:problem:{refused.code}",
        "title": HTTPStatus(refused.status).phrase,
        "status": refused.status,
        "code": refused.code,
        "detail": refused.en,
        "detail_zh": refused.zh,
    }
    faults = list(refused.faults)
    if refused.field and not faults:
        faults = [{"pointer": refused.field, "zh": refused.zh, "en": refused.en}]
    if faults:
        body["errors"] = faults
    return body


def http(refused: ActionRejected, **headers: str) -> HttpResponse:
    """Return the refusal as a plain Django response, for entry points outside DRF."""
    return HttpResponse(
        orjson.dumps(document(refused)),
        status=refused.status,
        content_type=MEDIA_TYPE,
        headers={**_headers(refused), **headers},
    )


def _headers(refused: ActionRejected) -> dict[str, str]:
    match refused.status:
        case 401:
            return {"WWW-Authenticate": challenges.bearer(), **refused.headers}
        case 429 | 503:
            return {"Retry-After": "5", **refused.headers}
    return refused.headers


def not_allowed() -> ActionRejected:
    return _from_rest(exceptions.MethodNotAllowed(""))


@csrf_exempt
def no_such_path(request: HttpRequest, path: str = "") -> HttpResponse:
    """Programs get a problem document for an address that does not exist, too."""
    return http(
        ActionRejected("not_found", "没有这个地址", "There is no such address.", status=404)
    )


def known(error: Exception) -> ActionRejected | None:
    """Translate what may leave an action or the frame into a refusal; None for a bug of ours."""
    if isinstance(error, ActionRejected):
        return error
    if isinstance(error, Conflict):
        return ActionRejected(
            "conflict", "数据刚被更新，请重试", "Somebody else was first; try again."
        )
    if isinstance(error, OperationalError | InterfaceError):
        return ActionRejected(
            "unavailable",
            "系统暂时繁忙，请稍后用同一幂等键重试",
            "We cannot reach our database now; retry soon with the same Idempotency-Key.",
            status=503,
        )
    if isinstance(error, Http404):
        return ActionRejected("not_found", "没有找到", "Not found.", status=404)
    if isinstance(error, PermissionDenied):
        return ActionRejected("forbidden", "无权访问", "You may not do this.", status=403)
    if isinstance(error, exceptions.APIException):
        return _from_rest(error)
    return None


def _from_rest(error: exceptions.APIException) -> ActionRejected:
    words = {
        400: ("bad_request", "请求有误", "The request is malformed."),
        401: ("not_authenticated", "请提供访问令牌", "Send your agency's token."),
        403: ("forbidden", "无权访问", "You may not do this."),
        404: ("not_found", "没有找到", "Not found."),
        405: ("method_not_allowed", "不支持该请求方法", "This method is not allowed here."),
        406: ("not_acceptable", "本接口只返回 JSON", "This interface answers in JSON only."),
        415: ("unsupported_media_type", "请以 application/json 提交", "Send application/json."),
        429: ("too_many", "请求过于频繁", "Too many requests."),
    }
    code, zh, en = words.get(error.status_code, ("error", "请求失败", "The request failed."))
    return ActionRejected(code, zh, en, status=error.status_code)


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler."""
    refused = known(error)
    if refused is None:
        log.error("%s failed", context["request"].path, exc_info=error)
        refused = internal()
    return Response(
        document(refused),
        status=refused.status,
        content_type=MEDIA_TYPE,
        headers=_headers(refused),
    )


def internal() -> ActionRejected:
    """What a bug of ours looks like from outside: nothing but that it is one."""
    return ActionRejected(
        "internal", "系统内部错误，已记录", "An error of ours; it was logged.", status=500
    )
