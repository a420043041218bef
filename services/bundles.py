"""One form for several services (一件事): each question once, and whose it is. Pure.

Two questions of the same name are one, whatever their labels, and are asked as the one whose every
answer all of them take; the city's ``same`` joins those of different names. What the certificate of
a step that must come first answers is not asked. So what is asked is the least from which every
step's form can be filled.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from city.bundles import Bundle, Step, Taken
from city.errors import SourceError
from services.filings import form_for
from services.pack.materials import is_question as is_files
from services.pack.model import FILINGS
from services.rulebook import Rulebook

NUMBER, NAME = "number", "holder_name"  # of any certificate, beside its fields
_WORDS = ("title", "x-")  # begin what is said of a question, and changes no answer


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the joint form; ``places``: the (step, question) that its answer fills."""

    name: str
    node: Mapping[str, Any]
    places: tuple[tuple[str, str], ...]
    is_required: bool

    @property
    def owner(self) -> str:
        """The step in whose words it is asked."""
        return self.places[0][0]


@dataclass(frozen=True, slots=True)
class Joint:
    """Some steps of a bundle with the editions that they are judged by, and what is asked."""

    bundle: Bundle
    books: Mapping[str, Rulebook]  # by step, in order: none before one that it waits for
    questions: tuple[Question, ...] = field(default=())
    taken: Mapping[tuple[str, str], Taken] = field(default_factory=dict)  # by (step, question)

    @property
    def steps(self) -> list[Step]:
        return [self.bundle.steps[code] for code in self.books]

    @property
    def first(self) -> list[str]:
        """The steps that wait for none."""
        return [code for code in self.books if not self.after(code)]

    def after(self, code: str) -> tuple[str, ...]:
        """Return what a step waits for, of the steps that were chosen."""
        return tuple(name for name in self.bundle.steps[code].after if name in self.books)

    def answers_of(self, code: str, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answers of one step's own form, out of those of the joint form."""
        return {
            name: answers[question.name]
            for question in self.questions
            for step, name in question.places
            if step == code and question.name in answers
        }

    def name_of(self, code: str, name: str) -> str:
        """Return the name in the joint form of a question of a step; its own for one not asked."""
        for question in self.questions:
            if (code, name) in question.places:
                return question.name
        return name

    def pointer_of(self, code: str, pointer: str) -> str:
        """Return where in the joint form a place of a step's form is (RFC 6901); "": all of it."""
        if not pointer:
            return ""
        _root, name, *rest = pointer.split("/")
        return "/".join(["", self.name_of(code, name), *rest])

    def taken_by(self, code: str) -> dict[str, Taken]:
        """Return the questions of a step that certificates of earlier steps answer."""
        return {name: source for (step, name), source in self.taken.items() if step == code}

    @property
    def schema(self) -> dict[str, Any]:
        """Every question that may be asked, to read a posted form by."""
        return _form(self.questions, {q.name: q.node for q in self.questions}, ())

    def form(self, answers: Mapping[str, Any], on: datetime.date) -> dict[str, Any]:
        """Return the form with those questions, and blocks of filings, that the answers open."""
        opened: dict[str, Any] = {}
        required: set[str] = set()
        for code, book in self.books.items():
            form = form_for(book, self.answers_of(code, answers), on)
            for question in self.questions:
                for step, name in question.places:
                    if step == code and name in form["properties"]:
                        node = form["properties"][name] if code == question.owner else None
                        opened[question.name] = node or opened.get(question.name, question.node)
                        if name in form.get("required", ()):
                            required.add(question.name)
        return _form(self.questions, opened, required)

    def shared(self) -> list[Question]:
        """The questions that fill more than one form."""
        return [question for question in self.questions if len(question.places) > 1]


def _form(
    questions: tuple[Question, ...], nodes: Mapping[str, Any], required: Collection[str]
) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {q.name: nodes[q.name] for q in questions if q.name in nodes},
        "required": [q.name for q in questions if q.name in required],
    }


def join(bundle: Bundle, books: Mapping[str, Rulebook], chosen: Collection[str] = ()) -> Joint:
    """Return the joint form of a bundle.

    ``books``: the editions by service. ``chosen``: the steps of choice that somebody wants; a step
    that waits for one that is left out goes with it. Of steps that stand for one another the first
    that is chosen, or that is there, belongs to it. Raises ``KeyError`` for a service that a step
    needs and ``books`` has not.
    """
    wanted: dict[str, Rulebook] = {}
    instead = _not_picked(bundle, books, chosen)
    for code in ordered(bundle):
        step = bundle.steps[code]
        if code in instead or (bundle.is_optional(code) and code not in chosen):
            continue
        if not bundle.is_optional(code) or all(s in wanted or s in instead for s in step.after):
            wanted[code] = books[step.service]
    classes = _classes(bundle, wanted)
    taken = dict(_taken(bundle, classes.values()))
    return Joint(bundle, wanted, tuple(_questions(wanted, classes, taken)), taken)


