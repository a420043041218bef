"""What templates need to speak: two languages, the city's time, signs drawn as lines."""

import datetime
import re
from typing import Any

from django import template
from django.conf import settings
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from approvals.documents.law import in_words
from people.language import in_language, language, listed
from portal import capacity, kept

register = template.Library()
register.filter("in_language", in_language)
register.filter("law", in_words)
register.filter("listed", listed)

# strokes in a box of 24: no icon font, no inline style
SIGNS = {
    "met": "M5 12.5l4.5 4.5L19 7.5",
    "unmet": "M6.5 6.5l11 11M17.5 6.5l-11 11",
    "unknown": "M12 5.5v8M12 18v.5",
    "not_applicable": "M6 12h12",
    "unconfirmed": "M12 7v5l3.5 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
    "committed": "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
    "promised": "M12 7v5l3.5 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
    "person": "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c1-4 4-6 7.5-6s6.5 2 7.5 6",
    "clock": "M12 7v5l3.5 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
    "back": "M14.5 6l-6 6 6 6",
    "edit": "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
    "granted": "M5 12.5l4.5 4.5L19 7.5",
    "denied": "M6.5 6.5l11 11M17.5 6.5l-11 11",
    "asked": "M12 7v5l3.5 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
    "needed": "M12 7v5l3.5 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
    "search": "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16.5 16.5L21 21",
    "counter": "M4 20V9l8-5 8 5v11M4 20h16M9 20v-6h6v6",
    "file": "M7 3h7l4 4v14H6V3zM14 3v5h4M9 13h6M9 17h6",
}


@register.simple_tag
def sign(name: str) -> SafeString:
    """Draw a sign; it is always beside its word, so it is hidden from screen readers."""
    return format_html(
        '<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="{}"/></svg>',
        SIGNS[name],
    )


_DATES = re.compile(r"\d{4}年\d{1,2}月\d{1,2}日|\d{1,2} [A-Z][a-z]{2,8} \d{4}", re.ASCII)


@register.filter
def whole(text: str) -> SafeString:
    """Keep the dates of a sentence each on one line, however narrow the page."""
    return mark_safe(  # noqa: S308 - escaped first
        _DATES.sub(r'<span class="date">\g<0></span>', str(conditional_escape(text)))
    )


_HAN = re.compile("[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+(?:[\x20-\x7e]{0,3}[\u3400-\u9fff]+)*")


@register.filter
def in_own_language(text: Any) -> SafeString:
    """Say of Chinese names on an English page that they are Chinese, to be read so (WCAG 3.1.2)."""
    escaped = str(conditional_escape(text))
    if language() == "zh":
        return mark_safe(escaped)  # noqa: S308 - escaped
    marked = _HAN.sub(r'<span lang="zh-Hans">\g<0></span>', escaped)
    return mark_safe(marked)  # noqa: S308 - escaped first


@register.simple_block_tag(takes_context=True, end_name="endfold")
def fold(context: Any, content: str, title: str, **how: Any) -> SafeString:
    """Show a part of a page as a card; in 长辈版, or ``always``, as its heading, to be opened.

    ``id``: of the part. ``open``: not folded yet, such as what has to be looked at first.
    """
    is_folded = context.get("elder") or how.get("always")
    named = format_html(' id="{}"', how["id"]) if how.get("id") else ""
    if not is_folded:
        return format_html(
            '<section class="card"{}><h2>{}</h2>{}</section>',
            named,
            title,
            mark_safe(content),  # noqa: S308
        )
    return format_html(
        '<details class="card"{}{}><summary><h2>{}</h2></summary>{}</details>',
        named,
        " open" if how.get("open") else "",
        title,
        mark_safe(content),  # noqa: S308 - rendered by the template
    )


def day(value: datetime.datetime | datetime.date | str | None) -> str:
    """Write a date as 2026年3月1日, or 1 March 2026; moments are taken in the city's zone."""
    if not value:
        return ""
    if isinstance(value, str):
        value = datetime.date.fromisoformat(value[:10])
    if isinstance(value, datetime.datetime):
        value = settings.CITY.calendar.local(value)
    if language() == "en":
        return f"{value.day} {value:%B %Y}"
    return f"{value.year}年{value.month}月{value.day}日"


def last_day(value: datetime.datetime | None) -> str:
    """Write the last day on which something is in time; deadlines are kept as the moment after."""
    return day(value - datetime.timedelta(seconds=1)) if value else ""


register.filter("day", lambda value: whole(day(value)))
register.filter("last_day", lambda value: whole(last_day(value)))


@register.filter
def moment(value: datetime.datetime | None) -> SafeString | str:
    """Write date and time to the second in the city's zone, machine-readable too."""
    if not value:
        return ""
    local = settings.CITY.calendar.local(value)
    return format_html(
        '<time datetime="{}"><span class="date">{}</span> {}</time>',
        local.isoformat(),
        day(value),
        f"{local:%H:%M:%S}",
    )


@register.filter
def minute(value: datetime.datetime) -> SafeString:
    """Write date and time to the minute in the city's zone: an appointment has no seconds."""
    local = settings.CITY.calendar.local(value)
    return format_html(
        '<time datetime="{}">{} {}</time>', local.isoformat(), day(value), f"{local:%H:%M}"
    )


@register.filter
def seconds(value: float | None) -> str:
    """Write a span with the digits that a reader can use: 0.42, 3.1, 58; nothing takes 0.00."""
    if value is None:
        return ""
    value = max(value, 0.01)
    return f"{value:.2f}" if value < 1 else f"{value:.1f}" if value < 10 else f"{value:.0f}"


@register.simple_tag
def htmx_config() -> SafeString:
    """Keep htmx inside a strict Content-Security-Policy: no inline style, no evaluation."""
    return mark_safe(  # a constant
        '<meta name="htmx-config" content=\'{"includeIndicatorStyles":false,"allowEval":false,'
        '"selfRequestsOnly":true,"historyEnabled":false}\'>'
    )


@register.simple_tag(takes_context=True)
def form_owner(context: Any) -> str:
    """Say in a form whose it is, so that its answers can be kept for them (``portal.kept``)."""
    request = context["request"]
    acts_for = capacity.chosen(request)
    marked = kept.mark(request.user, acts_for.enterprise if acts_for else "")
    return format_html('<input type="hidden" name="owner" value="{}">', marked) if marked else ""
