"""Registry facts change among many certificates: exactly those that rest on them are found.

A loader writes all records again, of which some differ; the queue hands on what changed and was
read. 5,000 certificates and 200 changes; with ``--full`` 100,000 and 1,000. All are copies of a
really issued one, with reads of registries drawn in Python, so that what must be found is known
without any SQL.
"""

import os
import random
import time
from collections import defaultdict
from dataclasses import dataclass, field

import psycopg
import pytest
from django.db import connection

from certificates.models import Certificate
from certificates.queries import dependents
from exchange import changes as queue
from exchange.models import Lookup
from ledger.clock import now
from ledger.models import Event
from tests.approvals.cases import settled
from tests.plugins.environment import with_database

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("furnished_committed")]

COUNT, CHANGES = (100_000, 1_000) if os.environ.get("MIAOPI_FULL") else (5_000, 200)
REGISTRIES = ("population", "education", "criminal", "credit", "enterprise")
ENDS = {"cancelled": 0.04, "superseded": 0.04, "expired": 0.04, "suspended": 0.04}  # else valid


@dataclass
class Drawn:
    """One application: which records were read for it, and how its certificate stands now."""

    application: str
    holder: str
    state: str  # empty: nothing was issued
    reads: list[tuple[str, str]] = field(default_factory=list)


def subject(random_, most):
    """Someone; nobody reads about those above COUNT."""
    return f"{random_.randrange(most):032x}"


def draw(random_):
    """A holder has up to some certificates; addresses are shared by about twenty."""
    for n in range(COUNT + COUNT // 10):
        holder = subject(random_, COUNT)
        (state,) = random_.choices([*ENDS, "valid"], [*ENDS.values(), 1 - sum(ENDS.values())])
        reads = [(r, holder) for r in random_.sample(REGISTRIES, 3)]
        reads.append(("address", f"a{random_.randrange(COUNT // 20):031x}"))
        if random_.random() < 0.05:
            reads.append(reads[0])  # asked twice, after a correction
        yield Drawn(f"X{n:09d}", holder, state if n < COUNT else "", reads)


def copied(model, source, given, rows):
    """Insert a copy of ``source`` for each of ``rows``; ``given``: column -> SQL over (a, b, c)."""
    columns = [f.column for f in model._meta.concrete_fields]
    quoted = ", ".join(f'"{c}"' for c in columns)
    values = ", ".join(given.get(c, f'source."{c}"') for c in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({quoted}) SELECT {values}"
            f" FROM {model._meta.db_table} AS source, unnest(%s::text[], %s::text[], %s::text[])"
            " WITH ORDINALITY AS made(a, b, c, n) WHERE source.id = %s",
            [*(list(part) for part in zip(*rows, strict=True)), source.pk],
        )
        assert cursor.rowcount == len(rows)


@pytest.fixture
def city():
    case = settled("graduate")
    real = Certificate.objects.get(application=case.number)
    drawn = list(draw(random.Random(20260701)))
    copied(
        Certificate,
        real,
        {
            "id": "gen_random_uuid()",
            "identifier": "source.identifier || '/' || made.n",
            "public_id": "upper(substr(md5('p' || made.n), 1, 20))",
            "application": "made.a",
            "holder": "made.b",
        },
        [(d.application, d.holder, "") for d in drawn if d.state],
    )
    for state in ENDS:
        end(state, [d.application for d in drawn if d.state == state], real)
    reads = [(d.application, *read) for d in drawn for read in d.reads]
    reads += [("", "population", f"{n:032x}") for n in range(0, COUNT, 50)]  # for no case at all
    copied(
        Lookup,
        Lookup.objects.filter(case=case.number).first(),
        {"id": "gen_random_uuid()", "case": "made.a", "registry": "made.b", "subject": "made.c"},
        reads,
    )
    analyze("exchange_lookup", "certificates_certificate")
    return drawn


def analyze(*tables):
    """What autovacuum does after a load; only the owner may."""
    if url := os.environ.get("DATABASE_OWNER_URL"):
        name = str(connection.settings_dict["NAME"])
        with psycopg.connect(with_database(url, name), autocommit=True) as owner:
            owner.execute(f"ANALYZE {', '.join(tables)}")


def end(state, applications, real):
    """Move certificates on, all at once; the guards want an event that exists."""
    other = Event.objects.exclude(hash=bytes(real.head)).values_list("hash", flat=True)[0]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE certificates_certificate SET state = %s, events = events + 1, head = %s"
            " WHERE application = ANY(%s)",
            [state, other, applications],
        )
        assert cursor.rowcount == len(applications) > COUNT // 50


def changes(random_, drawn):
    """Records that were read, records that were not, and records of nobody."""
    found = set(random_.sample([read for d in drawn for read in d.reads], CHANGES * 6 // 10))
    while len(found) < CHANGES:
        found.add((random_.choice(REGISTRIES), subject(random_, COUNT * 5 // 4)))
    return found


def load(records, changed):
    """An upsert of all ``records`` as a loader does; those in ``changed`` say something new."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO exchange_record AS r (subject, registry, data, updated_at)"
            " SELECT s, g, jsonb_build_object('n', new), now()"
            " FROM unnest(%s::text[], %s::text[], %s::bool[]) AS incoming(s, g, new)"
            " ON CONFLICT (subject, registry) DO UPDATE"
            " SET data = EXCLUDED.data, version = r.version + 1",
            [
                [subject for _, subject in records],
                [registry for registry, _ in records],
                [record in changed for record in records],
            ],
        )
        assert cursor.rowcount == len(records)


def fed():
    """All that the queue hands on, in the batches of a worker."""
    found = set()
    while taken := queue.take(now=now(), limit=300):
        batch = {(c.registry, c.subject) for c in taken}
        assert not batch & found
        found |= batch
        queue.done(taken)
    return found


def test_exactly_those_that_rest_on_what_changed_are_found(city, record_property):
    changed = changes(random.Random(3), city)
    assert len(changed) == CHANGES
    expected = defaultdict(set)
    for one in city:
        if one.state in ("valid", "suspended"):
            for read in one.reads:
                if read in changed:
                    expected[one.application].add(read)
    records = sorted({read for one in city for read in one.reads} | changed)
    load(records, set())
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM exchange_change")  # the store was filled before
    load(records, changed)
    began = time.perf_counter()
    handed = fed()
    queued = time.perf_counter() - began
    assert handed == changed & {read for one in city for read in one.reads}
    assert CHANGES // 2 < len(handed) < CHANGES  # what no case ever read is dropped
    began = time.perf_counter()
    found = dependents(handed)
    took = time.perf_counter() - began
    record_property("seconds", round(took, 3))
    print(
        f"{COUNT} certificates, {CHANGES} changes: {len(found)} affected, {took * 1000:.0f} ms,"
        f" and {queued * 1000:.0f} ms through the queue"
    )
    names = dict(Certificate.objects.filter(id__in=found).values_list("id", "application"))
    assert {names[pk]: reads for pk, reads in found.items()} == expected
    assert len(expected) > CHANGES // 2  # and by far not all of them
    assert any(len(reads) > 1 for reads in expected.values())
    ended = {d.application for d in city if d.state not in ("valid", "suspended")}
    assert any(read in changed for d in city if d.application in ended for read in d.reads)
    assert took < 30  # one query, not one a certificate
