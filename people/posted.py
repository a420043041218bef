"""What a page of the desk sends back with a button: each field once, and the version it showed."""

from collections.abc import Mapping

from django.http import QueryDict

from people.errors import ActionRejected

# fields of which a page sends several: boxes that are ticked, and rows of a list
SEVERAL = frozenset({"opened", "condition", "case"})


def require_each_once(form: QueryDict) -> None:
    """Raise ``ActionRejected`` (422) where a field stands twice: which one counts is not known."""
    if any(len(values) > 1 for name, values in form.lists() if name not in SEVERAL):
        raise ActionRejected(
            "field_twice",
            "同一栏目提交了多个值，请刷新页面后再操作",
            "A field was sent more than once; reload the page and try again.",
            status=422,
        )


def version(form: Mapping[str, str]) -> int:
    """Return the number of events that the page showed; -1, which no row has, for all else."""
    text = form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
