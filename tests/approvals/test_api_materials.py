"""A program hands in a file, then the application that names it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client

from approvals.models import Application, Attachment
from config import bodies
from materials.content import LARGEST
from materials.models import Material
from tests.approvals.cases import person, places, trader_answers
from tests.approvals.program import Program, assert_problem
from tests.materials.files import BAD, GOOD, in_process

pytestmark = pytest.mark.usefixtures("furnished")
PATH = "/api/v1/services/sole_trader/materials/owners_consent"
FILE = "application/octet-stream"


@pytest.fixture(autouse=True)
def files(monkeypatch: pytest.MonkeyPatch) -> None:
    in_process(monkeypatch)


def test_a_file_and_the_application_that_names_it() -> None:
    program, who = Program(), person("trader")
    sent = program.ask("POST", PATH, GOOD["a PDF"], Content_Type=FILE)
    assert sent.status == 201, sent.raw
    assert sent.json["kind"] == "pdf" and sent.json["pages"] == 2 and sent.json["scanned"] is False
    again = program.ask("POST", PATH, GOOD["a PDF"], Content_Type=FILE)
    assert again.json["sha256"] == sent.json["sha256"] and Material.objects.count() == 1
    answers = trader_answers(premises=next(places("residential")).code)
    body = {
        "service": "sole_trader",
        "edition": program.get("/api/v1/services/sole_trader").json["edition"],
        "applicant": {"kind": "person", "number": who.number, "name": who.name},
        "answers": {**answers, "owners_consent": [sent.json["sha256"]]},
    }
    assert program.post(body).status in (201, 202)
    assert Attachment.objects.get().material.by == "agency:window"
    unknown = {**body, "answers": {**body["answers"], "owners_consent": ["0" * 64]}}
    assert_problem(program.post(unknown), 422, "no_such_material", "/answers/owners_consent/0")
    assert Application.objects.count() == 1


@pytest.mark.parametrize("name", ["a PDF with a script", "a flood of pixels", "nothing"])
def test_a_refused_file_has_its_reason(name: str) -> None:
    data, code = BAD[name]
    reply = Program().ask("POST", PATH, data, Content_Type=FILE)
    assert_problem(reply, 422, f"material_{code}")
    assert not Material.objects.exists()


def test_what_is_no_file_of_this_service_is_not_there() -> None:
    program = Program()
    for path in (PATH.replace("owners_consent", "scope"), PATH.replace("sole_trader", "nothing")):
        assert_problem(program.ask("POST", path, GOOD["a PDF"], Content_Type=FILE), 404)
    assert_problem(program.ask("POST", PATH, b"{}"), 415)
    assert_problem(Program("").ask("POST", PATH, GOOD["a PDF"], Content_Type=FILE), 401)
    too_long = program.ask("POST", PATH, b"%PDF-" + b"0" * LARGEST, Content_Type=FILE)
    assert_problem(too_long, 413)


def test_it_is_described() -> None:
    schema = Client().get("/api/schema/?format=json")
    paths = json.loads(schema.content)["paths"]
    operation = paths["/api/v1/services/{code}/materials/{question}"]["post"]
    assert operation["requestBody"]["content"][FILE]["schema"] == {
        "type": "string",
        "format": "binary",
    }


@pytest.mark.parametrize(
    ("path", "is_large"),
    [
        (PATH, True),
        ("/services/sole_trader/apply/", True),
        ("/services/sole_trader/for/form/", True),
        ("/cases/MP20261129ABCDEF/correct/", True),
        ("/cases/MP20261129ABCDEF/wrong/hukou_city/", True),
        ("/services/graduate_settlement/wrong/hukou_city/", True),
        ("/desk/approvals/intake/take/sole_trader/", True),
        ("/desk/approvals/intake/correct/MP20261129ABCDEF/", True),
        ("/api/v1/applications", False),
        ("/", False),
        ("/desk/approvals/application/", False),
        ("/services/sole_trader/apply/x", False),
    ],
)
def test_large_bodies_are_read_where_files_are_and_nowhere_else(path: str, is_large: bool) -> None:
    environ = {"PATH_INFO": path}
    most, places = bodies._bounds(environ, str(bodies.LARGEST + 1))
    assert most == (bodies.LARGEST_WITH_FILES if is_large else bodies.LARGEST)
    assert (places is bodies._places_with_files) is is_large
    assert bodies._bounds(environ, "1000") == (bodies.LARGEST, bodies._places)


def test_nginx_lets_the_same_in() -> None:
    text = (Path(__file__).parents[2] / "deploy" / "nginx.conf").read_text()
    assert text.count("client_max_body_size 22m;") == 2
    assert bodies.LARGEST_WITH_FILES == 22_000_000
