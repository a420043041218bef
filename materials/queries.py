"""Files by what an answer names them by; whoever asks says whose they are."""

from collections.abc import Iterable
from dataclasses import dataclass

from materials.actions import name_of
from materials.models import Material
from people.actors import Actor


@dataclass(frozen=True, slots=True)
class Shown:
    """A file as pages list it. ``key``: of its row; ``size``: bytes."""

    key: str
    sha256: str
    name: str
    kind: str
    size: int
    pages: int
    scanned_by: str

    @property
    def is_drawn(self) -> bool:
        """Whether its pages are shown as pictures."""
        return self.kind != "ofd"

    @property
    def numbers(self) -> range:
        """The pages that are shown as pictures, counted from 1."""
        return range(1, self.pages + 1) if self.is_drawn else range(0)

    @property
    def kilobytes(self) -> int:
        return max(1, round(self.size / 1000))


def shown(material: Material) -> Shown:
    return Shown(
        key=str(material.id),
        sha256=material.sha256,
        name=name_of(material) or material.kind.upper(),
        kind=material.kind,
        size=material.size,
        pages=material.pages,
        scanned_by=material.scanned_by,
    )


def own(digests: Iterable[str], by: Actor) -> dict[str, Material]:
    """Return which of the files ``by`` has handed in, by digest."""
    listed = list(digests)
    if not listed:
        return {}
    rows = Material.objects.filter(by=by.owner, sha256__in=listed)
    return {row.sha256: row for row in rows}
