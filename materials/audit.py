"""Files against their rows: one that is gone or was changed is found."""

from collections.abc import Iterator

from materials import storage
from materials.models import Material


def faults() -> Iterator[str]:
    """Yield a sentence for each file of a case that is not there as it was handed in."""
    rows = Material.objects.filter(kept_until=None).order_by("id")
    for row in rows.values_list("id", "stored").iterator(1000):
        if wrong := storage.fault_of(row[1]):
            yield f"material {row[0]}: {wrong}"
