"""What a return opens for correction: parts of the answers by JSON pointer; all else stays.

A part is one question of the form's first level (``/address``), a list or block as a whole, or
the block of one filing (``/filings/food``). An officer's return names the parts that open in its
receipt and its event; None, as in the machine's returns and in all from before, opens everything.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from approvals.models import Application, Decision
from approvals.records.binding import plain
from approvals.states import Outcome
from services.pack.model import FILINGS

Opened = tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the form that may be opened, and what it is called."""

    pointer: str
    zh: str
    en: str


def parts(form: Mapping[str, Any]) -> list[Part]:
    """Return what can be opened of a form, in its order; declarations are given once for all."""
    found = []
    for name, node in form.get("properties", {}).items():
        if name == FILINGS:
            blocks = node.get("properties", {})
            found += [_part(f"/{name}/{item}", block) for item, block in blocks.items()]
        elif not (node.get("type") == "boolean" and node.get("const") is True):
            found.append(_part(f"/{name}", node))
    return found


def _part(pointer: str, node: Mapping[str, Any]) -> Part:
    name = pointer.rsplit("/", 1)[-1]
    return Part(pointer, node.get("x-zh") or name, node.get("x-en") or name)


def part_of(pointer: str) -> str:
    """Return the part that an answer belongs to: ``/owners`` of ``/owners/0/name``."""
    _empty, name, *below = pointer.split("/")
    return f"/{name}/{below[0]}" if name == FILINGS and below else f"/{name}"


def value(answers: Mapping[str, Any], part: str) -> Any:
    """Return what was answered to a part; None where nothing was."""
    found: Any = answers
    for name in part.split("/")[1:]:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def put(answers: dict[str, Any], part: str, answer: Any) -> None:
    """Set what is answered to a part; None leaves it out."""
    *above, name = part.split("/")[1:]
    block = answers.setdefault(above[0], {}) if above and answer is not None else answers
    if above and answer is None:
        block = answers.get(above[0], {})
    if answer is None:
        block.pop(name, None)
    else:
        block[name] = answer


def closed(
    form: Mapping[str, Any], stored: Mapping[str, Any], opened: Sequence[str]
) -> Iterator[str]:
    """Yield what stays as it is stored: declarations too, and not the blocks of new filings."""
    for name, node in form.get("properties", {}).items():
        listed = [f"/{name}"]
        if name == FILINGS:
            blocks = node.get("properties", {})
            listed = [f"/{name}/{b}" for b in blocks if value(stored, f"/{name}/{b}") is not None]
        yield from (part for part in listed if part not in opened)


def changed(before: Mapping[str, Any], after: Mapping[str, Any], opened: Opened) -> Iterator[str]:
    """Yield the parts that differ although the return did not open them.

    The block of a filing that only one of both has follows from an answer that was opened: whether
    it may stand there, the form says.
    """
    if opened is None:
        return
    for part in sorted(_answered(before) | _answered(after)):
        old, new = value(before, part), value(after, part)
        follows = part.startswith(f"/{FILINGS}/") and (old is None or new is None)
        if part not in opened and plain(old) != plain(new) and not follows:
            yield part


def _answered(answers: Mapping[str, Any]) -> set[str]:
    blocks = answers.get(FILINGS) or {}
    return {f"/{n}" for n in answers if n != FILINGS} | {f"/{FILINGS}/{b}" for b in blocks}


def kept_hash(answers: Mapping[str, Any], opened: Sequence[str]) -> str:
    """Return the SHA-256, in hex, of the answers outside what was opened and outside filings.

    PostgreSQL compares the same by itself (``approvals_only_opened`` in ``approvals.guards``).
    """
    kept = {
        name: plain(answer)
        for name, answer in answers.items()
        if name != FILINGS and f"/{name}" not in opened
    }
    return hashlib.sha256(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)).hexdigest()


def of_return(answers: Mapping[str, Any], receipt: Mapping[str, Any]) -> dict[str, Any]:
    """Return, for the data of the event of a return, what opens and what stays; often nothing."""
    opened = receipt.get("opened")
    if opened is None:
        return {}
    return {"opened": list(opened), "kept": kept_hash(answers, opened)}


def fault(application: Application, history: Sequence[tuple[Any, dict[str, Any]]]) -> str:
    """Say for the audit whether the answers differ outside what the last return opened.

    ``history``: (event, its data), oldest first.
    """
    returns = [data for event, data in history if event.kind == "returned"]
    bound = returns[-1] if returns else {}
    if "kept" in bound and kept_hash(application.answers, bound["opened"]) != bound["kept"]:
        return "its answers differ where its last return opened nothing"
    return ""


def opened(application: Application) -> Opened:
    """Return what the citizen may change of a returned application."""
    found = Decision.objects.filter(application=application, outcome=Outcome.RETURN)
    last = found.order_by("-at", "-id").first()
    if last is None:
        return None
    listed = orjson.loads(bytes(last.receipt)).get("opened")
    return None if listed is None else tuple(listed)
