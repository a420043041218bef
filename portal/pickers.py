"""What a picker shows: lines of business by words, pinyin and initials, with their permits;
addresses by street and building, from the registry that keeps them.

It works by posting the form: what is chosen is in it, what is found is ticked. With JavaScript the
same part of the page comes while somebody types (``portal.views.choices``).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext

from exchange.registries import Answer
from exchange.searches import search
from people.language import in_language, listed
from portal import typed
from portal.problems import Problem, sentence
from portal.questions import Choice, Field
from services.finding import choices
from services.inputs import gather_inputs
from services.rulebook import Rulebook, run_safely

FIND = "find"  # begins the name of the field that is searched in
PICK = "pick"  # and of an address that was found and is chosen
LONGEST = 40  # characters of a search
MOST = 12  # results
FEW = 60  # choices that are also shown as a whole


def fill(
    questions: Sequence[Field],
    book: Rulebook,
    answers: Mapping[str, Any],
    sent: QueryDict,
    on: datetime.date,
) -> None:
    """Give the pickers among the questions what they show."""
    for question in questions:
        if question.widget == "picker":
            _fill(question, book, answers, sent, on)
        elif question.address:
            _find_address(question, book)


def posted(sent: QueryDict) -> QueryDict:
    """Return what was posted, with the addresses that were chosen where they were searched for."""
    chosen = {key[len(PICK) :]: str(sent[key]) for key in sent if key.startswith(f"{PICK}/")}
    if not chosen:
        return sent
    read = sent.copy()
    for pointer, value in chosen.items():
        if value and sent.get("search") != pointer:
            read[pointer] = value
    return read


def registry_of(book: Rulebook, name: str) -> str:
    """Return the registry that is asked about an answer; empty: none is."""
    entries = book.pack.registries.values()
    return next((e.registry for e in entries if e.subject == name and not e.item), "")


def _find_address(question: Field, book: Rulebook) -> None:
    """Say which addresses answer what was typed, or which one a code is."""
    node, text = book.form["properties"].get(question.name, {}), str(question.value or "")
    registry = registry_of(book, question.name)
    if not text or not registry:
        return
    is_code = "pattern" in node and typed.fits(node["pattern"], text)
    found = search(registry, typed.plain(text), limit=1 if is_code else MOST)
    if is_code:
        question.place = next((hit.text for hit in found.hits if hit.number == text), "")
        return
    question.query, question.is_silent = text, not found.is_answered
    question.found = [Choice(hit.number, hit.text, False) for hit in found.hits]


def _fill(
    question: Field,
    book: Rulebook,
    answers: Mapping[str, Any],
    sent: QueryDict,
    on: datetime.date,
) -> None:
    """Say of a picker what was found, or what another answer suggests, and what needs a permit."""
    name = question.pointer[1:]
    question.query = sent.get(f"{FIND}{question.pointer}", "")[:LONGEST].strip()
    for choice in question.choices:
        choice.note = listed(in_language(words) for words in permits(book, name, choice.value, on))
    by_value = {choice.value: choice for choice in question.choices}
    if question.query:
        codes = choices.find(book, name, question.query)
    else:
        hint = book.form["properties"][name].get("x-suggest", "")
        text = str(answers.get(hint, ""))[:LONGEST]
        codes = choices.suggest(book, name, text) if text else []
    question.found = [by_value[c] for c in codes if not by_value[c].chosen][:MOST]


def reworded(problems: Sequence[Problem], questions: Sequence[Field]) -> list[Problem]:
    """Say of an address in words that one of those found is to be chosen, and not how a code looks.

    The same is said beside the question.
    """
    named = {q.pointer: q for q in questions if q.address and q.error and q.query}
    found: list[Problem] = []
    for problem in problems:
        if question := named.get(problem.pointer):
            text = gettext("Choose one of the addresses that were found")
            if not question.found:
                text = gettext("No such address was found; try the street alone, or the code")
            question.error = text
            problem = replace(problem, text=sentence(question.label, text))
        if problem not in found:  # a text may break several rules for a code at once
            found.append(problem)
    return found


def name_places(questions: Sequence[Field], book: Rulebook, answers: Iterable[Answer]) -> None:
    """Put the words of an address beside its code, where its registry has just said them."""
    texts = {a.registry: a.data.get("text") for a in answers if a.outcome == "found"}
    for question in questions:
        if question.address and (text := texts.get(registry_of(book, question.name))):
            question.place = str(text)


@lru_cache(maxsize=2048)
def permits(book: Rulebook, name: str, value: str, on: datetime.date) -> tuple[Any, ...]:
    """Return the permits of other agencies that one choice alone calls for, by the rules."""
    answers = {name: [value]}
    values = gather_inputs(book, answers, {}, {}, on).values
    return tuple(
        book.consents[item]
        for item, applies in book.program.consents
        if run_safely(applies, values) is True
    )
