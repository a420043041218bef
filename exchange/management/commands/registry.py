"""`manage.py registry list | fields CODE | load CODE FILE`: the city's registries."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from city.model import Registry, RegistryField
from exchange import records
from ledger import clock

READERS = {".csv": records.comma_separated, ".jsonl": records.json_lines}


class Command(BaseCommand):
    help = "List the city's registries, print the fields of one, or load records into the store."
    requires_system_checks: list[str] = []  # Django's own spelling

    def add_arguments(self, parser: CommandParser) -> None:
        self.actions = parser.add_subparsers(dest="action", required=True)
        self.actions.add_parser("list", help="who answers, and under which law")
        fields = self.actions.add_parser("fields", help="what a record holds")
        fields.add_argument("code")
        fields.add_argument("--csv", action="store_true", help="a CSV file to begin with")
        load = self.actions.add_parser("load", help="write records into the city's own store")
        load.add_argument("code")
        load.add_argument("file", type=Path, help="*.csv or *.jsonl, with a column `key`")

    def handle(self, *, action: str, **options: Any) -> None:
        getattr(self, f"do_{action}")(**options)

    def do_list(self, **options: Any) -> None:
        for registry in settings.CITY.registries.values():
            self.stdout.write(
                f"{registry.code:<14}{registry.answered_by:<14}{registry.zh} / {registry.en}"
                f" ({registry.basis})"
            )

    def do_fields(self, code: str, csv: bool, **options: Any) -> None:
        registry = _registry(code)
        if csv:
            self.stdout.write(records.template(registry), ending="")
            return
        self.stdout.write(f"{registry.zh} / {registry.en}, by {registry.subject}")
        for field in registry.fields.values():
            self._print(field, "  ")

    def do_load(self, code: str, file: Path, **options: Any) -> None:
        registry = _registry(code)
        if registry.answered_by != "store":
            raise CommandError(f"{code} is answered by: {registry.answered_by}, not by the store")
        reader = READERS.get(file.suffix)
        if reader is None:
            raise CommandError(f"{file}: the name ends in {' or '.join(READERS)}")
        try:
            with file.open(encoding="utf-8-sig", newline="") as text:
                written = records.write(reader(registry, text), now=clock.now())
        except (OSError, UnicodeDecodeError, records.BadLine) as error:
            raise CommandError(f"{file}: {error}") from error
        self.stdout.write(f"{code}: {written} records new or changed")

    def _print(self, field: RegistryField, indent: str) -> None:
        null = ", none allowed" if field.nullable else ""
        example = field.example
        if not isinstance(example, str) and example is not None:
            example = json.dumps(example, ensure_ascii=False)  # as YAML has it: true, [a, b]
        example = "" if example is None else f", such as {example}"
        self.stdout.write(f"{indent}{field.name}: {field.type}{null}{example}")
        self.stdout.write(f"{indent}    {field.zh} / {field.en}")
        for value, words in (field.codes or {}).items():
            self.stdout.write(f"{indent}    {value} = {words['zh']} / {words['en']}")
        if not isinstance(field.of, str):
            for part in field.of.values():
                self._print(part, indent + "    ")
        elif field.of:
            self.stdout.write(f"{indent}    of {field.of}")


def _registry(code: str) -> Registry:
    try:
        return settings.CITY.registries[code]
    except KeyError:
        codes = ", ".join(settings.CITY.registries)
        raise CommandError(f"the city has no registry {code}; it has {codes}") from None
