"""A page of the docs as its reader follows it: its blocks of code, one after another, in one shell.

``sh`` is run, ``python`` saved under the name in its first line. ``json`` is what the block before
printed, or has it among more; ``text`` is that, word for word. In both, ``…`` is anything.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ANYTHING = "…"
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
_END = "@@@ end of block "


@dataclass(frozen=True)
class Block:
    language: str
    text: str


def blocks(page: Path) -> list[Block]:
    return [Block(*found) for found in _FENCE.findall(page.read_text("utf-8"))]


def headings(page: Path) -> list[str]:
    """The marks of a page's headings, such as ``##``."""
    return re.findall(r"^(#+) ", prose(page), re.M)


def prose(page: Path) -> str:
    """What stands outside the blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def follow(
    found: list[Block], folder: Path, env: dict[str, str], replaced: dict[str, str], seconds: float
) -> None:
    """Run the blocks in ``folder``; raises ``AssertionError`` at the first that fails its reader.

    ``replaced``: what is another here than on the page, such as the address.
    """
    lines = ["set -euo pipefail", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"]
    for number, block in enumerate(found):
        text = block.text
        for old, new in replaced.items():
            text = text.replace(old, new)
        if block.language == "sh":
            lines += [text, f'echo; echo "{_END}{number} after $SECONDS s"']
        elif block.language == "python":
            name = text.partition("\n")[0].removeprefix("# ").strip()
            assert re.fullmatch(r"\w+\.py", name), f"block {number} names no file"
            (folder / name).write_text(text, "utf-8")
    run = subprocess.run(
        ["bash", "-c", "\n".join(lines)],
        cwd=folder, env=env, capture_output=True, text=True, timeout=seconds, check=False,
    )  # fmt: skip
    printed = _printed(run.stdout)
    last = _last(found, printed)
    assert run.returncode == 0, f"after block {last}:\n{run.stdout[-1500:]}\n{run.stderr[-3000:]}"
    faults = [
        _fault(block, printed[max(n for n in printed if n < number)])
        for number, block in enumerate(found)
        if block.language in ("json", "text")
    ]
    assert not any(faults), "\n\n".join(filter(None, faults))


def _printed(output: str) -> dict[int, str]:
    parts = re.split(rf"^{re.escape(_END)}(\d+) .*\n", output, flags=re.M)
    return {
        int(number): text.strip() for text, number in zip(parts[::2], parts[1::2], strict=False)
    }


def _last(found: list[Block], printed: dict[int, str]) -> str:
    done = max(printed, default=-1)
    following = next((b.text for b in found[done + 1 :] if b.language == "sh"), "")
    return f"{done}, in:\n{following}"


def _fault(block: Block, printed: str) -> str:
    """Why what was printed is not what the block says; empty: it is."""
    if block.language == "json":
        fault = _missing(json.loads(block.text), json.loads(printed), "")
    else:
        pattern = ".*".join(map(re.escape, block.text.strip().split(ANYTHING)))
        fault = "" if re.fullmatch(pattern, printed, re.S) else "otherwise"
    return fault and f"{fault}, for:\n{block.text}printed:\n{printed[:1500]}"


def _missing(wanted: Any, given: Any, place: str) -> str:
    """What of ``wanted`` is not in ``given``, by its place; empty: it is all there."""
    if wanted == ANYTHING:
        return ""
    if isinstance(wanted, dict) and isinstance(given, dict):
        faults = (
            _missing(value, given[name], f"{place}/{name}")
            if name in given
            else f"{place}/{name} is missing"
            for name, value in wanted.items()
            if name != ANYTHING
        )
        return next(filter(None, faults), "")
    if isinstance(wanted, list) and isinstance(given, list):
        items = [one for one in wanted if one != ANYTHING]
        if len(items) == len(wanted) and len(wanted) != len(given):
            return f"{place}: {len(given)} items"
        return next(filter(None, map(_missing, items, given, [f"{place}/-"] * len(items))), "")
    if isinstance(wanted, str) and isinstance(given, str) and ANYTHING in wanted:
        pattern = ".*".join(map(re.escape, wanted.split(ANYTHING)))
        return "" if re.fullmatch(pattern, given, re.S) else f"{place}: {given!r}"
    return "" if wanted == given else f"{place}: {given!r}"
