"""`make check`: style, import directions, types, migrations, texts, production settings, lengths.

All checks run even when one fails; the exit code is 1 when any did.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.local.paths import ROOT, source_packages
from deploy.local.run import TemporaryServers

MAX_LINES = 400
MAX_ARGUMENTS = 6  # beyond: a frozen dataclass (docs/how-to, CONTRIBUTING)
CROWDED = {
    "ledger/events.py:append",  # one event of one subject, all of it
}
BIN = Path(sys.executable).parent
MANAGE = [sys.executable, "manage.py"]
CHECKS: dict[str, list[str]] = {
    "types": [sys.executable, "-m", "mypy"],
    "lint": [sys.executable, "-m", "ruff", "check", "."],
    "format": [sys.executable, "-m", "ruff", "format", "--check", "."],
    # by the interpreter: the scripts' first line names the folder that .venv was made in
    "imports": [sys.executable, str(BIN / "lint-imports"), "--no-logo"],
    "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    "reference": [*MANAGE, "reference", "check"],
    "texts": [sys.executable, "-m", "deploy.messages", "check"],
}
# Settings as in production; the secrets are used here only and nothing is contacted.
PRODUCTION = {
    "DEMO": "0",
    "DEBUG": "0",
    "SECRET_KEY": "7Xq!fE2-only-for-make-check-0qU5rT9wZk3vB8nM1pL6sD4gH_yJaC+eRxWt",
    "ALLOWED_HOSTS": "miaopi.example",
    "SITE_URL": "https://miaopi.example",
    "PROXY_COUNT": "1",
}
DEPLOY = [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"]


def too_long() -> list[str]:
    """Source files with more than MAX_LINES lines."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    suffixes = {".py", ".html", ".css", ".js", ".md", ".toml", ".lark", ".sh"}
    found = []
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        exempt = {"vendor", "migrations"} & set(path.parts)  # others' files, or Django's
        if path.suffix in suffixes and path.is_file() and not exempt:
            count = len(path.read_bytes().splitlines())
            if count > MAX_LINES:
                found.append(f"{name}: {count} lines, more than {MAX_LINES}")
    return found


def crowded() -> list[str]:
    """Functions that take, and calls that pass by position, more than MAX_ARGUMENTS."""
    found = []
    for package in [*source_packages(), ROOT / "deploy"]:
        for path in sorted(package.rglob("*.py")):
            if "migrations" not in path.parts:
                place = path.relative_to(ROOT)
                for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                    count = _arguments(node)
                    if count > MAX_ARGUMENTS and f"{place}:{_name(node)}" not in CROWDED:
                        line = f"{place}:{node.lineno}"  # type: ignore[attr-defined]
                        found.append(f"{line}: {_name(node)} has {count}, over {MAX_ARGUMENTS}")
    return found


def _arguments(node: ast.AST) -> int:
    """Count what a function takes, or what a call passes by position; words of one kind are one."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        takes = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        return len([one for one in takes if one.arg not in ("self", "cls")])
    if isinstance(node, ast.Call):
        passed = [one for one in node.args if not isinstance(one, ast.Constant | ast.Starred)]
        return len(passed)
    return 0


def _name(node: ast.AST) -> str:
    return node.name if isinstance(node, ast.FunctionDef) else "a call"


def report(name: str, fault: str) -> bool:
    print(f"{'FAILED' if fault else 'ok':<7}| {name}", flush=True)
    if fault:
        print(fault.rstrip(), flush=True)
    return not fault


def run(name: str, command: list[str], settings: dict[str, str]) -> bool:
    """Run one check quietly; its output is shown when it fails."""
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, check=False
    )
    return report(name, f"{done.stdout}{done.stderr}" if done.returncode else "")


def main() -> int:
    temporary = TemporaryServers(durable=False)  # makemigrations and check read the database
    demo = {"DEMO": "1", "PYTHONWARNINGS": "default"}
    try:
        settings = temporary.start()
        with ThreadPoolExecutor(2) as pool:  # the types take half of the time, on one core
            runs = [pool.submit(run, *check, settings | demo) for check in CHECKS.items()]
        passed = [one.result() for one in runs]
        passed.append(run("settings", DEPLOY, settings | PRODUCTION))
        passed.append(report("length", "\n".join(too_long())))
        passed.append(report("arguments", "\n".join(crowded())))
    finally:
        temporary.stop()
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
