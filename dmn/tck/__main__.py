"""python -m dmn.tck FOLDER"""

from __future__ import annotations

import sys

from dmn.tck.runner import run


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: python -m dmn.tck FOLDER", file=sys.stderr)
        return 2
    passed, total = run(sys.argv[1])
    return 0 if passed == total else 1


if __name__ == "__main__":
    raise SystemExit(main())
