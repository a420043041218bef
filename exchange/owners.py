"""The engineers of an endpoint learn by e-mail that it keeps failing, or has been switched off."""

import datetime
import logging

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import F, Q, QuerySet

from exchange.models import Endpoint

log = logging.getLogger(__name__)
AFTER = datetime.timedelta(hours=1)  # of failing without one success
AGAIN = datetime.timedelta(days=1)  # while it goes on
GONE = Endpoint.Ended.GONE

_SUBJECT = "接收地址无法送达通知 / Your webhook endpoint fails"
_TEXT = """接收地址：{url}
最早失败时间：{since}
{zh}
未送达的通知会保留，恢复后按顺序送达。

Endpoint: {url}
Failing since: {since}
{en}
What could not be delivered is kept, and is delivered in order once it can be.
"""
_WHY = {
    "": ("一个小时以上没有一次成功送达。", "Nothing was delivered for more than an hour."),
    GONE: (
        "该地址答复 410 Gone，已停用，请重新登记。",
        "It answered 410 Gone, and was switched off: register it anew.",
    ),
}


def to_tell(now: datetime.datetime) -> QuerySet[Endpoint]:
    """Return the endpoints whose owner is to be told now."""
    fails = Q(ended="", failing_since__lte=now - AFTER)
    fails &= Q(told_at=None) | Q(told_at__lte=now - AGAIN)
    gone = Q(ended=GONE) & (Q(told_at=None) | Q(told_at__lt=F("failing_since")))
    reachable = Endpoint.objects.filter(partner__active=True).exclude(partner__contact="")
    return reachable.filter(fails | gone).select_related("partner").order_by("pk")


def tell(now: datetime.datetime) -> int:
    """Tell them; returns how many e-mails went out. One that fails is tried again next time."""
    told = 0
    for endpoint in to_tell(now):
        zh, en = _WHY[endpoint.ended]
        since = (endpoint.failing_since or now).isoformat(timespec="minutes")
        text = _TEXT.format(url=endpoint.url, since=since, zh=zh, en=en)
        try:
            send_mail(_SUBJECT, text, settings.DEFAULT_FROM_EMAIL, [endpoint.partner.contact])
        except OSError:
            log.exception("the owner of endpoint %s could not be told", endpoint.pk)
            continue
        Endpoint.objects.filter(pk=endpoint.pk).update(told_at=now)
        told += 1
    return told
