"""`manage.py officers`: accounts of officers by command, the first ones too.

A change takes two administrators. ``--proposed-by`` alone proposes it, for another administrator to
confirm at the desk or by ``officers confirm``; with ``--confirmed-by`` the command names both, and
both stand in the record. The first two administrators of an empty database need nobody. The
officer's ID number is asked for, and kept as its keyed index: one person has one account.
"""

import csv
import secrets
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from ledger.checks import KEYS
from ledger.clock import now
from people import officers, roles_document
from people.errors import ActionRejected
from people.models import Office, OfficerChange, Region, User

COLUMNS = ("username", "name", "role", "office", "region", "number")
ROLES = [role.value for role in officers.ROLES]
KINDS = {  # command: kind of change
    "bar": OfficerChange.Kind.BAR,
    "admit": OfficerChange.Kind.ADMIT,
    "password": OfficerChange.Kind.PASSWORD,
    "second-factor": OfficerChange.Kind.SECOND_FACTOR,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One officer: an empty ``region`` is the whole city."""

    username: str
    name: str
    role: str
    office: str
    region: str = ""
    number: str = ""  # the officer's ID number

    @property
    def duties(self) -> officers.Duties:
        return officers.Duties(self.name, self.role, self.office, self.region, number=self.number)


@dataclass(frozen=True, slots=True)
class Two:
    """The administrators whom a command names; the second may be missing, then it is a proposal."""

    first: User
    second: User | None


class Command(BaseCommand):
    help = "Make and change accounts of officers, by two administrators, or list them."
    requires_system_checks = (KEYS,)  # `make check` runs the others

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="action", required=True)
        add = commands.add_parser("add", help="one officer; also the first two administrators")
        change = commands.add_parser("change", help="another role, name, office or region")
        for command in (add, change):
            command.add_argument("username")
            command.add_argument("--name", required=True)
            command.add_argument("--role", required=True, choices=ROLES)
            command.add_argument("--office", required=True, help="a code of offices.yaml")
            command.add_argument("--region", default="", help="a district's code; none: the city")
        change.add_argument("--number", action="store_true", help="ask for another ID number")
        many = commands.add_parser("import", help="a CSV file: " + ",".join(COLUMNS))
        many.add_argument("file", type=Path)
        single = [commands.add_parser(name, help=str(kind.label)) for name, kind in KINDS.items()]
        for command in single:
            command.add_argument("username")
        for command in (add, change, many, *single):
            command.add_argument("--proposed-by", default="", help="user name of an administrator")
            command.add_argument("--confirmed-by", default="", help="of another; none: a proposal")
        confirm = commands.add_parser("confirm", help="what another administrator has proposed")
        confirm.add_argument("change", type=uuid.UUID)
        confirm.add_argument("--by", required=True, help="user name of an administrator")
        commands.add_parser("roles", help="docs/roles.md: what each role sees and does")
        commands.add_parser("list", help="who can log in, with role, office and district")

    def handle(self, *, action: str, **options: Any) -> None:
        try:
            if action in KINDS:
                self.do_single(KINDS[action], **options)
            else:
                getattr(self, f"do_{action}")(**options)
        except ActionRejected as error:
            raise CommandError(str(error)) from error

    def do_add(self, **options: Any) -> None:
        row = _row(options, _asked_number())
        self._make([row], **_named(options))

    def do_import(self, file: Path, **options: Any) -> None:
        try:
            with file.open(encoding="utf-8-sig", newline="") as text:
                rows = list(_rows(csv.DictReader(text, strict=True)))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise CommandError(f"{file}: {error}") from error
        self._make(rows, **_named(options))

    def do_change(self, **options: Any) -> None:
        row = _row(options, _asked_number() if options["number"] else "")
        _check(row)
        self._change(OfficerChange.Kind.CHANGE, row.username, row.duties, **_named(options))

    def do_single(self, kind: OfficerChange.Kind, username: str, **options: Any) -> None:
        self._change(kind, username, None, **_named(options))

    def do_confirm(self, change: uuid.UUID, by: str, **options: Any) -> None:
        user, half = officers.confirm(change=change, by=_administrator(by), now=now())
        more = f": second half of the password {half}" if half else ""
        self.stdout.write(f"{user.username}: carried out, confirmed by {by}{more}")

    def do_roles(self, **options: Any) -> None:
        self.stdout.write(roles_document.document(), ending="")

    def do_list(self, **options: Any) -> None:
        found = User.objects.exclude(role=User.Role.CITIZEN).order_by("username")
        for user in found.select_related("office"):
            office = user.office.name_zh if user.office else "-"
            barred = "" if user.is_active else "  barred"
            line = f"{user.username:20} {user.name}  {user.role}  {office} {user.region_id or ''}"
            self.stdout.write(line.rstrip() + barred)

    def _make(self, rows: list[Row], proposed_by: str, confirmed_by: str) -> None:
        """Make all or none; an account that exists is left as it is and named."""
        names = [row.username for row in rows]
        known = set(User.objects.filter(username__in=names).values_list("username", flat=True))
        printed = []
        with transaction.atomic():
            two = _two(proposed_by, confirmed_by)
            for row in rows:
                _check(row)
                if row.username in known:
                    self.stdout.write(f"{row.username}: exists")
                else:
                    printed.append(_enrol(row, two))
        for line in printed:
            self.stdout.write(line)
        self.stdout.write(f"officers: made={len(printed)} (passwords are shown this once)")

    def _change(
        self,
        kind: OfficerChange.Kind,
        username: str,
        duties: officers.Duties | None,
        proposed_by: str,
        confirmed_by: str,
    ) -> None:
        two = _two(proposed_by, confirmed_by)
        if two is None:
            raise CommandError("name the administrators: --proposed-by, and --confirmed-by")
        if two.second is None:
            change, half = officers.propose(
                kind=kind, username=username, by=two.first, now=now(), duties=duties
            )
            self.stdout.write(_proposed(change, half))
            return
        is_password = kind == OfficerChange.Kind.PASSWORD
        password = secrets.token_urlsafe(12) if is_password else None
        officers.change_at_once(
            kind=kind,
            username=username,
            proposed_by=two.first,
            confirmed_by=two.second,
            duties=duties,
            password=make_password(password) if password else None,
        )
        more = f": password {password}" if password else ""
        self.stdout.write(f"{username}: {kind.value} carried out, {_by(two)}{more}")


def _enrol(row: Row, two: Two | None) -> str:
    """Make or propose one officer; returns the line to print."""
    if two is not None and two.second is None:
        change, half = officers.propose(
            kind=OfficerChange.Kind.ENROL,
            username=row.username,
            by=two.first,
            now=now(),
            duties=row.duties,
        )
        return _proposed(change, half)
    password = secrets.token_urlsafe(12)
    hashed = make_password(password)
    if two is None or two.second is None:
        officers.enrol_first(username=row.username, duties=row.duties, password=hashed)
        return f"{row.username}: password {password}"
    officers.enrol(
        username=row.username,
        duties=row.duties,
        password=hashed,
        proposed_by=two.first,
        confirmed_by=two.second,
    )
    return f"{row.username}: password {password} ({_by(two)})"


def _by(two: Two) -> str:
    confirmed = two.second.username if two.second else "nobody yet"
    return f"proposed by {two.first.username}, confirmed by {confirmed}"


def _proposed(change: OfficerChange, half: str) -> str:
    more = f"; first half of the password {half}" if half else ""
    return (
        f"{change.username}: proposed{more}; another administrator:"
        f" manage.py officers confirm {change.pk} --by …"
    )


def _row(options: dict[str, Any], number: str) -> Row:
    return Row(number=number, **{name: options[name] for name in COLUMNS if name != "number"})


def _asked_number() -> str:
    """Ask for an ID number: as an argument it would stay in the shell's history."""
    print("ID number of the officer: ", end="", file=sys.stderr, flush=True)  # not in the answer
    try:
        return input().strip()
    except EOFError:
        return ""


def _named(options: dict[str, Any]) -> dict[str, str]:
    return {name: options[name] for name in ("proposed_by", "confirmed_by")}


def _two(proposed_by: str, confirmed_by: str) -> Two | None:
    if not proposed_by:
        if confirmed_by:
            raise CommandError("--confirmed-by needs --proposed-by")
        return None
    return Two(_administrator(proposed_by), _administrator(confirmed_by) if confirmed_by else None)


def _administrator(username: str) -> User:
    found = User.objects.filter(
        username=username, is_active=True, role=User.Role.ADMINISTRATOR
    ).first()
    if found is None:
        raise CommandError(f"{username} is no administrator with an account")
    return found


def _rows(reader: "csv.DictReader[str]") -> Iterator[Row]:
    missing = set(COLUMNS) - {"region", "number"} - set(reader.fieldnames or ())
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
