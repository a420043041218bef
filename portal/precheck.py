"""What the check page says before anything is handed in: what is open already, and what would help.

Judged by ``approvals.actions.prechecks``; what is here puts it in the reader's words.
"""

from dataclasses import dataclass, field, replace
from functools import lru_cache

from approvals import words
from approvals.actions.prechecks import Precheck
from people.language import in_language, language
from services.explain import Explanation, explain
from services.fixes import smallest_fix
from services.rulebook import Rulebook
from services.verdict import NEEDED, NOT_APPLICABLE, UNKNOWN, UNMET


@dataclass(frozen=True, slots=True)
class Later:
    """A registry that is asked after submission only; ``is_others``: not about the applicant."""

    name: str
    is_others: bool


@dataclass(slots=True)
class Preview:
    """``follows``: what would come of submitting now, by what is known (``Precheck``).

    ``open``: conditions that are unmet, or unknown though their registries were asked.
    ``later``: conditions that are checked after submission.
    """

    follows: str
    open: list[Explanation] = field(default_factory=list)
    later: list[Explanation] = field(default_factory=list)
    passed: int = 0
    agencies: list[str] = field(default_factory=list)
    helps: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    name_differs: str = ""
    duplicate: str = ""
    duplicate_case: str = ""  # its number, where it is the reader's own
    left_out: list[Later] = field(default_factory=list)

    @property
    def spares_others(self) -> bool:
        """Tell whether somebody is named whom nobody is asked about yet."""
        return any(one.is_others for one in self.left_out)

    @property
    def can_ask_more(self) -> list[str]:
        """The registries that are asked now on one tap."""
        return [one.name for one in self.left_out if not one.is_others]


def preview(book: Rulebook, found: Precheck) -> Preview:
    """Return what to say of a pre-check, in the reader's language."""
    verdict = found.verdict
    later = found.later
    lines = {line.id: line for line in explain(book, verdict.payload(), language())}
    result = found.identity.result
    name = {UNMET: "name_differs", UNKNOWN: "name_unknown"}.get(result, "")
    agencies = [lines[item].words for item, s in verdict.consent_states.items() if s == NEEDED]
    made = Preview(
        follows=found.follows,
        open=[lines[f.id] for f in sorted(found.open, key=lambda f: f.result != UNMET)],
        later=[lines[f.id] for f in verdict.findings if f.id in later],
        passed=sum(f.result not in (UNMET, UNKNOWN, NOT_APPLICABLE) for f in verdict.findings),
        agencies=agencies,
        silent=[words.registry(book, code) for code in dict.fromkeys(found.silent)],
        name_differs=str(words.REASONS[name]) if name == "name_differs" else "",
        duplicate=in_language({"zh": found.duplicate.zh, "en": found.duplicate.en})
        if found.duplicate
        else "",
        duplicate_case=str(found.duplicate.members.get("application", ""))
        if found.duplicate
        else "",
        left_out=[
            Later(
                in_language(book.pack.registries[entry]), bool(book.pack.registries[entry].subject)
            )
            for entry in found.left_out
        ],
    )
    if any(f.result == UNMET for f in found.open):
        made.helps = _helps(book, found, later)
    return made


def _helps(book: Rulebook, found: Precheck, later: frozenset[str]) -> list[str]:
    """Return the smallest change that would pass, of what can be judged now."""
    fix = smallest_fix(_without(book, later), found.verdict.inputs)
    return fix.words(language()) if fix else []


@lru_cache(maxsize=32)
def _without(book: Rulebook, conditions: frozenset[str]) -> Rulebook:
    """Return an edition without some of its conditions; kept, since a fix prepares each once."""
    if not conditions:
        return book
    kept = [place for place, r in enumerate(book.pack.requirements) if r.id not in conditions]
    trees = {path: tree for path, tree in book.program.trees.items() if path[0] != "requirements"}
    for new, old in enumerate(kept):
        for part in ("applies", "must"):
            if (tree := book.program.trees.get(("requirements", old, part))) is not None:
                trees["requirements", new, part] = tree
    return replace(
        book,
        pack=replace(book.pack, requirements=tuple(book.pack.requirements[n] for n in kept)),
        program=replace(
            book.program,
            conditions=tuple(c for c in book.program.conditions if c.id not in conditions),
            trees=trees,
        ),
    )
