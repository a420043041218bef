"""What is wrong with a page that was sent: one wording, in the summary and beside the field."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from people.errors import ActionRejected
from people.language import language
from portal.forms import Field


@dataclass(frozen=True, slots=True)
class Problem:
    """``pointer`` of the field (or empty), ``text`` in the reader's language, ``target`` anchor.

    ``case``: the number of the reader's own case that stands in the way, if one does.
    """

    pointer: str
    text: str
    target: str
    case: str = ""


def from_faults(faults: Iterable[Any], fields: Sequence[Field]) -> list[Problem]:
    """Turn the schema's faults into problems that name their field and link to it."""
    named = {field.pointer: field for field in fields}
    problems = []
    for fault in faults:
        text = fault.zh if language() == "zh" else fault.en
        field = named.get(_nearest(fault.pointer, named)) or next(
            (f for f in fields if f.pointer.startswith(fault.pointer + "/")), None
        )
        if field:
            problems.append(Problem(field.pointer, sentence(field.label, text), field.id))
        else:
            problems.append(Problem("", text, "main"))
    order = [field.pointer for field in fields]
    return sorted(problems, key=lambda p: order.index(p.pointer) if p.pointer else -1)


def _nearest(pointer: str, named: dict[str, Field]) -> str:
    """Return the field that a pointer lies in: items of a list belong to the list's field."""
    while pointer and pointer not in named:
        pointer = pointer.rpartition("/")[0]
    return pointer


def sentence(label: str, text: str) -> str:
    return f"{label}: {text}" if language() == "en" else f"{label}：{text}"


def missing(questions: Sequence[Field], answers: Mapping[str, Any]) -> list[Problem]:
    """Return what has to be answered and is not, of a form without records."""
    text = gettext("please answer")  # on its own: nothing is collected from inside an f-string
    return [
        Problem(f.pointer, sentence(f.label, text), f.id)
        for f in questions
        if f.required and answers.get(f.pointer[1:]) in (None, "", False)
    ]


def from_refusal(error: ActionRejected, target: str = "main") -> Problem:
    text = error.zh if language() == "zh" else error.en
    return Problem("", text, target, str(error.members.get("application", "")))
