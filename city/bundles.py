"""One thing, once (一件事): several services that people need together, asked for in one form.

A bundle names its steps, each one service, and what each waits for. Built and checked here as far
as the city's own files tell; what the packs must agree on is checked by ``services.bundles``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from city.errors import SourceError
from city.source import Located
from city.source import Path as Place

Words = Mapping[str, str]  # a text in both languages: {"zh": …, "en": …}
Typed = Mapping[str, tuple[str, ...]]  # words that people type
Fault = Callable[[Place, str, str], None]


@dataclass(frozen=True, slots=True)
class Taken:
    """Where the answer to a question comes from instead of the applicant: an earlier certificate.

    ``field``: one of the certificate's fields, or ``number``.
    """

    step: str
    field: str


@dataclass(frozen=True, slots=True)
class Step:
    """One service of a bundle. ``after``: the steps that must be approved before it is handed in.

    ``choice``: the words by which people choose it; None: it always belongs to the bundle.
    ``applicant``: the step whose certificate names the enterprise that applies; empty: the person.
    """

    code: str
    service: str
    after: tuple[str, ...] = ()
    takes: Mapping[str, Taken] = field(default_factory=dict)  # by question of the service's form
    choice: Words | None = None
    applicant: str = ""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Several services in one form. ``same``: questions of different names that are one.

    By the name that is asked, each a list of (step, question). ``one_of``: groups of steps of which
    people choose one each; without a choice it is the first.
    """

    code: str
    zh: str
    en: str
    summary: Words
    law: str
    life_event: str
    words: Typed
    steps: Mapping[str, Step]
    same: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    one_of: tuple[tuple[str, ...], ...] = ()
    document: Located | None = field(default=None, repr=False, compare=False)

    def error(self, path: Place, zh: str, en: str) -> SourceError:
        """Return a fault at the file and line of a part of this bundle."""
        assert self.document is not None, f"{self.code} was read from no file"
        return self.document.error(("bundles", self.code, *path), zh, en)

    def group_of(self, code: str) -> tuple[str, ...]:
        """Return the steps of which one is chosen, this one among them; empty: in no group."""
        return next((group for group in self.one_of if code in group), ())

    def is_optional(self, code: str) -> bool:
        """Tell whether people may do without a step and without any in its place."""
        return self.steps[code].choice is not None and not self.group_of(code)

    def before(self, code: str) -> set[str]:
        """Return all steps that a step waits for, directly or by way of others."""
        found: set[str] = set()
        left = [code]
        while left:
            for name in self.steps[left.pop()].after:
                if name not in found and name in self.steps:
                    found.add(name)
                    left.append(name)
        return found


def build(document: Located, services: set[str], life_events: set[str], fault: Fault) -> dict:
    """Return the bundles of a city by code; ``fault`` takes what is wrong.

    ``services``: those that the city has, or leaves out by name.
    """
    found = {}
    for code, part in document.data.get("bundles", {}).items():
        bundle = _bundle(code, part, document)
        for path, zh, en in _faults(bundle, part, services, life_events):
            fault(("bundles", code, *path), zh, en)
        found[code] = bundle
    return found


def _bundle(code: str, part: Mapping[str, Any], document: Located) -> Bundle:
    return Bundle(
        code=code,
        zh=part["zh"],
        en=part["en"],
        summary=part["summary"],
        law=part["law"],
        life_event=part["life_event"],
        words={language: tuple(part["words"].get(language, ())) for language in ("zh", "en")},
        steps={name: _step(name, step) for name, step in part["steps"].items()},
        same={
            name: tuple((one.partition(".")[0], one.partition(".")[2]) for one in places)
            for name, places in part.get("same", {}).items()
        },
        one_of=tuple(tuple(group) for group in part.get("one_of", ())),
        document=document,
    )


def _step(code: str, part: Mapping[str, Any]) -> Step:
    takes = {}
    for question, source in part.get("takes", {}).items():
        step, _certificate, name = source.split(".")
        takes[question] = Taken(step, name)
    return Step(
        code=code,
        service=part["service"],
        after=tuple(part.get("after", ())),
        takes=takes,
        choice=part.get("choice"),
        applicant=part.get("applicant", ""),
    )


