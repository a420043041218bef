"""The pack author's tool: check, test, publish, list, and begin a new one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from city.errors import SourceError
from people.actors import Actor, Kind
from services import publish, trial
from services.boundaries import lines
from services.edition import load
from services.models import Edition
from services.pack import scaffold


class Command(BaseCommand):
    help = "check | test | publish | list | new: packs, the files that editions are published from"
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        actions = self.actions = parser.add_subparsers(dest="action", required=True)
        for name, text in (
            ("check", "say everything that is wrong, as FILE:LINE: reason"),
            ("test", "run the tests that stand in the packs"),
            ("publish", "publish as the next edition what is right and new"),
        ):
            action = actions.add_parser(name, help=text)
            action.add_argument("files", nargs="*", type=Path, help="packs (default: the city's)")
            action.add_argument("--all", action="store_true", help="all packs of the city")
            if name == "test":
                action.add_argument("--boundaries", action="store_true", help="show boundary cases")
            if name == "publish":
                action.add_argument("--by", default="packs", help="who publishes")
        actions.add_parser("list", help="the editions that are published")
        new = actions.add_parser("new", help="begin a pack")
        new.add_argument("service", help="its code, such as bus_pass")
        new.add_argument("--into", type=Path, help="folder (default: the city's)")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, "do_" + options["action"])(**options)

    def do_check(self, files: list[Path], **options: Any) -> None:
        bad = 0
        for path, text in self._texts(files):
            try:
                found = publish.check(text, str(path))
            except SourceError as error:
                bad += self._say(error)
                continue
            for warning in found.warnings:
                self.stdout.write(str(warning))
            book = found.rulebook
            self.stdout.write(f"{path}: ok, {len(book.conditions)} requirements, {book.hash[:12]}")
        if bad:
            sys.exit(1)

    def do_test(self, files: list[Path], boundaries: bool, **options: Any) -> None:
        bad = total = 0
        for path, text in self._texts(files):
            try:
                book = load(text, str(path), city=settings.CITY)
            except SourceError as error:
                bad += self._say(error)
                continue
            found = trial.faults(book, str(path))
            total += len(book.pack.cases)
            for fault in found:
                bad += self._say(fault)
            if boundaries:
                self._boundaries(book)
        self.stdout.write(f"pack test: {total} cases, {bad} faults")
        if bad:
            sys.exit(1)

    def _boundaries(self, book: Any) -> None:
        for line in lines(book):
            self.stdout.write(line)

    def do_publish(self, files: list[Path], by: str, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            (now,) = cursor.fetchone()
        bad = 0
        known = set(Edition.objects.values_list("hash", flat=True))
        for path, text in self._texts(files):
            try:
                edition = publish.publish(text, by=Actor(Kind.MACHINE, by), now=now, file=str(path))
            except SourceError as error:
                bad += self._say(error)
                continue
            new = "published" if edition.hash not in known else "unchanged"
            self.stdout.write(f"{path}: {new} {edition}, in force from {edition.in_force_from}")
        if bad:
            sys.exit(1)

    def do_list(self, **options: Any) -> None:
        for edition in Edition.objects.order_by("service", "number"):
            self.stdout.write(
                f"{edition.service_id} v{edition.number} from {edition.in_force_from}"
                f" {edition.hash[:12]} by {edition.published_by}"
            )

    def do_new(self, service: str, into: Path | None, **options: Any) -> None:
        path = (into or settings.CITY.folder / "services") / f"{service}.yaml"
        if path.exists():
            raise CommandError(f"{path} exists")
        try:
            text = scaffold.pack(service)
        except ValueError as error:
            raise CommandError(str(error)) from error
        path.write_text(text, "utf-8")
        self.stdout.write(
            f"{path}: begun; now write its requirements, then: manage.py pack check {path}"
        )

    def _say(self, error: SourceError) -> int:
        for fault in error.all():
            self.stderr.write(str(fault))
        return len(error.all())

    def _texts(self, files: list[Path]) -> Iterator[tuple[Path, str]]:
        paths = files or list(settings.CITY.packs)
        if not paths:
            raise CommandError("no packs given, and none in the city's folder")
        for path in paths:
            try:
                yield path, path.read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise CommandError(f"{path}:1: {error}") from error
