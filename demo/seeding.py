"""Loading the synthetic city into the city's own store."""

import datetime
from collections.abc import Iterator

import orjson
from django.db import connection, transaction

from demo.city import City
from demo.city import records as write
from people import identity

Row = tuple[str, str, bytes]  # subject, registry, data


def load(city: City, *, now: datetime.datetime) -> int:
    """Write the store's records of ``city`` by COPY; returns how many are new or changed.

    Safe to repeat: an unchanged record keeps its version, a changed one gets the next. Records of
    other cities stay.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE incoming (subject text, registry text, data jsonb)")
        with cursor.copy("COPY incoming FROM STDIN") as copy:
            for subject, registry, data in _rows(city):
                copy.write_row((subject, registry, data.decode()))
        cursor.execute(
            """
            INSERT INTO exchange_record AS r (subject, registry, version, data, updated_at)
            SELECT subject, registry, 1, data, %s FROM incoming
            ON CONFLICT (subject, registry) DO UPDATE
            SET version = r.version + 1, data = EXCLUDED.data, updated_at = EXCLUDED.updated_at
            WHERE r.data <> EXCLUDED.data
            """,
            [now],
        )
        written = int(cursor.rowcount)
        cursor.execute("DROP TABLE incoming")
        return written


def _rows(city: City) -> Iterator[Row]:
    for i in range(city.persons):
        truth = city.truth(i)
        subject = identity.index(truth.number)
        yield subject, "population", orjson.dumps(write.population(truth))
        yield subject, "enterprise", orjson.dumps(write.trades(truth, city.owned(i)))
        insured = write.social(truth)
        if insured is not None:
            yield subject, "social", orjson.dumps(insured)
    for j in range(city.enterprises):
        entity = city.enterprise(j)
        yield identity.index(entity.uscc), "enterprise", orjson.dumps(write.enterprise(entity))
    for a in range(city.addresses):
        place = city.address(a)
        yield identity.index(place.code), "address", orjson.dumps(write.address(place))
