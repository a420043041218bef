"""Pages for what went wrong: in both languages at once, because we may not know the reader's.

Programs (``/api/``, ``/webhooks/``) get a problem document (RFC 9457) instead of a page.
"""

import logging

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from portal import resending

log = logging.getLogger(__name__)

# no status of their own
LOCKED_OUT = 0  # a 429, which says that it takes an hour
STALE = 1  # a 403: the form's token is of another log-in, or too old
OFFICER = 2  # a 403: pages of citizens, asked for by an officer
FILES = 3  # a 413: a form that may have files

TEXTS = {
    400: (
        "请求有误",
        "页面发来的内容不完整或格式不对。请返回上一页再试。",
        "The request was not right",
        "What was sent is incomplete or malformed. Go back and try again.",
    ),
    403: (
        "您不能查看这个页面",
        "请确认登录的身份，或换一个身份登录。",
        "You may not see this page",
        "Check who you are logged in as, or log in as somebody else.",
    ),
    STALE: (
        "页面已过期",
        "您打开这个页面之后，登录状态有了变化，或页面停留太久，所以没有收下您刚才的操作。"
        "请返回上一页，刷新后再试；已经提交的申请不受影响。",
        "This page is out of date",
        "Since you opened it you logged in or out, or it was open too long; what you just did was"
        " not taken. Go back, reload the page and try again. What you handed in before is kept.",
    ),
    OFFICER: (
        "这是申请人的页面",
        "您以办理人员身份登录，请到工作台办理；要以个人身份申请，请先退出登录。",
        "This is a page of applicants",
        "You are logged in as an officer: your work is at the desk. To apply for yourself, log out"
        " first.",
    ),
    404: (
        "没有找到这个页面",
        "请核对地址或编号；也可能这不是您的办件。",
        "There is no such page",
        "Check the address or the reference; it may also be a case that is not yours.",
    ),
    405: (
        "请求有误",
        "这个地址不支持这样的访问方式。",
        "The request was not right",
        "This address does not take that kind of request.",
    ),
    413: (
        "内容太大",
        "发来的内容超过 1 MB，没有收下。请减少后再试。",
        "That was too large",
        "More than 1 MB was sent, and nothing was kept. Send less.",
    ),
    FILES: (
        "文件太多或太大",
        "一次发来的文件过多，或合计超过 22 MB，没有收下。请返回上一页，分几次上传："
        "先选一部分文件，点“上传”，再选其余的。",
        "Those files were too many or too large",
        "Too many files, or more than 22 MB, came at once; nothing was kept. Go back and upload in"
        " turns: choose some of the files, press “Upload”, then choose the others.",
    ),
    415: (
        "请求有误",
        "只接受 UTF-8 编码、未压缩的内容。",
        "The request was not right",
        "Only uncompressed content in UTF-8 is taken.",
    ),
    429: (
        "操作过于频繁",
        "为了保障所有人都能使用，请稍等片刻再试。您已提交的内容不受影响。",
        "Too many requests",
        "So that everybody is served, wait a little and try again. What you handed in is kept.",
    ),
    LOCKED_OUT: (
        "尝试次数太多",
        "为了保护账号，登录已暂停一小时。请稍后再试。",
        "Too many attempts",
        "To protect the account, logging in is stopped for an hour. Try again later.",
    ),
    500: (
        "系统出错了",
        "这是我们的问题。您已提交的申请不会丢失。请稍后再试。",
        "Something broke",
        "This is our fault. What you handed in is not lost. Try again later.",
    ),
}


def page(request: HttpRequest, status: int, why: int | None = None) -> HttpResponse:
    """Answer with the page (or, for programs, the problem document) of a status.

    ``why``: whose texts, where they are not those of the status.
    """
    zh, zh_more, en, en_more = TEXTS[status if why is None else why]
    if request.path.startswith(("/api/", "/webhooks/")):
        problem = {"type": "about:blank", "title": en, "title_zh": zh, "status": status}
        return HttpResponse(
            orjson.dumps(problem), status=status, content_type="application/problem+json"
        )
    texts = {"status": status, "zh": zh, "zh_more": zh_more, "en": en, "en_more": en_more}
    texts["to_desk"] = why == OFFICER
    try:
        body = render_to_string("portal/error.html", texts, request=request)
    except Exception:  # the database may be what broke: a page that needs nothing
        log.exception("the error page itself failed")
        body = render_to_string("portal/bare.html", texts)
    return HttpResponse(body, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, TooManyFilesSent):
        return page(request, 413, FILES)
    too_big = isinstance(exception, RequestDataTooBig | TooManyFieldsSent)
    return page(request, 413 if too_big else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    user = getattr(request, "user", None)
    is_officer = user is not None and user.is_staff and not request.path.startswith("/desk/")
    return page(request, 403, OFFICER if is_officer else None)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Show the form's answers again to the person whose form it is, else that the page is stale."""
    return resending.with_new_token(request) or page(request, 403, STALE)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 404)


def broken(request: HttpRequest) -> HttpResponse:
    return page(request, 500)


def locked_out(request: HttpRequest, credentials: object = None, **extra: object) -> HttpResponse:
    """django-axes: too many wrong passwords."""
    response = page(request, 429, LOCKED_OUT)
    response["Retry-After"] = str(settings.AXES_COOLOFF_TIME * 3600)
    return response


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """Whoever comes too often may come again in some seconds."""
    response = page(request, 429)
    response["Retry-After"] = str(seconds)
    return response
