"""The table of the list of cases: unfold's cells, with what is the same in every row made once.

unfold makes all headers again for each row, and each check box and each link from the beginning.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.templatetags.base import InclusionAdminNode
from django.contrib.admin.utils import quote
from django.template import Library
from django.template.base import Parser, Token
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from unfold.templatetags import unfold_list

register = Library()
CHECK_BOX = "action_checkbox"


@register.tag
def case_table(parser: Parser, token: Token) -> InclusionAdminNode:
    """Stand in place of ``unfold_result_list`` where every column is a method of the page class."""
    return InclusionAdminNode(  # type: ignore[call-arg]  # the hints are of Django 6.1
        parser,  # type: ignore[arg-type]
        token,  # type: ignore[arg-type]
        func=table,
        template_name="change_list_results.html",
    )


def table(context: Mapping[str, Any], cl: Any) -> dict[str, Any]:
    """Return what the template of the list's table shows."""
    headers = list(unfold_list.result_headers(cl))
    return {
        "cl": cl,
        "result_headers": headers,
        "num_sorted_fields": sum(bool(h["sortable"] and h["sorted"]) for h in headers),
        "rows": [SafeString("".join(cells)) for cells in rows(cl, headers)],
    }


def rows(cl: Any, headers: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
    """Yield the cells of each case. One link and one check box are made, and get others' keys.

    What a column returns is escaped here, unless it is safe.
    """
    cases = list(cl.result_list)
    if not cases:
        return
    page, first = cl.model_admin, str(cases[0].pk)
    filters = {"preserved_filters": cl.preserved_filters, "opts": cl.opts}
    link = escape(add_preserved_filters(filters, cl.url_for_result(cases[0])))
    before, after = link.split(quote(first), 1)
    classes = " ".join(unfold_list.LINK_CLASSES)
    box = str(page.action_checkbox(cases[0]))
    frames = [_frame(cl, place, headers[place]) for place in range(len(cl.list_display))]
    for case in cases:
        cells, key = [], str(case.pk)
        for (start, end), name in zip(frames, cl.list_display, strict=True):
            if name == CHECK_BOX:
                cell = box.replace(first, key)
            else:
                cell = conditional_escape(getattr(page, name)(case))
            if name in cl.list_display_links:
                cell = f'<a href="{before}{quote(key)}{after}" class="{classes}" >{cell}</a>'
            cells.append(f"{start}{cell}{end}")
        yield cells


def _frame(cl: Any, place: int, header: Mapping[str, Any]) -> tuple[str, str]:
    """Return the tags around a column's cells: the first linked one is the row's header."""
    name = cl.list_display[place]
    classes = [f"field-{name}", *unfold_list.ROW_CLASSES]
    if name == CHECK_BOX:
        classes = unfold_list.CHECKBOX_CLASSES
    linked = name in cl.list_display_links
    tag = "th" if linked and name == cl.list_display_links[0] else "td"
    label = escape(header["text"] if place or linked else gettext("Select record"))
    return f'<{tag} class="{" ".join(classes)}" data-label="{label}">', f"</{tag}>"
