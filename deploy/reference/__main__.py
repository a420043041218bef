"""Write what is made from the schemas and packs, or say what is no longer as it would be made."""

from __future__ import annotations

import sys
from pathlib import Path

from deploy.local.paths import ROOT
from deploy.reference import catalogue, editors, keys


def made() -> dict[Path, str]:
    """Return every file that is made, by its place, with the text that it should have."""
    return editors.files() | keys.pages() | catalogue.pages()


def main(action: str) -> int:
    bad = 0
    for path, text in made().items():
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        if action == "make":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            print(f"written {path.relative_to(ROOT)}")
        else:
            bad += 1
            print(f"{path.relative_to(ROOT)}: not as made; run: python -m deploy.reference make")
    return 1 if bad else 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ("make", "check"):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