def _not_picked(bundle: Bundle, books: Mapping[str, Rulebook], chosen: Collection[str]) -> set[str]:
    """Return the steps in whose place another of their group is asked for."""
    left: set[str] = set()
    for group in bundle.one_of:
        there = [code for code in group if bundle.steps[code].service in books] or list(group)
        picked = next((code for code in chosen if code in there), there[0])
        left |= set(group) - {picked}
    return left


def ordered(bundle: Bundle) -> list[str]:
    """Return the steps, each behind all that it waits for, else as they were written."""
    found: list[str] = []
    left = list(bundle.steps)
    while left:
        code = next(c for c in left if set(bundle.steps[c].after) <= set(found))
        found.append(code)
        left.remove(code)
    return found


Classes = Mapping[str, list[tuple[str, str]]]  # (step, question) that are one, by what is asked


def _classes(bundle: Bundle, books: Mapping[str, Rulebook]) -> Classes:
    found: dict[str, list[tuple[str, str]]] = {}
    for code, book in books.items():
        for name, node in book.form["properties"].items():
            key = _key(bundle, books, code, name, node, found)
            found.setdefault(key, []).append((code, name))
    return found


def _taken(
    bundle: Bundle, classes: Iterable[list[tuple[str, str]]]
) -> Iterator[tuple[tuple[str, str], Taken]]:
    """Yield what is taken from certificates: where the bundle says so, and where it is the same."""
    for places in classes:
        takes = [bundle.steps[code].takes.get(name) for code, name in places]
        for code, name in places:
            earlier = bundle.before(code)
            if source := next((one for one in takes if one and one.step in earlier), None):
                yield (code, name), source


def _questions(
    books: Mapping[str, Rulebook], classes: Classes, taken: Collection[tuple[str, str]]
) -> Iterator[Question]:
    for name, places in classes.items():
        asked = tuple(place for place in places if place not in taken)
        if asked:
            code, first = _narrowest(name, asked, books) or asked[0]  # published, there is one
            asked = ((code, first), *(place for place in asked if place != (code, first)))
            must = [field in books[step].form.get("required", ()) for step, field in asked]
            yield Question(name, books[code].form["properties"][first], asked, any(must))


def _key(
    bundle: Bundle,
    books: Mapping[str, Rulebook],
    code: str,
    name: str,
    node: Mapping[str, Any],
    classes: Classes,
) -> str:
    """Return the name that a question of a step has in the joint form."""
    asked = next((asked for asked, ps in bundle.same.items() if (code, name) in ps), name)
    if asked not in classes:
        return asked
    step, field = classes[asked][0]
    first = books[step].form["properties"][field]
    # what is declared (ticked) is declared in its own words; and a block of filings is one
    # service's own
    is_same = first.get("x-zh") == node.get("x-zh") if is_declaration(node) else name != FILINGS
    return asked if is_same else f"{code}_{asked}"


def is_declaration(node: Mapping[str, Any]) -> bool:
    """Whether something is to be ticked, beside the button that hands in."""
    return node.get("type") == "boolean" and node.get("const") is True


_MOST = {"maxItems", "maxLength", "maximum", "formatMaximum"}
_LEAST = {"minItems", "minLength", "minimum", "formatMinimum"}


def takes_all(wide: Any, narrow: Any) -> bool:
    """Whether a question takes every answer that another takes; their words may differ.

    Told from what both say: the same rules, with fewer choices or closer bounds at most.
    """
    words = {k for node in (wide, narrow) for k in node if not str(k).startswith(_WORDS)}
    return all(_takes(word, wide, narrow) for word in words)


def _takes(word: str, wide: Mapping[str, Any], narrow: Mapping[str, Any]) -> bool:
    if word not in wide:  # what only the narrower one demands
        return word in _MOST | _LEAST | {"oneOf", "enum", "uniqueItems"}
    if word not in narrow:
        return False
    mine, other = wide[word], narrow[word]
    if word in _MOST:
        return bool(other <= mine)
    if word in _LEAST:
        return bool(other >= mine)
    if word in ("oneOf", "enum"):
        return _choices(other) <= _choices(mine)
    if word == "items" and isinstance(mine, Mapping) and isinstance(other, Mapping):
        return takes_all(mine, other)
    return bool(_rules(mine) == _rules(other))


def _choices(listed: Iterable[Any]) -> set[str]:
    return {repr(one["const"] if isinstance(one, Mapping) else one) for one in listed}


