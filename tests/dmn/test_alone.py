"""The package could be published by itself: it imports no Django and no other package of ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import dmn

ROOT = Path(dmn.__file__).parent.parent
OUR_APPS = {"config", "portal", "approvals", "certificates", "services", "exchange", "people"}
ALLOWED = {"dmn", "lark", "defusedxml"}


def test_only_lark_and_defusedxml_are_needed():
    code = (
        "import sys; before = set(sys.modules); import dmn, dmn.tck;"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "print(*sorted(new - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = set(done.stdout.split())
    assert found | {"dmn"} >= ALLOWED
    assert not found & (OUR_APPS | {"django", "ledger", "deploy"})
    assert {name for name in found if not name.startswith("_")} <= ALLOWED


def test_the_example_of_the_readme_runs(tmp_path):
    text = (ROOT / "dmn" / "README.md").read_text("utf-8")
    lines = text.split("```python\n")[1].split("```")[0].strip().splitlines()
    pairs = [line.partition("  #")[::2] for line in lines]
    code = "\n".join(f"print({line})" if output else line for line, output in pairs)
    model = next((Path(__file__).parent / "tck").rglob("0002-fee.dmn"))
    (tmp_path / "fee.dmn").write_bytes(model.read_bytes())
    (tmp_path / "example.py").write_text(code, "utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "example.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n")[:-1] == [
        output.strip().split(":")[0] for _, output in pairs if output
    ]
