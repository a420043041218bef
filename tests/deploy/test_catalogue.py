"""``make demo ARGS=all``, of each service some: through web, engine, worker and registries."""

import re
import subprocess
import sys

import pytest

from deploy.local.paths import ROOT

pytestmark = pytest.mark.full
SIZE = ["--persons", "4000", "--enterprises", "400"]


def test_every_service_agrees_with_its_oracle_through_all_processes():
    demo = [sys.executable, "-m", "benchmarks.demo", *SIZE, "--count", "25", "all"]
    command = [sys.executable, "-m", "deploy.local", "with-stack", "--fast", *SIZE, "--", *demo]
    done = subprocess.run(  # its return code is the answer
        command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=1200
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    closing = re.search(r"^catalogue: services=(\d+) cases=(\d+) (.*)$", done.stdout, re.MULTILINE)
    assert closing is not None
    assert int(closing[1]) >= 21
    assert int(closing[2]) >= 25 * int(closing[1])
    assert closing[3].startswith("undecided=0 lost=0 wrong=0 automatic=")
