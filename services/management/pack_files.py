"""``manage.py pack export`` and ``import``: packs as .xlsx and .dmn. No database is asked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import CommandError

from city.errors import SourceError
from city.source import text_of
from services.edition import Draft, draft
from services.interchange import files


class PackFiles:
    """The two subcommands of ``pack`` that turn packs into other files and back."""

    stdout: Any

    def add_files(self, actions: Any) -> None:
        export = actions.add_parser("export", help="write a pack as .xlsx or .dmn")
        export.add_argument("file", type=Path, help="the pack (.yaml)")
        export.add_argument("into", type=Path, help="the file to write: its name says which form")
        back = actions.add_parser("import", help="put a .xlsx or .dmn into the text of its pack")
        back.add_argument("file", type=Path, help="the .xlsx or .dmn")
        back.add_argument("--base", type=Path, help="the pack it goes into (default: the city's)")
        back.add_argument("--into", type=Path, help="where to write (default: print it)")

    def do_export(self, file: Path, into: Path, **options: Any) -> None:
        form = into.suffix.removeprefix(".")
        if form not in files.FORMS:
            raise CommandError(f"{into}: a pack is written as .xlsx, .dmn or .yaml")
        read = self._pack(file)
        try:
            data = files.write(form, read.source.text, read.pack, str(file))  # type: ignore[arg-type]
        except SourceError as error:
            self._refuse(error)
        into.write_bytes(data)
        self.stdout.write(f"{into}: written from {file}, {len(data)} bytes")

    def do_import(self, file: Path, base: Path | None, into: Path | None, **options: Any) -> None:
        """Print or write the text; refused with place and reason, and nothing is written then."""
        try:
            with file.open("rb") as handed:
                data = handed.read(files.LARGEST + 1)
            path = base or self._base(files.service_of(data, str(file)))
            read = self._pack(path)
            text = files.read(data, str(file), read.source.text, read.pack)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}") from error
        except SourceError as error:
            self._refuse(error)
        if into is None:
            self.stdout.write(text, ending="")
            return
        into.write_text(text, "utf-8")
        same = "the same as" if text == read.source.text else "differs from"
        self.stdout.write(
            f"{into}: written from {file}, {same} {path}; manage.py pack check {into}"
        )

    def _base(self, service: str) -> Path:
        for path in settings.CITY.packs:
            if path.stem == service:
                return Path(path)
        raise CommandError(f"the city has no pack {service}: name one with --base")

    def _pack(self, path: Path) -> Draft:
        try:
            return draft(text_of(path), str(path), city=settings.CITY)
        except SourceError as error:
            self._refuse(error)

    def _refuse(self, error: SourceError) -> NoReturn:
        self.say(error)  # type: ignore[attr-defined]
        sys.exit(1)
