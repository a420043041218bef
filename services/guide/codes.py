"""What an edition's names, parts of records and codes are called. Pure.

The words of a code are looked for where the code is from: the registry's own file, the fact, the
question of the form, the names of the city's certificates.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from city import source
from city.model import City, Registry, RegistryField
from services.explain import Wording
from services.guide.words import CERTIFICATE_STATES, PARTS
from services.pack.model import ANSWERS, SUBJECT, Fact
from services.pack.persons import ANSWERED, WHOLE

Codes = Mapping[str, str]
CERTIFICATES = "certificates"  # who answers a registry of certificates held: city.model.AnsweredBy


class Vocabulary:
    """The words of an edition and of its city, in one language."""

    def __init__(self, wording: Wording, city: City | None) -> None:
        self.wording, self.city = wording, city
        self.language = wording.language
        self.pack = wording.rulebook.pack

    def terms(self) -> dict[str | int, str]:
        """The words of every code of the city's that this edition's facts have, by code."""
        found: dict[str | int, str] = {}
        for fact in self.pack.facts.values():
            field, registry = self._field(fact), self._registry(fact)
            of = registry.fields if registry and fact.field == WHOLE else field.of if field else ""
            for one in (field, *(of.values() if isinstance(of, Mapping) else ())):
                for code, words in (self._codes(one) if one else {}).items():
                    found[code] = words
        return found

    def certificate(self, kind: str) -> str:
        """What a kind of certificate is called; its code where no pack of the city issues it."""
        own = self.pack.certificate
        if own is not None and own.kind == kind:
            return str(self.wording.words_of(own))
        return self.certificates().get(kind, kind)

    def certificates(self) -> Codes:
        packs = self.city.packs if self.city else ()
        return {kind: words[self.language] for kind, words in _issued(packs).items()}

    def registry(self, code: str) -> str:
        """What a registry is called: as the edition says, or as its city does."""
        entry = self.pack.registries.get(code)
        if entry is not None:
            return str(self.wording.words_of(entry))
        of_city = self.city.registries.get(code) if self.city else None
        return str(self.wording.words_of(of_city)) if of_city else code

    def question(self, name: str) -> str:
        """What the form calls a question, or the form's part of a list."""
        return self.wording.field_label(name)

    def of_fact(self, fact: Fact) -> Codes:
        """The words of a fact's codes."""
        found = {code: words[self.language] for code, words in fact.labels.items()}
        if fact.source == ANSWERS:
            node = self.wording.rulebook.form["properties"].get(fact.field, {})
            found |= {str(code): words for code, words in self.wording.labels(node).items()}
        field = self._field(fact)
        return self._codes(field) | found if field else found

    def of_part(self, fact: Fact, part: str) -> Codes:
        """The words of the codes in one part of a fact's records."""
        field = self._part(fact, part)
        found = self._codes(field) if field else {}
        labels = {code: words[self.language] for code, words in fact.labels.items()}
        if self._is_of_certificates(fact):
            states = {
                code: pair[self.language == "en"] for code, pair in CERTIFICATE_STATES.items()
            }
            return {**states, **self.certificates(), **labels}
        if fact.source == ANSWERS:
            labels |= {str(c): w for c, w in self.wording.labels(self._asked(fact, part)).items()}
        return {**found, **labels}

    def part(self, fact: Fact, part: str) -> str:
        """What one part of a fact's records is called."""
        if part == SUBJECT:
            return self.wording.in_words(PARTS[SUBJECT])
        answered = part.startswith(ANSWERED)
        name = part.removeprefix(ANSWERED)
        asked = self._asked(fact, name).get(f"x-{self.language}", "")
        if answered:
            words = asked or self._part_name(name)
            return self.wording.in_words((f"所填的{words}", f"{words} as filled in"))
        field = self._part(fact, part)
        return str(
            asked or (self.wording.words_of(field) if field else "") or self._part_name(part)
        )

    def _part_name(self, part: str) -> str:
        return self.wording.in_words(PARTS[part]) if part in PARTS else part

    def _codes(self, field: RegistryField) -> dict[str, str]:
        return {code: words[self.language] for code, words in (field.codes or {}).items()}

    def _registry(self, fact: Fact) -> Registry | None:
        entry = self.pack.registries.get(fact.source)
        return self.city.registries.get(entry.registry) if self.city and entry else None

    def _field(self, fact: Fact) -> RegistryField | None:
        registry = self._registry(fact)
        return registry.fields.get(fact.field) if registry else None

    def _part(self, fact: Fact, part: str) -> RegistryField | None:
        if fact.field == WHOLE:
            registry = self._registry(fact)
            return registry.fields.get(part) if registry else None
        field = self._field(fact)
        parts = field.of if field and isinstance(field.of, Mapping) else {}
        return parts.get(part)

    def _asked(self, fact: Fact, part: str) -> Mapping[str, Any]:
        """The form's question of a part, where a list of the form has it."""
        entry = self.pack.registries.get(fact.source)
        name = fact.field if fact.source == ANSWERS else entry.subject if entry else ""
        node = self.wording.rulebook.form["properties"].get(name, {})
        found = node.get("items", {}).get("properties", {}).get(part, {})
        return found if fact.source == ANSWERS or fact.of_persons else {}

    def _is_of_certificates(self, fact: Fact) -> bool:
        registry = self._registry(fact)
        return registry is not None and registry.answered_by == CERTIFICATES


@lru_cache(maxsize=4)
def _issued(paths: tuple[Path, ...]) -> Mapping[str, Mapping[str, str]]:
    """The names of the certificates that packs issue, by kind; of two alike the first one's."""
    found: dict[str, Mapping[str, str]] = {}
    for path in paths:
        part = source.read(source.text_of(path), str(path)).data.get("certificate")
        if isinstance(part, Mapping):
            found.setdefault(part["kind"], {"zh": part["zh"], "en": part["en"]})
    return found
