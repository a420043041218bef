"""Which paper a certificate is drawn on: that of the edition that it was decided by, for ever."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from services import catalogue
from services.models import Edition


def of(payload: Mapping[str, Any]) -> str:
    """Return the text of a certificate's template, in typst; empty: the one for all kinds.

    ``payload`` as in certificates.payload: its ``edition`` is a hash, which covers the template.
    """
    found = _known(payload["edition"])
    return "" if found is None else found


def _known(edition: str) -> str | None:
    try:
        return _template(edition)
    except Edition.DoesNotExist:
        return None  # of a register that was taken over; not remembered, for it may come


@lru_cache(maxsize=256)
def _template(edition: str) -> str:
    found = Edition.objects.filter(hash=edition).order_by("number").values_list("pk", flat=True)
    if not found:
        raise Edition.DoesNotExist
    kind = catalogue.rulebook(found[0]).certificate
    return kind.template if kind is not None else ""
