"""Clients that others' generators make of our document work against the running system."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.stack import Stack
from exchange.partners import credentials_file
from tests import endpoints
from tests.approvals.program import Program, another_body
from tests.exchange.receiver import Receiver
from tests.plugins.node import Node
from tests.waiting import eventually

pytestmark = pytest.mark.slow
CLIENTS = Path(__file__).parent / "clients"
Run = Callable[[dict[str, Any]], dict[str, Any]]  # the program's input and output


@pytest.fixture
def served(stack: Stack, tmp_path: Path) -> Path:
    path = tmp_path / "openapi.json"
    path.write_bytes(Program("", stack.url).get("/api/schema/?format=json").raw)
    return path


@pytest.fixture
def receiver(stack: Stack) -> Iterator[Receiver]:
    made = Receiver()
    endpoints.listen("window", made.url)
    yield made
    made.stop()


def done(command: list[str], cwd: Path, given: str = "", **env: str) -> str:
    run = subprocess.run(
        command, cwd=cwd, input=given, env={**os.environ, **env}, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    return run.stdout


def applies_reads_and_verifies(stack: Stack, receiver: Receiver, run: Run) -> None:
    credentials = json.loads(credentials_file("window").read_text())
    asked = {"url": stack.url, "token": credentials["token"], "body": another_body()}
    case = run(asked)
    assert (case["state"], case["outcome"]) == ("approved", "approve")
    assert eventually(lambda: receiver.got, 40)
    got = receiver.got[0]
    message = {"body": got.body.decode(), "headers": {k.lower(): v for k, v in got.headers.items()}}
    asked |= {"number": case["number"], "secret": credentials["webhook_secret"]}
    assert run({**asked, "message": message}) == {"outcome": "approve", "told": case["number"]}
    forged = {**message, "body": message["body"].replace("approve", "refused", 1)}
    with pytest.raises(AssertionError, match=r"(?i)signature"):
        run({**asked, "message": forged})


def test_a_generated_python_client_applies_reads_and_verifies(
    stack: Stack, served: Path, receiver: Receiver, tmp_path: Path
) -> None:
    made = tmp_path / "miaopi_client"
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    command += ["--path", str(served), "--output-path", str(made), "--fail-on-warning"]
    done([*command, "--config", str(CLIENTS / "openapi-python-client.yaml")], tmp_path)
    program = [sys.executable, str(CLIENTS / "agency.py")]

    def run(asked: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            done(program, tmp_path, json.dumps(asked), PYTHONPATH=str(tmp_path))
        )
        return found

    applies_reads_and_verifies(stack, receiver, run)


def test_a_generated_typescript_client_applies_reads_and_verifies(
    stack: Stack, served: Path, receiver: Receiver, tmp_path: Path, node: Node
) -> None:
    (tmp_path / "node_modules").symlink_to(node.folder / "node_modules")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    for name in ("agency.ts", "tsconfig.json"):
        shutil.copy(CLIENTS / name, tmp_path)
    made = node.run("openapi-typescript", str(served), "-o", str(tmp_path / "miaopi.d.ts"))
    assert made.returncode == 0, made.stderr
    checked = node.run("tsc", "-p", str(tmp_path), cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout

    def run(asked: dict[str, Any]) -> dict[str, Any]:
        command = ["node", str(tmp_path / "agency.js"), json.dumps(asked)]
        found: dict[str, Any] = json.loads(done(command, tmp_path))
        return found

    applies_reads_and_verifies(stack, receiver, run)
    wrong = (CLIENTS / "agency.ts").read_text().replace('Prefer: "wait=5"', "Prefer: 5")
    (tmp_path / "agency.ts").write_text(wrong)  # else the types would check nothing
    checked = node.run("tsc", "-p", str(tmp_path), cwd=tmp_path)
    assert checked.returncode == 2 and "is not assignable" in checked.stdout
