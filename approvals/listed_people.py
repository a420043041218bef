"""The persons whom an application names beside its applicant, and as what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext

from approvals.models import Application
from people.language import in_language, language
from services.inputs import NAME
from services.rulebook import Rulebook
from services.tokens import FORMAT, masked, subject


@dataclass(frozen=True, slots=True)
class People:
    """Whom the answers list beside the applicant: index -> (name, masked number, as what)."""

    applicant: str  # index
    listed: Mapping[str, tuple[str, str, list[str]]]

    def whom(self, index: str) -> str:
        """Return another person's masked number and what they are; "" where none is listed."""
        if index not in self.listed:
            return ""
        _name, number, labels = self.listed[index]
        return " · ".join(filter(None, (number, *labels)))

    def of(self, index: str) -> str:
        """The same, and the applicant by that word; a subject that is no person is not named."""
        return gettext("Applicant") if index == self.applicant else self.whom(index)

    def named(self, index: str) -> tuple[str, str]:
        """Return a person's name with the masked number, and what they are."""
        name, number, labels = self.listed.get(index, ("", gettext("somebody"), []))
        return f"{name} {number}".strip(), " · ".join(labels)


def people(case: Application, book: Rulebook, named: Iterable[tuple[str, str, str]] = ()) -> People:
    """Return the persons whom the answers list, each once, and those whom registries have named.

    ``named``: of these the index, the fact that names them, and how it does: by number or by index.
    """
    found: dict[str, tuple[str, str, list[str]]] = {}
    for field, node in book.form["properties"].items():
        parts = node.get("items", {}).get("properties", {}) if node.get("type") == "array" else {}
        number = next((n for n, part in parts.items() if part.get("format") == FORMAT), None)
        items = case.answers.get(field)
        if number is None or not isinstance(items, list):
            continue
        label = str(node.get(f"x-{language()}", field))
        for item in items:
            text = item.get(number)
            if not isinstance(text, str) or not text:
                continue
            labels = found.setdefault(
                subject(text), (str(item.get(NAME, "")), str(masked(text)), [])
            )[2]
            if label not in labels:
                labels.append(label)
    for index, fact, text in named:
        labels = found.setdefault(index, ("", masked(text) if text != index else "", []))[2]
        if (label := in_language(book.facts[fact])) not in labels:
            labels.append(label)
    return People(case.applicant, found)
