"""Files that came with a case, by question, and what an officer has found in them."""

from dataclasses import dataclass, field

from approvals.models import Application, MaterialFinding
from approvals.records import attached
from materials.queries import Shown, shown
from people.language import language
from services.materials import to_read
from services.rulebook import Rulebook


@dataclass(slots=True)
class Handed:
    """The files of one question; ``finding``: of just these files, where an officer has read them.

    ``is_to_read``: something rests on them.
    """

    question: str
    label: str
    law: str
    is_to_read: bool
    finding: MaterialFinding | None = None
    files: list[Shown] = field(default_factory=list)

    @property
    def finder(self) -> str:
        """Who has read them, by name."""
        by = self.finding.by if self.finding else None
        return (by.name or by.username) if by else ""


def handed(case: Application, book: Rulebook) -> list[Handed]:
    """Return the files of a case by question; no query where the service takes none."""
    if not book.pack.materials:
        return []
    read = to_read(book, case.answers)
    findings = attached.findings(case, book)
    found: dict[str, Handed] = {}
    for row in attached.of_case(case, book):
        node = book.form["properties"][row.question]
        one = found.get(row.question)
        if one is None:
            one = found[row.question] = Handed(
                row.question,
                str(node[f"x-{language()}"]),
                node.get("x-law", ""),
                row.question in read,
                findings.get(row.question),
            )
        one.files.append(shown(row.material))
    return list(found.values())
