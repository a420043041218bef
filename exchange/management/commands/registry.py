"""`manage.py registry list | fields CODE | load CODE FILE | keys …`: the city's registries."""

import datetime
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from city.model import Registry, RegistryField
from exchange import records, registry_key_changes
from exchange.registry_key_changes import Refused
from exchange.registry_keys import DIRECTIONS, QUESTION, RegistryKeys, Unusable
from ledger import clock

READERS = {".csv": records.comma_separated, ".jsonl": records.json_lines}


class Command(BaseCommand):
    help = "List the city's registries, print fields, load records into the store, change keys."
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
        self._add_keys()

    def _add_keys(self) -> None:
        keys = self.actions.add_parser("keys", help="what questions and answers are signed with")
        changes = keys.add_subparsers(dest="change", required=True)
        changes.add_parser("list", help="every key of every registry of another agency")
        make = changes.add_parser("make", help="make what is missing on our side")
        make.add_argument("codes", nargs="*", help="default: all that other agencies answer")
        jwks = changes.add_parser("publish", help="print our public keys, for the registry")
        renew = changes.add_parser("renew", help="a new key of ours, after which the others end")
        renew.add_argument("--direction", choices=DIRECTIONS, default=QUESTION)
        trust = changes.add_parser("trust", help="take the public keys that verify its answers")
        end = changes.add_parser("end", help="end a key at once: it has leaked")
        for parser in (jwks, renew, trust, end):
            parser.add_argument("code")
        trust.add_argument("file", type=Path, help="its JWK set (RFC 7517)")
        end.add_argument("kid")
        for parser in (renew, trust):
            parser.add_argument(
                "--hours", type=float, default=24, help="for which the keys before count as well"
            )

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

    def do_keys(self, change: str, **options: Any) -> None:
        try:
            self._change_keys(change, options)
        except (Refused, Unusable, OSError) as error:
            raise CommandError(str(error)) from None
        except OperationalError as error:
            raise CommandError(f"nothing was changed: the ledger is away: {error}") from None

    def _change_keys(self, change: str, options: dict[str, Any]) -> None:
        now = datetime.datetime.now(datetime.UTC)  # by which keys begin and end in every process
        if change in ("list", "make"):
            chosen = [_keys(code) for code in options.get("codes") or ()]
            for keys in chosen or registry_key_changes.of_city():
                if change == "list":
                    self._list_keys(keys, now)
                else:
                    for path in registry_key_changes.make(keys, now=now):
                        self.stdout.write(f"{keys.registry}: made {path}")
            return
        keys = _keys(options["code"])
        if change == "publish":
            self.stdout.write(json.dumps({"keys": registry_key_changes.published(keys)}, indent=1))
            return
        overlap = datetime.timedelta(hours=options.get("hours") or 0)
        if change == "renew":
            path = registry_key_changes.renew(keys, options["direction"], overlap=overlap, now=now)
        elif change == "trust":
            text = options["file"].read_bytes()
            path = registry_key_changes.trust(keys, text, overlap=overlap, now=now)
        else:
            path = registry_key_changes.end(keys, options["kid"], now=now)
        self.stdout.write(f"{keys.registry}: written {path}")
        self._list_keys(keys, now)

    def _list_keys(self, keys: RegistryKeys, now: datetime.datetime) -> None:
        for direction in DIRECTIONS:
            try:
                found = keys.all(direction)
            except Unusable as error:
                self.stdout.write(f"{keys.registry:<14}{direction:<10}unusable: {error}")
                continue
            if not found:
                self.stdout.write(f"{keys.registry:<14}{direction:<10}missing: nothing is asked")
            for key in found:
                state = "active" if key.is_active(now) else "not active"
                limits = f"{key.kid} from {_day(key.begins)} to {_day(key.ends)}"
                self.stdout.write(
                    f"{keys.registry:<14}{direction:<10}{key.algorithm:<9}{state:<12}{limits}"
                )

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


def _keys(code: str) -> RegistryKeys:
    return RegistryKeys(code, _registry(code).signature)


def _day(seconds: int | None) -> str:
    if seconds is None:
        return "-"
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat()


def _registry(code: str) -> Registry:
    try:
        return settings.CITY.registries[code]
    except KeyError:
        codes = ", ".join(settings.CITY.registries)
        raise CommandError(f"the city has no registry {code}; it has {codes}") from None
