"""The API does what its own description says, whatever is thrown at it.

``FUZZ_EXAMPLES`` (5, with ``--full`` 500) sets how many examples each operation gets.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from approvals.models import Application
from deploy.local.stack import Stack
from exchange.models import Endpoint
from tests.api.document import operations
from tests.api.narrowed import narrowed
from tests.approvals.cases import graduate_answers
from tests.approvals.program import Program, another_body

pytestmark = pytest.mark.slow
EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "500" if os.environ.get("MIAOPI_FULL") else "5")
SEED = os.environ.get("FUZZ_SEED", "2026")

# Its answer would be 422: check digits and forms say more than a description can.
NOT_CHECKED = "positive_data_acceptance"


def test_fuzzed_from_its_own_description_it_neither_breaks_nor_answers_otherwise(
    live: Stack, tmp_path: Path
) -> None:
    printed = fuzz(tmp_path, f"{live.url}/api/schema/", EXAMPLES)
    count = len(operations())
    assert f"{count} selected / {count} total" in printed, printed
    assert live.answers()
    assert Application.objects.filter(state="submitted").count() == Application.objects.count()


def fuzz(folder: Path, document: str, examples: str, *options: str) -> str:
    """Let schemathesis call as the hall's program; returns what it printed. Fails as it does."""
    command = [
        *[sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"],
        *["run", document, "--max-examples", examples, "--seed", SEED],
        *["--checks", "all", "--continue-on-failure"],
        *["--header", f"Authorization: {Program().bearer}", "--request-timeout", "30"],
        *["--suppress-health-check", "all", "--warnings", "off", "--no-color", "--no-shrink"],
        *(options or ["--exclude-checks", NOT_CHECKED]),
    ]
    run = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=7200, check=False
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    return run.stdout


# not the receipt: nothing is decided here, and there is none before
FOLLOWED = ("application", "documents", "withdraw", "renewSecret", "endEndpoint")


def test_fuzzed_from_step_to_step_each_answer_is_as_described(live: Stack, tmp_path: Path) -> None:
    """Along the document's links, with good bodies: cases and endpoints are made and moved."""
    url = {"url": "https://agency.example/hook/", "kinds": ["application.decided"]}
    claims = [{"fact": "school", "claim": text, "reason": "登记有误"} for text in ("甲校", "乙校")]
    bodies = {
        "submit": [another_body() for _ in range(12)],
        "correct": [{"answers": graduate_answers()}],
        "dispute": claims,
        "addEndpoint": [url, {**url, "description": "another"}],
        "changeEndpoint": [url],
    }
    described = Program("", live.url).get("/api/schema/?format=json").json
    path = tmp_path / "narrowed.json"
    path.write_text(json.dumps(narrowed(described, bodies, FOLLOWED), ensure_ascii=False))
    # an endpoint that was ended may be written anew, which switches it on
    options = ["--phases", "stateful", "--exclude-checks", f"{NOT_CHECKED},use_after_free"]
    options += ["--url", live.url, "--mode", "positive"]
    printed = fuzz(tmp_path, str(path), max(EXAMPLES, "30", key=int), *options)
    (covered,) = re.findall(r"API Links: +(\d+) covered", printed)
    assert int(covered) >= 10
    assert live.answers()
    assert Application.objects.count() >= 5
    assert Endpoint.objects.filter(partner="window").exclude(ended="").exists()


def test_every_status_that_a_program_meets_is_described(live: Stack) -> None:
    described = Program("", live.url).get("/api/schema/?format=json").json
    submit = described["paths"]["/api/v1/applications"]["post"]
    assert {"201", "202", "400", "401", "403", "404", "409", "411", "413", "415", "422"} <= set(
        submit["responses"]
    )
    for status, response in submit["responses"].items():
        kind = "application/json" if status < "300" else "application/problem+json"
        assert list(response["content"]) == [kind]
    assert {"agencyToken": []} in submit["security"]
    assert described["components"]["securitySchemes"]["agencyToken"]["scheme"] == "bearer"
