"""The pack author's tool: check, test, publish, list, and begin a new one."""

from __future__ import annotations

import datetime
import os
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError

from city.errors import SourceError
from city.source import text_of
from ledger.clock import city_date, now
from services import catalogue, city_tests, publish, regressions
from services.boundaries import lines
from services.difference import exact
from services.edition import SCHEMA, draft
from services.finding import current as finding
from services.finding import pinyin
from services.guide import guide
from services.management import publishing
from services.management.pack_files import PackFiles
from services.models import Edition, Regression, Service
from services.pack import keywords, scaffold
from services.regressions import printing
from services.rulebook import Rulebook


class Command(PackFiles, publishing.Publishing):
    help = (
        "check | test | regressions | propose | sign | review | publish | withdraw | retire"
        " | resume | list | words | explain | diff | keywords | export | import | new:"
        " packs, of which editions are made"
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        actions = self.actions = parser.add_subparsers(dest="action", required=True)
        for name, text in (
            ("check", "say everything that is wrong, as FILE:LINE: reason"),
            ("test", "run the tests that stand in the packs"),
        ):
            action = actions.add_parser(name, help=text)
            action.add_argument("files", nargs="*", type=Path, help="packs (default: the city's)")
            action.add_argument("--all", action="store_true", help="all packs of the city")
            if name == "test":
                action.add_argument("--boundaries", action="store_true", help="show boundary cases")
        printed = actions.add_parser(
            "regressions", help="print the accepted regression cases of a service as tests (YAML)"
        )
        printed.add_argument("service", help="its code")
        publishing.add_arguments(actions)
        actions.add_parser("list", help="the editions that are published")
        actions.add_parser("words", help="store how words are read: after a change of the city's")
        actions.add_parser("keywords", help="the keywords of JSON Schema, as a table for docs")
        explain = actions.add_parser(
            "explain", help="a pack as a guide page, for a lawyer to check"
        )
        explain.add_argument("file", type=Path)
        explain.add_argument("--lang", choices=["zh", "en"], default="zh")
        explain.add_argument(
            "--on", type=datetime.date.fromisoformat, help="as of this day (default: today)"
        )
        diff = actions.add_parser("diff", help="what differs between two packs, in words")
        diff.add_argument("old", help="a file, or an edition such as sole_trader:1")
        diff.add_argument("new", help="a file, or an edition such as sole_trader:2")
        diff.add_argument("--lang", choices=["zh", "en"], default="zh")
        self.add_files(actions)
        new = actions.add_parser("new", help="begin a pack")
        new.add_argument("service", help="its code, such as bus_pass")
        new.add_argument("--into", type=Path, help="folder (default: the city's)")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, "do_" + options["action"])(**options)

    def do_check(self, files: list[Path], **options: Any) -> None:
        bad = 0
        for path in self._paths(files):
            try:
                found = publish.check(text_of(path), str(path))
            except SourceError as error:
                bad += self.say(error)
                continue
            for warning in found.warnings:
                self.stdout.write(str(warning))
            book = found.rulebook
            if again := self._regressions(path, book.code):
                bad += again
                continue
            self.stdout.write(f"{path}: ok, {len(book.conditions)} requirements, {book.hash[:12]}")
        if bad:
            sys.exit(1)

    def do_test(self, files: list[Path], boundaries: bool, **options: Any) -> None:
        bad = total = 0
        for path in self._paths(files):
            try:
                read = draft(text_of(path), str(path), city=settings.CITY)
            except SourceError as error:
                bad += self.say(error)
                continue
            found, count = city_tests.faults(read, settings.CITY, str(path))
            total += count
            for fault in found:
                bad += self.say(fault)
            bad += self._regressions(path, read.pack.service)
            if boundaries:
                self._boundaries(read.rulebook())
        self.stdout.write(f"pack test: {total} cases, {bad} faults")
        if bad:
            sys.exit(1)

    def _regressions(self, path: Path, service: str) -> int:
        """Hold a pack against the regression cases of its service, where a database is there."""
        accepted = Regression.objects.filter(service=service, state=Regression.State.ACCEPTED)
        try:
            if not accepted.exists():
                return 0
        except DatabaseError:
            return 0
        read = draft(text_of(path), str(path), city=settings.CITY)
        for remark in regressions.remarks(read):
            self.stdout.write(str(remark))
        return sum(self.say(fault) for fault in regressions.faults(read))

    def _boundaries(self, book: Any) -> None:
        for line in lines(book):
            self.stdout.write(line)

    def do_regressions(self, service: str, **options: Any) -> None:
        if not Service.objects.filter(pk=service).exists():
            raise CommandError(f"there is no service {service}")
        rows = Regression.objects.filter(service=service, state=Regression.State.ACCEPTED)
        self.stdout.write(printing.fragment(rows.order_by("number")), ending="")

    def do_words(self, **options: Any) -> None:
        finding.store(catalogue.all_current(city_date(now())))
        pinyin.store_characters()

    def do_list(self, **options: Any) -> None:
        for edition in Edition.objects.order_by("service", "number"):
            self.stdout.write(
                f"{edition.service_id} v{edition.number} from {edition.in_force_from}"
                f" {edition.hash[:12]} by {edition.published_by}"
            )

    def do_explain(self, file: Path, lang: str, on: datetime.date | None, **options: Any) -> None:
        for path in self._paths([file]):
            try:
                book = draft(text_of(path), str(path), city=settings.CITY).rulebook()
            except SourceError as error:
                self.say(error)
                sys.exit(1)
            # a guide needs no database, so neither does its day: this machine's, in the city's zone
            today = datetime.datetime.now(settings.CITY.calendar.zone).date()
            self.stdout.write(guide(book, on or today, lang, settings.CITY), ending="")

    def do_diff(self, old: str, new: str, lang: str, **options: Any) -> None:
        try:
            before, after = _book(old), _book(new)
        except SourceError as error:
            self.say(error)
            sys.exit(1)
        found = exact(before, after, settings.CITY)
        for change in found:
            head, *lines = change.sentences(lang)
            self.stdout.write("\n  ".join([head, *lines]))
        if not found:
            self.stdout.write("没有差异" if lang == "zh" else "no difference")

    def do_keywords(self, **options: Any) -> None:
        self.stdout.write("\n".join(keywords.lines()))

    def do_new(self, service: str, into: Path | None, **options: Any) -> None:
        path = (into or settings.CITY.folder / "services") / f"{service}.yaml"
        try:
            text = scaffold.pack(service, os.path.relpath(SCHEMA, path.parent.resolve()))
        except ValueError as error:
            raise CommandError(str(error)) from error
        if not path.parent.is_dir():
            raise CommandError(f"there is no folder {path.parent}")
        if path.exists():
            raise CommandError(f"{path} exists")
        path.write_text(text, "utf-8")
        self.stdout.write(
            f"{path}: begun; now write its requirements, then: manage.py pack check {path}"
        )

    def _paths(self, files: list[Path]) -> list[Path]:
        paths = files or list(settings.CITY.packs)
        if not paths:
            raise CommandError("no packs given, and none in the city's folder")
        return paths


def _book(name: str) -> Rulebook:
    """The rules of a file, or of an edition by service and number."""
    service, _, number = name.partition(":")
    if number.isascii() and number.isdigit():
        row = Edition.objects.filter(service=service, number=int(number)).first()
        if row is None:
            raise CommandError(f"there is no edition {name}")
        return catalogue.rulebook(row)
    return draft(text_of(Path(name)), name, city=settings.CITY).rulebook()
