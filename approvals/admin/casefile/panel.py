"""The decision panel: the moves that are allowed now, and the form of the one that was chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext

from approvals.admin.buttons import Button
from approvals.admin.casefile.drafts import draft, laws
from approvals.admin.casefile.values import Pair
from approvals.records import correction
from approvals.records.receipts import CONTEST
from approvals.states import ConsentState
from people.language import in_language, language
from services.explain import Explanation
from services.rulebook import Rulebook
from services.verdict import UNKNOWN, UNMET

Lines = Sequence[Explanation]
LAW_LONGEST = 200  # characters
CHOSEN_FIRST = ("decision", "agency", "term")  # forms whose moves are chosen by a link


@dataclass(frozen=True, slots=True)
class Move:
    """One move as the panel lists it; ``effect``: what it does, and for whom."""

    action: str
    label: str | Promise
    effect: str | Promise
    tone: str


@dataclass(frozen=True, slots=True)
class Openable:
    """A part of the answers that a return may open; ``suggested``: what failed rests on it."""

    pointer: str
    name: str
    suggested: bool


def openable(book: Rulebook, lines: Lines) -> list[Openable]:
    """Return the parts of the form that a return may open, in its order."""
    failed = [line for line in lines if line.result in (UNMET, UNKNOWN, ConsentState.DENIED)]
    rest_on = {correction.part_of(f"/{name}") for line in failed for name in line.answers}
    return [
        Openable(part.pointer, in_language(part), part.pointer in rest_on)
        for part in correction.parts(book.form)
    ]


@dataclass(slots=True)
class Chosen:
    """The form of the move that the officer has chosen."""

    move: Move
    fields: tuple[str, ...]
    is_confirmed: bool  # a page says once more what will be, before it is
    draft: str = ""
    laws: list[str] = field(default_factory=list)
    openable: list[Openable] = field(default_factory=list)

    @property
    def is_internal(self) -> bool:
        """Whether officers alone read the reason."""
        return self.move.action == "ask_second_return"

    @property
    def law(self) -> str:
        """The law that the form begins with: each that is not met, as far as there is space."""
        whole = "；".join(self.laws)
        return whole if len(whole) <= LAW_LONGEST else (self.laws or [""])[0]


def moves(may: Mapping[str, Button], askable: Sequence[Pair]) -> list[Move]:
    """Return what a link of the panel leads to, in the order of the buttons' table."""
    return [
        Move(action, button.label, button.effect, button.tone)
        for action, button in may.items()
        if button.form in CHOSEN_FIRST and ("item" not in button.fields or askable)
    ]


def chosen(
    action: str, offered: Sequence[Move], may: Mapping[str, Button], book: Rulebook, lines: Lines
) -> Chosen | None:
    """Return the form of a move, None where it is not offered (now)."""
    move = next((move for move in offered if move.action == action), None)
    if move is None:
        return None
    button = may[action]
    found = Chosen(move, button.fields, button.is_confirmed)
    if "reason" in button.fields:
        found.draft = draft(action, lines, book)
    if "law" in button.fields:
        found.laws = laws(lines)
    if "opened" in button.fields:
        found.openable = openable(book, lines)
    return found


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What is about to be decided: the words of the move, its reason line by line, its law.

    ``hidden`` is all that the form held, for the form of the page that confirms it.
    """

    action: str
    label: str | Promise
    tone: str
    reasons: list[str]
    law: str
    consequences: list[str]
    hidden: list[tuple[str, str]]


def confirmation(form: QueryDict, action: str, button: Button, book: Rulebook) -> Confirmation:
    """Return what the page that asks once more shows of a form that was checked."""
    dropped = ("csrfmiddlewaretoken", "preview", "action", "edit")
    hidden = [(k, v) for k, found in form.lists() if k not in dropped for v in found]
    reasons = [line.strip() for line in form.get("reason", "").splitlines()]
    return Confirmation(
        action=action,
        label=button.label,
        tone=button.tone,
        reasons=[line for line in reasons if line],
        law=form.get("law", "").strip() if "law" in button.fields else "",
        consequences=_consequences(action, book, form.getlist("opened")),
        hidden=hidden,
    )


def _consequences(action: str, book: Rulebook, opened: Sequence[str]) -> list[str]:
    """Return what the applicant will get by a move that is about to be made."""
    found = []
    if action == "approve" and book.certificate is not None:
        paper = in_language(book.certificate)
        found.append(gettext("The certificate “%(name)s”, valid at once") % {"name": paper})
        if book.filing_items:
            found.append(gettext("The filings that belong to it, sent to their departments"))
    if action == "return_":
        days = book.pack.correct_within
        text = gettext("One notice that lists all of it, and %(n)d days to correct it")
        found.append(text % {"n": days})
        names = [in_language(p) for p in correction.parts(book.form) if p.pointer in opened]
        if names:
            listed = (", " if language() == "en" else "、").join(names)
            found.append(gettext("Can be changed, and nothing else: %(names)s") % {"names": listed})
        else:
            found.append(gettext("No answer can be changed"))
    if action == "refuse":
        found.append(gettext("The decision in writing, with your reason and its law"))
        found.append(in_language(CONTEST))
    return [*found, gettext("A message, and your name as the officer who decided")]
