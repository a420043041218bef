"""Pages of a list that may be a million rows long: nobody counts them all, nobody sorts them all.

What is with officers is sorted by its deadline, and by any column: there are some thousands. What
is settled is read newest first from an index, and has no other order.
"""

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from unfold.views import ChangeList

from approvals.admin.filters import is_settled_list

AHEAD = 20  # pages that are offered beyond the one that is shown
DEEPEST = 200  # pages; who needs more narrows the list


class AtLeast(int):
    """A number of rows of which it is known only that there are more."""

    def __str__(self) -> str:
        return f"{int(self)}+"


class BoundedPaginator(Paginator):
    """Counts no further than some pages past the one that is shown."""

    def __init__(self, *args: Any, page: int = 1, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.most = self.per_page * min(page + AHEAD, DEEPEST)

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        found = rows.order_by().values("pk")[: self.most + 1].count()
        return found if found <= self.most else AtLeast(self.most)


def shown_page(request: HttpRequest) -> int:
    text = request.GET.get("p", "1")[:6]
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < DEEPEST else 1


class CaseList(ChangeList):
    """The list with an order that an index gives, and of sorted rows no more than is sorted by."""

    def get_results(self, request: HttpRequest) -> None:
        """Find the page's rows by their keys alone, then read those: thousands may be sorted."""
        super().get_results(request)
        page: Any = self.result_list  # type: ignore[has-type]
        keys = list(page.select_related(None).values_list("pk", flat=True))
        rows = {row.pk: row for row in self.queryset.order_by().filter(pk__in=keys)}
        self.result_list = [rows[key] for key in keys if key in rows]

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[Any]:
        if is_settled_list(request):
            return ["-id"]
        found: list[Any] = super().get_ordering(request, queryset)
        return found
