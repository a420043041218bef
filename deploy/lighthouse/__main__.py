"""Measure home, form, check and result of a persona. Runs beside ``with-stack``."""

import os
import subprocess
import sys
from pathlib import Path

from deploy.local.stack import MANAGE

FOLDER = Path(__file__).parent
PERSONA = "graduate"  # one whom the log-in page offers
PLACE = "from demo.hints import demo_places; print(demo_places()[0]['code'])"


def main() -> int:
    """Install what package-lock.json pins, once, and run it; its exit code is the verdict."""
    if not (FOLDER / "node_modules").exists():
        command = ["npm", "ci", "--omit=optional", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=FOLDER, check=True)
    found = subprocess.run(
        [*MANAGE, "shell", "--no-imports", "-c", PLACE],
        capture_output=True,
        text=True,
        check=True,
    )
    site, address = os.environ["MIAOPI_URL"], found.stdout.split()[-1]
    command = ["node", "run.mjs", site, PERSONA, address]
    return subprocess.run(command, cwd=FOLDER, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