def _rules(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {k: _rules(v) for k, v in node.items() if not str(k).startswith(_WORDS)}
    if isinstance(node, list | tuple):
        return [_rules(item) for item in node]
    return node


def _narrowest(
    asked: str, places: Sequence[tuple[str, str]], books: Mapping[str, Rulebook]
) -> tuple[str, str] | None:
    """Return the place whose every answer all others take, one that is named so; None for none."""
    nodes = {(code, name): books[code].form["properties"][name] for code, name in places}
    found = [p for p, n in nodes.items() if all(takes_all(other, n) for other in nodes.values())]
    return next((place for place in found if place[1] == asked), found[0] if found else None)


def faults(bundle: Bundle, books: Mapping[str, Rulebook]) -> Iterator[SourceError]:
    """Yield what the packs of a bundle do not agree on, or do not have, at the bundle's own lines.

    ``books``: the editions by service; steps whose service is not there are passed over.
    """
    there = {
        code: books[bundle.steps[code].service]
        for code in ordered(bundle)
        if bundle.steps[code].service in books
    }
    for code, book in there.items():
        yield from _step_faults(bundle, there, code, book)
    for asked, places in bundle.same.items():
        for at, (code, name) in enumerate(places):
            if code in there and name not in there[code].form["properties"]:
                zh = f"{there[code].code} 的表单没有 {name}"
                en = f"the form of {there[code].code} has no question {name}"
                yield bundle.error(("same", asked, at), zh, en)
    yield from _differences(bundle, there)


def _step_faults(
    bundle: Bundle, there: Mapping[str, Rulebook], code: str, book: Rulebook
) -> Iterator[SourceError]:
    step = bundle.steps[code]
    wanted = "enterprise" if step.applicant else "person"
    if book.pack.applicant != wanted:
        zh = f"{book.code} 的申请人是 {book.pack.applicant}，步骤应写明 applicant"
        en = f"{book.code} is applied for by a {book.pack.applicant}; see `applicant` of the step"
        if step.applicant:
            zh = f"{book.code} 由个人申请，不能写 applicant"
            en = f"{book.code} is applied for by a person, so the step has no `applicant`"
        yield bundle.error(("steps", code, "applicant" if step.applicant else "service"), zh, en)
    for question, source in step.takes.items():
        place = ("steps", code, "takes", question)
        if question not in book.form["properties"]:
            zh, en = f"{book.code} 的表单没有 {question}", f"{book.code} does not ask {question}"
            yield bundle.error(place, zh, en)
        elif book.form["properties"][question].get("type") != "string":
            zh, en = f"{question} 不是文字", f"{question} is no text"
            yield bundle.error(place, zh, en)
        if (earlier := there.get(source.step)) is None:
            continue
        kind = earlier.certificate
        fields = {NUMBER, NAME} | {f.id for f in kind.fields} if kind else set()
        if source.field not in fields:
            have = "、".join(sorted(fields))
            zh = f"{earlier.code} 的证照没有 {source.field}（有 {have}）"
            en = f"the certificate of {earlier.code} has no {source.field}"
            yield bundle.error(place, zh, en)
    if step.applicant and step.applicant in there and there[step.applicant].certificate is None:
        zh = f"{there[step.applicant].code} 不发证照"
        en = f"{there[step.applicant].code} issues no certificate"
        yield bundle.error(("steps", code, "applicant"), zh, en)


def _differences(bundle: Bundle, there: Mapping[str, Rulebook]) -> Iterator[SourceError]:
    """Questions that are one, where what one takes another does not."""
    for asked, places in _classes(bundle, there).items():
        nodes = [there[code].form["properties"][name] for code, name in places]
        if len(places) == 1 or is_declaration(nodes[0]):
            continue
        best = _narrowest(asked, places, there)
        specs = {_file_rules(there[code].pack.materials.get(name)) for code, name in places}
        is_file = is_files(nodes[0])
        named_alike = {name for _code, name in places} == {asked}
        if best is None or best[1] != asked or (is_file and (len(specs) > 1 or not named_alike)):
            step, field = places[0]
            apart = (p for p, n in zip(places, nodes, strict=True) if not _agree(nodes[0], n))
            code, name = next(apart, places[-1])
            zh = (
                f"{there[code].code} 的 {name} 与 {there[step].code} 的 {field} 是同一项，"
                "要求却不同"
            )
            en = (
                f"{name} of {there[code].code} and {field} of {there[step].code} are one question,"
                " and take different answers"
            )
            yield bundle.error(("steps", code, "service"), zh, en)


def _agree(one: Any, other: Any) -> bool:
    return takes_all(one, other) or takes_all(other, one)


def _file_rules(one: Any) -> Any:
    return one and (one.kinds, one.megabytes)
