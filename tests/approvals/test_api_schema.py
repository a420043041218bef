"""The API does what its own description says, whatever is thrown at it.

``FUZZ_EXAMPLES`` (30, with ``--full`` 100) sets how many examples each operation gets.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from approvals.models import Application
from deploy.local.stack import Stack
from tests.api.document import operations
from tests.approvals.program import Program

pytestmark = pytest.mark.slow
EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "100" if os.environ.get("MIAOPI_FULL") else "30")
SEED = os.environ.get("FUZZ_SEED", "2026")

# Its answer would be 422: check digits and forms say more than a description can.
NOT_CHECKED = "positive_data_acceptance"


def test_fuzzed_from_its_own_description_it_neither_breaks_nor_answers_otherwise(
    live: Stack, tmp_path: Path
) -> None:
    command = [
        *[sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"],
        *["run", f"{live.url}/api/schema/", "--max-examples", EXAMPLES, "--seed", SEED],
        *["--checks", "all", "--exclude-checks", NOT_CHECKED, "--continue-on-failure"],
        *["--header", f"Authorization: {Program().bearer}", "--request-timeout", "30"],
        *["--suppress-health-check", "all", "--warnings", "off", "--no-color", "--no-shrink"],
    ]
    run = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=3600, check=False
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    count = len(operations())
    assert f"{count} selected / {count} total" in run.stdout, run.stdout
    assert live.answers()
    assert Application.objects.filter(state="submitted").count() == Application.objects.count()


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
