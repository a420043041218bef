"""The reason of a move as it is drafted from the trace, for the officer to read and change.

Each move has a draft of its own: what speaks for an approval does not stand under a refusal.
"""

from collections.abc import Callable, Mapping, Sequence

from django.utils.translation import gettext

from approvals.states import ConsentState
from people.language import language
from services.explain import Explanation
from services.rulebook import Rulebook
from services.verdict import UNKNOWN, UNMET

Lines = Sequence[Explanation]


def draft(action: str, lines: Lines, book: Rulebook) -> str:
    """Return the text that the form of a move begins with; empty where nothing can be drafted."""
    make = DRAFTS.get(action)
    return make(lines, book, language()) if make else ""


def laws(lines: Lines) -> list[str]:
    """Return the laws of what is not met, each once, in the order of the page."""
    return list(dict.fromkeys(line.law for line in lines if line.result in AGAINST and line.law))


AGAINST = (UNMET, ConsentState.DENIED)


def _approval(lines: Lines, book: Rulebook, lang: str) -> str:
    unknown = [line for line in lines if line.result == UNKNOWN]
    if not unknown:
        name = book.pack.name[lang]
        return gettext("Examined by an officer: the conditions of “%(service)s” are met.") % {
            "service": name
        }
    head = gettext("What the system could not verify was verified by an officer and is met:")
    return "\n".join([head, *(line.words for line in unknown)])


def _proposal(lines: Lines, book: Rulebook, lang: str) -> str:
    """What stands against it; why it is approved all the same only the officer can say."""
    return "\n".join(f"{line.status}: {line.words}" for line in lines if line.result in AGAINST)


def _return(lines: Lines, book: Rulebook, lang: str) -> str:
    """Everything that is missing, one line each: it is told once (行政许可法 §32)."""
    found = []
    for line in lines:
        if line.undisclosed or line.result not in (UNMET, UNKNOWN):
            continue
        labels = [_label(book, field, lang) for field in line.answers]
        if line.result == UNMET and labels:
            text = gettext("Correct “%(field)s”: %(condition)s")
            join = ", " if lang == "en" else "、"
            found.append(text % {"field": join.join(labels), "condition": line.words})
        else:
            text = gettext("Send what proves it: %(condition)s")
            found.append(text % {"condition": line.words})
    return "\n".join(found)


def _label(book: Rulebook, field: str, lang: str) -> str:
    return str(book.form["properties"].get(field, {}).get(f"x-{lang}", field))


def _refusal(lines: Lines, book: Rulebook, lang: str) -> str:
    failed = [line for line in lines if line.result in AGAINST]
    if not failed:
        return ""
    head = gettext("Examined by an officer: these conditions are not met.")
    return "\n".join([head, *(line.words for line in failed)])


def _extension(lines: Lines, book: Rulebook, lang: str) -> str:
    unknown = [line.words for line in lines if line.result == UNKNOWN]
    if not unknown:
        return ""
    head = gettext("More time is needed, because this could not be verified yet:")
    return "\n".join([head, *unknown])


DRAFTS: Mapping[str, Callable[[Lines, Rulebook, str], str]] = {
    "approve": _approval,
    "propose_approval": _proposal,
    "return_": _return,
    "refuse": _refusal,
    "propose_refusal": _refusal,
    "extend": _extension,
}