def _faults(
    bundle: Bundle, part: Mapping[str, Any], services: set[str], life_events: set[str]
) -> Iterator[tuple[Place, str, str]]:
    if bundle.life_event not in life_events:
        zh, en = f"没有主题 {bundle.life_event}", f"there is no life event {bundle.life_event}"
        yield ("life_event",), zh, en
    for code, step in bundle.steps.items():
        place: Place = ("steps", code)
        if step.service not in services:
            zh, en = f"没有事项 {step.service}", f"there is no service {step.service}"
            yield (*place, "service"), zh, en
        for at, name in enumerate(step.after):
            if name not in bundle.steps:
                yield (*place, "after", at), f"没有步骤 {name}", f"there is no step {name}"
        if code in bundle.before(code):
            yield (
                (*place, "after"),
                f"步骤 {code} 等待自己：{_circle(bundle, code)}",
                f"step {code} waits for itself: {_circle(bundle, code)}",
            )
            continue
        earlier = bundle.before(code)
        named = {question: taken.step for question, taken in step.takes.items()}
        for question, name in named.items():
            if name not in earlier:
                zh = f"{name} 不是 {code} 等待的步骤，不能取其证照"
                en = f"{code} does not wait for {name}, so it cannot take from its certificate"
                yield (*place, "takes", question), zh, en
        if step.applicant and step.applicant not in earlier:
            zh = f"{step.applicant} 不是 {code} 等待的步骤"
            en = f"{code} does not wait for {step.applicant}"
            yield (*place, "applicant"), zh, en
        for name in sorted(set(step.after) & set(bundle.steps)):
            if bundle.is_optional(name) and not bundle.is_optional(code):
                zh = f"{name} 可以不选，{code} 不能等待它"
                en = f"{name} may be left out, so {code} cannot always wait for it"
                yield (*place, "after"), zh, en
    services_of = [step.service for step in bundle.steps.values()]
    for code, step in bundle.steps.items():
        if services_of.count(step.service) > 1:
            zh, en = f"{step.service} 出现两次", f"{step.service} stands there twice"
            yield ("steps", code, "service"), zh, en
    yield from _group_faults(bundle)
    if all(bundle.is_optional(code) for code in bundle.steps):
        yield ("steps",), "至少一个步骤不可不选", "one step at least always belongs to it"
    for name, places in bundle.same.items():
        for at, (code, _question) in enumerate(places):
            if code not in bundle.steps:
                yield ("same", name, at), f"没有步骤 {code}", f"there is no step {code}"


def _group_faults(bundle: Bundle) -> Iterator[tuple[Place, str, str]]:
    members = [code for group in bundle.one_of for code in group]
    for at, group in enumerate(bundle.one_of):
        for place, code in enumerate(group):
            where: Place = ("one_of", at, place)
            if code not in bundle.steps:
                yield where, f"没有步骤 {code}", f"there is no step {code}"
            elif members.count(code) > 1:
                yield where, f"{code} 在两组里", f"{code} is in two groups"
            elif bundle.steps[code].choice is None:
                zh, en = f"步骤 {code} 没有写 choice", f"step {code} has no `choice`"
                yield where, zh, en
            elif bundle.before(code) & set(group):
                zh = f"{code} 等待同组的另一步骤，不能只选其一"
                en = f"{code} waits for another of its group, so one alone cannot be chosen"
                yield where, zh, en
    for code, step in bundle.steps.items():
        for name in step.after:
            if missing := sorted(set(bundle.group_of(name)) - set(step.after)):
                zh = f"{code} 等待 {name}，也应等待 {'、'.join(missing)}：只选其一"
                en = f"{code} waits for {name}, so also for {', '.join(missing)}: one is chosen"
                yield ("steps", code, "after"), zh, en


def _circle(bundle: Bundle, code: str) -> str:
    """Return one way from a step back to itself."""
    ways = [[code]]
    while ways:
        way = ways.pop(0)
        for name in bundle.steps[way[-1]].after:
            if name == code:
                return " → ".join([*way, code])
            if name in bundle.steps and name not in way:
                ways.append([*way, name])
    return code
