"""`manage.py officers add | import FILE | list`: accounts of officers, the first one too."""

import csv
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from people import actions
from people.models import Office, Region, User

COLUMNS = ("username", "name", "role", "office", "region")
ROLES = [role.value for role in User.Role if role is not User.Role.CITIZEN]


@dataclass(frozen=True, slots=True)
class Row:
    """One officer: an empty ``region`` is the whole city."""

    username: str
    name: str
    role: str
    office: str
    region: str = ""


class Command(BaseCommand):
    help = "Make accounts of officers, each with a password that is shown once, or list them."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="action", required=True)
        add = commands.add_parser("add", help="one officer; also the first administrator")
        add.add_argument("username")
        add.add_argument("--name", required=True)
        add.add_argument("--role", required=True, choices=ROLES)
        add.add_argument("--office", required=True, help="a code of the city's offices.yaml")
        add.add_argument("--region", default="", help="a district's code; none: the whole city")
        many = commands.add_parser("import", help="a CSV file: " + ",".join(COLUMNS))
        many.add_argument("file", type=Path)
        commands.add_parser("list", help="who can log in, with role, office and district")

    def handle(self, *, action: str, **options: Any) -> None:
        getattr(self, f"do_{action}")(**options)

    def do_add(self, **options: Any) -> None:
        self._make([Row(**{name: options[name] for name in COLUMNS})])

    def do_import(self, file: Path, **options: Any) -> None:
        try:
            with file.open(encoding="utf-8-sig", newline="") as text:
                rows = list(_rows(csv.DictReader(text, strict=True)))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise CommandError(f"{file}: {error}") from error
        self._make(rows)

    def do_list(self, **options: Any) -> None:
        officers = User.objects.exclude(role=User.Role.CITIZEN).order_by("username")
        for user in officers.select_related("office"):
            office = user.office.name_zh if user.office else "-"
            barred = "" if user.is_active else "  barred"
            line = f"{user.username:20} {user.name}  {user.role}  {office} {user.region_id or ''}"
            self.stdout.write(line.rstrip() + barred)

    def _make(self, rows: list[Row]) -> None:
        """Make all or none; an account that exists is left as it is and named."""
        known = set(
            User.objects.filter(username__in=[row.username for row in rows]).values_list(
                "username", flat=True
            )
        )
        made = []
        with transaction.atomic():
            for row in rows:
                _check(row)
                if row.username in known:
                    self.stdout.write(f"{row.username}: exists")
                    continue
                password = secrets.token_urlsafe(12)
                actions.enrol_officer(
                    username=row.username,
                    name=row.name,
                    role=row.role,
                    office=row.office,
                    region=row.region,
                    password=make_password(password),
                )
                made.append((row.username, password))
        for username, password in made:
            self.stdout.write(f"{username}: password {password}")
        self.stdout.write(f"officers: made={len(made)} (passwords are shown this once)")


def _rows(reader: "csv.DictReader[str]") -> Iterator[Row]:
    missing = set(COLUMNS) - {"region"} - set(reader.fieldnames or ())
    if missing:
        raise CommandError(f"the first line lacks {', '.join(sorted(missing))}")
    for line in reader:
        yield Row(**{name: (line.get(name) or "").strip() for name in COLUMNS})


def _check(row: Row) -> None:
    if not row.username or not row.name:
        raise CommandError(f"{row.username or row.name or 'a line'}: user name and name are needed")
    if row.role not in ROLES:
        raise CommandError(f"{row.username}: no role {row.role!r}; one of {', '.join(ROLES)}")
    if not Office.objects.filter(pk=row.office).exists():
        raise CommandError(f"{row.username}: no office {row.office!r}; run `manage.py city load`")
    if row.region and not Region.objects.filter(pk=row.region).exists():
        raise CommandError(f"{row.username}: no region {row.region!r}")
