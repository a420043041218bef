"""Which edition of which service is in force, and its rulebook, cached in each process."""

from __future__ import annotations

import datetime
import gc
import re
from collections.abc import Iterable
from threading import Lock

from django.db import connection

import bulk
from services.edition import ENGINE, load
from services.models import Edition
from services.models.switches import Scope
from services.rulebook import Rulebook

_CODE = re.compile(r"[a-z0-9_-]{1,40}")
_KEPT = 512  # rulebooks; editions never change, so there is nothing else to forget
_books: dict[int, Rulebook] = {}
_editions: dict[int, Edition] = {}  # without their source, which is long
_making = Lock()
_answers: dict[tuple[str, datetime.date], Edition] = {}  # the last answers of ``current``
# In SQL, because composing it anew costs more than PostgreSQL's part.
_CURRENT = """
SELECT e.id FROM services_edition e JOIN services_service s ON s.code = e.service_id AND s.enabled
WHERE e.service_id = %s AND e.in_force_from <= %s
ORDER BY e.in_force_from DESC, e.number DESC LIMIT 1
"""


def rulebook(edition: Edition | int) -> Rulebook:
    """The rulebook of an edition or its id; compiled once a process. Raises ``DoesNotExist``.

    An edition checked with an older engine is read again by this one; its stored hash stays.
    """
    key = edition if isinstance(edition, int) else edition.pk
    found = _books.get(key)
    if found is not None:
        return found
    row = Edition.objects.get(pk=key) if isinstance(edition, int) else edition
    with _making:
        if key not in _books:
            made = load(
                row.source,
                f"{row.service_id}.yaml",
                city=row.city,
                number=row.number,
                engine=row.engine,
                in_force_from=row.applies_from,
            )
            if row.engine == ENGINE and made.hash != row.hash:
                raise AssertionError(f"{row}: the stored source does not have the stored hash")
            if len(_books) >= _KEPT:
                _books.clear()
            _books[key] = made
    return _books[key]


def current(code: str, on: datetime.date) -> Edition | None:
    """The edition in force on a day of a service that takes applications, else None.

    Of those in force the one that began last; of two that began on one day the later number. What
    is no code, as an address may have it, is no service.
    """
    if not _CODE.fullmatch(code):
        return None
    with connection.cursor() as cursor:
        cursor.execute(_CURRENT, [code, on])
        row = cursor.fetchone()
    if row is None:
        return None
    found = _editions.get(row[0])
    if found is None:
        found = Edition.objects.defer("source").get(pk=row[0])
        if len(_editions) >= _KEPT:
            _editions.clear()
        _editions[row[0]] = found
    if len(_answers) >= _KEPT:
        _answers.clear()
    _answers[code, on] = found
    return found


def in_force(code: str, on: datetime.date) -> Edition | None:
    """The edition in force on a day, of a service that takes no applications as well."""
    found = Edition.objects.defer("source").filter(service=code, in_force_from__lte=on)
    return found.order_by("-in_force_from", "-number").first()


def numbered(code: str, number: int) -> Rulebook | None:
    """The rulebook of one edition of a service by its number, in force or not."""
    row = Edition.objects.defer("source").filter(service=code, number=number).first()
    return rulebook(row) if row else None


def remembered(code: str, on: datetime.date) -> Edition | None:
    """The last answer of ``current`` in this process; who uses it writes only ``while_current``."""
    return _answers.get((code, on))


def while_current(edition: Edition, on: datetime.date) -> bulk.Condition:
    """The condition that ``edition`` is still the one in force, for ``bulk.insert_once``."""
    return bulk.Condition(f"({_CURRENT.strip()}) = %s", (edition.service_id, on, edition.pk))


def current_editions(on: datetime.date) -> list[Edition]:
    """The editions in force on a day of everything that can be applied for, by code. One query."""
    found = (
        Edition.objects.filter(service__enabled=True, in_force_from__lte=on)
        .order_by("service", "-in_force_from", "-number")
        .distinct("service")
    )
    return list(found)


def all_current(on: datetime.date) -> list[Rulebook]:
    """The rulebooks of everything that can be applied for on a day, by code. One query."""
    return [rulebook(row) for row in current_editions(on)]


def warm(on: datetime.date) -> None:
    """Make the rulebooks that will be asked for, so that no citizen waits for the first one.

    For standing processes: what they have made by then stays, so the garbage collector need not
    look at it again. It took a tenth of the web process's time, and stopped everybody for it.
    """
    all_current(on)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


def automatic(books: Iterable[Rulebook]) -> dict[str, bool]:
    """For each service by code whether the machine may decide it. One query.

    Neither the service is suspended, nor a registry that its edition asks.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT scope, code FROM services_suspension WHERE released_at IS NULL")
        suspended = set(cursor.fetchall())
    return {
        book.code: (Scope.SERVICE, book.code) not in suspended
        and not any((Scope.REGISTRY, code) in suspended for code in book.pack.registries)
        for book in books
    }
