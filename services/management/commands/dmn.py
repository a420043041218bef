"""The language by itself: run DMN models with their test cases."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "tck FOLDER: run every model and test case in the TCK's format below a folder"
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        tck = actions.add_parser("tck", help="print every failed case with its reason, then N of M")
        tck.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        from dmn.tck import run

        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is no folder")
        passed, total = run(folder, sys.stdout)
        if passed != total:
            sys.exit(1)
