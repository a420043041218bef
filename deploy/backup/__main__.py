"""python -m deploy.backup take | stream | prune | list | restore: see docs/backup.md."""

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from deploy.backup import manifest, restoring, taking
from deploy.backup.source import source
from deploy.local.paths import VAR


def report(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    arguments = _parser().parse_args()
    folder = arguments.folder
    if arguments.action == "list":
        for base in manifest.bases(folder):
            what = manifest.read(base)
            report(f"{base.name}: {what.head} events, PostgreSQL {what.postgres // 10000}")
        return 0
    if arguments.action == "restore":
        keys = arguments.keys or Path(os.environ.get("KEYS_DIR") or VAR / "keys")
        wish = restoring.Wish(
            folder=folder,
            into=arguments.into,
            keys=keys,
            at=arguments.at,
            by=arguments.by,
            reason=arguments.reason,
        )
        return restoring.restore(wish, report)
    if arguments.action == "take":
        taking.take(source(), folder, report)
    elif arguments.action == "prune":
        taking.prune(source(), folder, arguments.keep, report)
    else:
        asked: list[int] = []

        def stop(number: int, frame: FrameType | None) -> None:
            asked.append(number)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        taking.stream(source(), folder, report, going_on=lambda: not asked)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.backup", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    for name, text in (
        ("take", "make a base backup now"),
        ("stream", "receive every change after it, until it is stopped"),
        ("prune", "remove all but the newest base backups"),
        ("list", "show the base backups"),
        ("restore", "restore into an empty folder, and audit it"),
    ):
        one = actions.add_parser(name, help=text)
        one.add_argument("folder", type=Path, help="the backup folder")
        if name == "prune":
            one.add_argument("--keep", type=int, required=True, help="how many bases")
        if name == "restore":
            one.add_argument("into", type=Path, help="an empty folder")
            one.add_argument("--at", type=restoring.moment, help="a moment, with its offset")
            one.add_argument("--keys", type=Path, help="the folder of keys (KEYS_DIR)")
            one.add_argument("--by", default="", help="who answers for events that are lost")
            one.add_argument("--reason", default="", help="why it is restored")
    return parser


if __name__ == "__main__":
    sys.exit(main())
