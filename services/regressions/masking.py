"""The inputs of a decision without whom they are about, with every condition's result. Pure.

What the edition itself writes (literals of its rules, figures, enumerations) and public codes
(divisions of GB/T 2260, industries of GB/T 4754), numbers, dates and truth values stay, for rules
reckon with them. Every other text is replaced by an invented one of its kind, equal by equal. The
masked inputs are judged and compared; where a result differs, what its condition reads is replaced
by something closer to it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dmn import types as t
from people.names import surname
from people.numbers import birth, id_number_check, id_number_ok, uscc_make, uscc_ok
from services import divisions
from services.characters import is_standard
from services.inputs import read_inputs
from services.pack.filings import whole_form
from services.pack.model import (
    AS_OF,
    CONSENTS,
    FILINGS,
    RESERVED,
    SUBJECT,
    UNANSWERED,
    UNDERTAKINGS,
    WITHHELD,
    Pack,
)
from services.pack.types import day
from services.rulebook import Rulebook
from services.verdict import judge

_INDEX = re.compile(r"[0-9a-f]{32}", re.ASCII)
_PHONE = re.compile(r"1[3-9][0-9]{9}", re.ASCII)
_PLACE = re.compile(r"([0-9]{6})-([0-9]{7})", re.ASCII)  # a code of the register of addresses
_INDUSTRY = re.compile(r"[A-T][0-9]{2,4}", re.ASCII)
_DIVISION = re.compile(r"[1-8][0-9]{3}(?:[0-9]{2})?", re.ASCII)
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
_SAYING = re.compile(r"[^\W\d_]|[0-9]{6}")  # a letter of any script, or a row of digits
_STEMS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
_TRADITIONAL = "國學會長東車馬魚鳥風飛門間開關"  # signs that are not of the standard characters
_ANOTHER = ("诸葛", "司马")  # surnames of two signs
_DIGITS, _LOWER = "0123456789", "abcdefghijklmnopqrstuvwxyz"
_MOST = 2_000  # invented texts that are tried for one
_FAR, _NEAR, _NEAREST = range(3)  # how much of a text its replacement keeps
_KEPT = (AS_OF, CONSENTS, UNDERTAKINGS, UNANSWERED)  # days, and states of a closed list


class NotMasked(Exception):
    """Some condition has another result on every invented text that was tried: ``conditions``."""

    def __init__(self, conditions: Iterable[str]) -> None:
        self.conditions = tuple(conditions)
        super().__init__(", ".join(self.conditions))


@dataclasses.dataclass(frozen=True, slots=True)
class Masked:
    """``facts``: inputs in stored form. ``replaced``: each original text and what stands for it."""

    facts: dict[str, Any]
    replaced: Mapping[str, str]

    def words(self, text: str, further: Iterable[str] = ()) -> str:
        """Return a text of an officer with what identifies replaced; ``further``: left out."""
        whole = {**dict.fromkeys(filter(None, further), "〔隐去〕"), **self.replaced}
        for original in sorted(whole, key=len, reverse=True):
            if len(original) > 1:
                text = text.replace(original, whole[original])
        return text


def masked(book: Rulebook, stored: Mapping[str, Any]) -> Masked:
    """Mask inputs in their stored form; raises ``NotMasked`` when a result cannot be kept."""
    before = _results(book, stored)
    public = frozenset(_public(book.pack))
    levels: dict[str, int] = {}
    while True:
        mask = _Mask(public, _texts(stored), levels)
        facts = _inputs(book, stored, mask)
        after = _results(book, facts)
        wrong = [name for name in before if after.get(name) != before[name]]
        if not wrong:
            return Masked(facts, mask.known)
        closer = _closer(book, stored, wrong, mask)
        if all(levels.get(text, _FAR) == _NEAREST for text in closer):
            raise NotMasked(wrong)
        for text in closer:
            levels[text] = min(levels.get(text, _FAR) + 1, _NEAREST)


def identifying(book: Rulebook, value: Any) -> set[str]:
    """Every text in facts, answers or records that may say whom they are about."""
    public = frozenset(_public(book.pack))
    found = {text for text in _texts(value) if text not in public and not _is_public(text)}
    return {text for text in found if len(text) > 1 and _SAYING.search(text)}


def _results(book: Rulebook, stored: Mapping[str, Any]) -> dict[str, object]:
    """What must be the same: the outcome, each condition, consent and count of failed items."""
    verdict = judge(book, read_inputs(book, stored))
    found: dict[str, object] = {
        one.id: (one.result, one.unknown, len(one.failed_items)) for one in verdict.findings
    }
    return found | {f"{item}:consent": state for item, state in verdict.consent_states.items()} | {
        ":outcome": verdict.outcome,
        ":known": tuple(sorted(verdict.inputs.json)),
    }  # fmt: skip


def _closer(
    book: Rulebook, stored: Mapping[str, Any], wrong: Iterable[str], mask: _Mask
) -> set[str]:
    """The replaced texts on which the conditions rest whose results differ; else all of them."""
    reads = {table.name: table.reads for table in book.program.table_runs}
    names: set[str] = set()
    for condition in book.conditions:
        if condition.id in wrong:
            names.update((*condition.uses, *condition.withheld))
    for name in [*names]:
        names.update(reads.get(name, ()))
    near = {text for name in names for text in _texts(stored.get(name)) if text in mask.known}
    return near or set(mask.known)


def _texts(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value}
    if isinstance(value, Mapping):
        return {text for part in value.values() for text in _texts(part)}
    return {text for part in value for text in _texts(part)} if isinstance(value, list) else set()


def _public(pack: Pack) -> Iterator[str]:
    """Every text that the edition itself compares with, counts among, or offers to choose."""
    for part in dataclasses.fields(pack):
        if part.name not in ("cases", "form"):
            yield from _literals(getattr(pack, part.name))
    for parameter in pack.parameters.values():
        for _day, value in parameter.values:
            yield from _texts(list(value) if isinstance(value, tuple | list) else value)
    for fact in pack.facts.values():
        yield from fact.labels
        yield from _allowed(fact.type)
    yield from _offered(pack.form)
    for item in pack.filings.items.values() if pack.filings else ():
        yield from _offered(item.form or {})


def _allowed(kind: t.Type) -> Iterator[str]:
    yield from (text for text in kind.allowed or () if isinstance(text, str))
    if isinstance(kind, t.ListType):
        yield from _allowed(kind.of)
    elif isinstance(kind, t.ContextType):
        for _name, part in kind.fields:
            yield from _allowed(part)


def _literals(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _LITERAL.findall(value)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _literals(part)
    elif isinstance(value, list | tuple | frozenset):
        for part in value:
            yield from _literals(part)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _literals(getattr(value, field.name))


def _offered(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        yield from _texts([*node.get("enum", ()), node.get("const")])
        for part in node.values():
            yield from _offered(part)
    elif isinstance(node, list):
        for part in node:
            yield from _offered(part)


def _inputs(book: Rulebook, stored: Mapping[str, Any], mask: _Mask) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in stored.items():
        fact = book.facts.get(name)
        if name in _KEPT:
            found[name] = value
        elif name == FILINGS:
            form = whole_form(book.pack).get("properties", {}).get(FILINGS, {})
            found[name] = _block(form, value, mask)
        elif name == WITHHELD or (fact is None and name in RESERVED):
            continue  # the salt of a receipt is of no use here
        elif fact is not None and fact.is_division:
            found[name] = value
        else:
            found[name] = _typed(fact.type if fact else None, value, mask)
    return found


def _typed(kind: t.Type | None, value: Any, mask: _Mask) -> Any:
    """A value of a declared type; a text that nothing is declared of is replaced."""
    if isinstance(value, list):
        inner = kind.of if isinstance(kind, t.ListType) else None
        return [_typed(inner, item, mask) for item in value]
    if isinstance(value, Mapping):
        parts = dict(kind.fields) if isinstance(kind, t.ContextType) else {}
        return {
            name: mask.of(part) if name == SUBJECT else _typed(parts.get(name), part, mask)
            for name, part in value.items()
        }
    if not isinstance(value, str) or (kind is not None and kind.allowed is not None):
        return value
    return mask.of(value) if kind is None or t.base_type(kind) == t.STRING else value


def _block(node: Any, value: Any, mask: _Mask) -> Any:
    """Answers of a filing's block, by the JSON Schema of the block."""
    node = node if isinstance(node, Mapping) else {}
    if isinstance(value, list):
        return [_block(node.get("items"), item, mask) for item in value]
    if isinstance(value, Mapping):
        parts = node.get("properties", {})
        return {name: _block(parts.get(name), part, mask) for name, part in value.items()}
    is_figure = node.get("type") in ("integer", "number") or node.get("format") in (
        "date",
        "decimal",
    )
    return value if is_figure or not isinstance(value, str) else mask.of(value)


