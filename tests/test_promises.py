"""What is promised is proved: docs/promises.md names every promise, and tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from django.core.files.uploadedfile import InMemoryUploadedFile, SimpleUploadedFile
from django.test import Client

from certificates.verification import uploads

ROOT = Path(__file__).parents[1]
DOCUMENT = "\n".join(
    (ROOT / "docs" / name).read_text() for name in ("promises.md", "promises-screens.md")
)
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in DOCUMENT.splitlines()
    if line.startswith("| ") and not line.startswith("| promise |")
]
QUOTES = re.findall("“([^”]+)”", DOCUMENT)
# whoever writes one of these on a screen promises something
PROMISING = re.compile(
    r"\b(?:never|always|only|every|each|nobody|anyone|nothing|at the latest|within|in seconds"
    r"|by itself|at any time|safe|not kept|masked|recorded)\b",
    re.IGNORECASE,
)
# of these words, what only says how things are, or what to do
NO_PROMISE = (
    "Nothing found for",
    "Nothing to sign here",
    "This link asks nothing of you",
    "Nobody has given you a mandate",
    "Nobody. What you apply for",
    "Nobody but its representative",
    "Nothing has been applied for yet",
    "The registry has no enterprise of yours",
    "nothing",  # has to be filled in, or uploaded
    "Else an officer decides: promised within",
    "apply for administrative reconsideration within",
    "go to court within",
    "Have its number ready",  # what follows is about those who call
    "Nothing was",
    "The system then decides nothing",
    "promised within",
    "within %(t)s",
    "Your answer was recorded",
    "About each of",
    "We have it",  # what follows is in the sentences beside it
)
PUBLIC = (  # where texts of pages stand that are not the desk's
    *("portal/", "assistants/", "counter/templates/", "credentials/templates/"),
    "certificates/templates/certificates/",
)
MARKS = ("In seconds",)  # of a service; the sentences on its page say when


@cache
def promising() -> list[str]:
    """Return the texts of the portal and of certificates' public pages that promise something."""
    with (ROOT / "config/locale/en/LC_MESSAGES/django.po").open("rb") as source:
        catalog = read_po(source, locale="en")
    found = []
    for message in catalog:
        text = message.id if isinstance(message.id, str) else message.id[0]
        places = [place for place, _ in message.locations]
        public = any(p.startswith(PUBLIC) for p in places)
        if (
            text
            and public
            and PROMISING.search(text)
            and text not in MARKS
            and not text.startswith(NO_PROMISE)
        ):
            found.append(text)
    return found


@cache
def texts_of_screens() -> str:
    with (ROOT / "config/locale/en/LC_MESSAGES/django.po").open("rb") as source:
        catalog = read_po(source, locale="en")
    ids = [m.id if isinstance(m.id, str) else m.id[0] for m in catalog]
    return "\n".join(ids)


@cache
def functions_of(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:50])
def test_every_promise_names_tests_that_exist(row: list[str]) -> None:
    assert len(row) == 3 and all(row)
    named = re.findall(r"`([^`]+)`", row[2])
    assert named
    for node in named:
        file, _, function = node.partition("::")
        assert function.startswith("test_") and function in functions_of(file), node


@pytest.mark.parametrize("text", promising(), ids=lambda text: text[:50])
def test_every_promise_of_a_screen_is_in_the_document(text: str) -> None:
    assert any(quote in text for quote in QUOTES), text


@pytest.mark.parametrize("quote", QUOTES)
def test_what_is_quoted_stands_on_a_screen(quote: str) -> None:
    assert quote == "…" or quote in texts_of_screens()


def test_the_document_is_read() -> None:
    assert len(ROWS) > 60 and len(promising()) > 20


def test_only_what_a_pack_asks_for_is_taken_as_a_file() -> None:
    """One template takes files, of one kind of question; else a dispute may bring some, unasked."""
    pages = (ROOT / "portal" / "templates").rglob("*.html")
    taking = [page.name for page in pages if 'type="file"' in page.read_text()]
    assert sorted(taking) == ["dispute.html", "files.html"]
    dispute = (ROOT / "portal/templates/portal/dispute.html").read_text()
    assert re.search(r'<label for="files">[^\n]*{% trans "\(optional\)" %}', dispute)
    field = (ROOT / "portal/templates/portal/parts/field.html").read_text()
    assert '{% if field.widget == "files" %}{% include "portal/parts/files.html" %}' in field


def test_a_paper_that_was_handed_in_is_written_nowhere(
    furnished: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The largest file that is taken stays in memory; nothing makes a row or a file of it."""
    taken: list[Any] = []
    check = uploads.check

    def remember(file: Any, at: Any) -> Any:
        taken.append(file)
        return check(file, at)

    monkeypatch.setattr(uploads, "check", remember)
    paper = SimpleUploadedFile("a.pdf", b"%PDF-" + b"x" * (uploads.LARGEST - 10))
    assert Client().post("/verify/file/", {"file": paper}).status_code in (200, 400, 404, 422)
    assert [type(file) for file in taken] == [InMemoryUploadedFile]
