"""The OpenAPI document: it is valid for others' programs, and describes all that there is."""

import json
import re
from pathlib import Path

import pytest
from django.urls import get_resolver

from approvals.api import messages
from deploy.local.stack import Stack
from exchange.outgoing import KINDS
from tests.api.document import document, faults, operations
from tests.approvals.addresses import routes
from tests.approvals.program import Program
from tests.plugins.node import Node


@pytest.fixture
def served(furnished: None, tmp_path: Path) -> Path:
    """The document as a program gets it."""
    reply = Program("").get("/api/schema/?format=json")
    assert reply.status == 200 and json.loads(reply.raw)["openapi"] == "3.1.1"
    path = tmp_path / "openapi.json"
    path.write_bytes(reply.raw)
    return path


def test_redocly_finds_no_error_and_nothing_to_warn_of(served: Path, node: Node) -> None:
    config = str(node.folder / "redocly.yaml")
    done = node.run("redocly", "lint", str(served), "--config", config, "--format", "json")
    totals = json.loads(done.stdout)["totals"]
    assert (totals["errors"], totals["warnings"]) == (0, 0), done.stdout[:4000]


def test_spectral_finds_no_error_and_nothing_to_warn_of(served: Path, node: Node) -> None:
    ruleset = str(node.folder / "spectral.yaml")
    done = node.run("spectral", "lint", str(served), "-r", ruleset, "--fail-severity", "warn")
    assert done.returncode == 0, done.stdout[:4000]


def test_the_linters_find_what_is_wrong(served: Path, node: Node) -> None:
    """Else a ruleset that is not read would pass everything."""
    broken = json.loads(served.read_bytes())
    del broken["paths"]["/api/v1/services"]["get"]["responses"]
    broken["paths"]["/api/v1/consents"]["get"]["operationId"] = "services"
    served.write_text(json.dumps(broken))
    config, ruleset = str(node.folder / "redocly.yaml"), str(node.folder / "spectral.yaml")
    assert node.run("redocly", "lint", str(served), "--config", config).returncode == 1
    assert node.run("spectral", "lint", str(served), "-r", ruleset).returncode == 1


def test_every_address_of_the_api_is_described() -> None:
    served = {
        "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)
        for route in routes(get_resolver().url_patterns)
        if route.startswith(("api/v1/", "webhooks/"))
    }
    paths = {path for path in document()["paths"] if path.startswith(("/api/v1/", "/webhooks/"))}
    assert {path.rstrip("/") for path in served} == paths


def test_every_operation_has_a_summary_a_tag_and_says_who_may_call_it() -> None:
    for name, (_, _, operation) in operations().items():
        assert operation["summary"] and len(operation["tags"]) == 1, name
        assert isinstance(operation["security"], list), name
        for response in operation["responses"].values():
            assert response["description"], name
    defined = document()["components"]["securitySchemes"]
    assert {"agencyToken", "webhookSignature"} <= set(defined)


def test_every_kind_of_message_is_described_in_both_directions() -> None:
    assert set(document()["webhooks"]) == set(KINDS)
    body = operations()["sendMessage"][2]["requestBody"]["content"]["application/json"]["schema"]
    assert len(body["oneOf"]) == len(messages.TAKEN)


def test_links_lead_to_operations_that_take_what_they_give() -> None:
    known, found = operations(), 0
    for _, _, operation in known.values():
        for response in operation["responses"].values():
            for link in response.get("links", {}).values():
                _, path, _ = known[link["operationId"]]
                assert all(f"{{{name}}}" in path for name in link["parameters"])
                found += 1
    assert found


def test_a_field_that_is_not_described_is_found() -> None:
    """What the other tests rest on: a schema that is closed for them."""
    schema = {"$ref": "#/components/schemas/Words"}
    assert faults(schema, {"zh": "是", "en": "yes"}) == []
    assert faults(schema, {"zh": "是", "en": "yes", "extra": 1})
    assert faults(schema, {"zh": "是"})


@pytest.mark.slow
def test_its_server_is_where_it_was_asked_for(live: Stack) -> None:
    described = Program("", live.url).get("/api/schema/?format=json").json
    assert [server["url"] for server in described["servers"]] == [live.url]