def _is_public(text: str) -> bool:
    """A day, a division (GB/T 2260) or an industry (GB/T 4754)."""
    if _DIVISION.fullmatch(text):
        return divisions.name(text) != text
    return day(text) is not None or _INDUSTRY.fullmatch(text) is not None


class _Mask:
    """Invented texts, equal by equal, none of which is an original or written in the edition."""

    def __init__(
        self, public: frozenset[str], originals: set[str], levels: Mapping[str, int]
    ) -> None:
        self.public, self.levels = public, levels
        self.known: dict[str, str] = {}
        self._taken = originals | public
        self._signs: dict[str, str] = {}  # one sign for one sign, for texts that are near
        used = frozenset("".join(originals))
        self._free = [[s for s in signs if s not in used] for signs in (_STEMS, _TRADITIONAL)]

    def of(self, text: str) -> str:
        if not text or text in self.public or _is_public(text):
            return text
        if text not in self.known:
            level = self.levels.get(text, _FAR)
            for number in range(1, _MOST):
                made = self._made(text, number, level)
                if made is None:
                    return text  # no letter and no digit that is not the edition's own
                if made not in self._taken:
                    break
            else:  # a short text, and all that are as short stand in the case
                made = f"{made}{len(self.known)}"
            self.known[text] = made
            self._taken.add(made)
        return self.known[text]

    def _made(self, text: str, number: int, level: int) -> str | None:
        if _INDEX.fullmatch(text):
            return f"{number:032x}"
        if id_number_ok(text):
            return _id_number(text, number, level)
        if uscc_ok(text):
            return uscc_make(text[0], text[1], text[2:8], f"MA{number:06}")
        if _PHONE.fullmatch(text):
            return f"138{number:08}"
        if place := _PLACE.fullmatch(text):
            return f"{place[1]}-{number:07}"
        fixed = self._fixed(text) if level else set()
        if level and number == 1 and not text.isascii():
            return self._sign_by_sign(text, fixed, level)
        return _same_shape(text, number, fixed)

    def _sign_by_sign(self, text: str, fixed: set[int], level: int) -> str:
        """Each sign by one of its own, so that what a text begins with or holds stays so.

        A sign that is not of the standard characters becomes another such one; nearest, a surname
        of two signs becomes another.
        """
        if level == _NEAREST and len(family := surname(text) or "") == 2:
            for sign, other in zip(family, _ANOTHER[family == _ANOTHER[0]], strict=True):
                self._signs.setdefault(sign, other)
        signs = list(text)
        for place, sign in enumerate(text):
            if place in fixed or sign.isascii() or not sign.isalpha():
                continue
            if sign not in self._signs:
                free = self._free[not is_standard(sign)]
                self._signs[sign] = free.pop() if free else "某"
            signs[place] = self._signs[sign]
            fixed = fixed | {place}
        return _same_shape("".join(signs), 1, fixed) or "".join(signs)

    def _fixed(self, text: str) -> set[int]:
        """The places in a text where something stands that the edition itself writes."""
        found: set[int] = set()
        for literal in self.public:
            at = text.find(literal) if literal else -1
            while at >= 0:
                found.update(range(at, at + len(literal)))
                at = text.find(literal, at + 1)
        return found


def _id_number(text: str, number: int, level: int) -> str:
    """A valid number of nobody's; nearer, of the same birthday and sex; nearest, of one region."""
    region = text[:6] if level == _NEAREST else "110105"
    born = f"{birth(text):%Y%m%d}" if level else "19491231"
    odd = int(text[16]) % 2 if level else number % 2
    first = f"{region}{born}{(number * 2 + odd) % 1000:03}"
    return first + id_number_check(first)


def _same_shape(text: str, number: int, fixed: set[int]) -> str | None:
    """As many signs of the same kinds, counted up from the right; None where there are none."""
    signs, rest, any_ = list(text), number, False
    for place in reversed(range(len(signs))):
        alphabet = _alphabet(signs[place])
        if place in fixed or not alphabet:
            continue
        rest, digit = divmod(rest, len(alphabet))
        signs[place], any_ = alphabet[digit], True
    return "".join(signs) if any_ else None


def _alphabet(sign: str) -> str:
    if sign in _DIGITS:
        return _DIGITS
    if sign.isascii():
        return (_LOWER if sign.islower() else _LOWER.upper()) if sign.isalpha() else ""
    return _STEMS if sign.isalpha() else ""
