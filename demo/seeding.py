"""Loading the synthetic city into the city's own store."""

import datetime
from collections.abc import Iterator
from typing import Any

import orjson

from demo.city import City, Enterprise, families, family_records
from demo.city import records as write
from exchange import records
from ledger.clock import city_date
from people import identity

# registries of the store with a record of some persons
STORED = ("social", "residence", "driving", "death", "disability", "assistance")


def load(city: City, *, now: datetime.datetime) -> int:
    """Write the store's records of ``city`` by COPY; returns how many are new or changed.

    Safe to repeat: an unchanged record keeps its version, a changed one gets the next. Records of
    other cities stay.
    """
    return records.write(_rows(city, city_date(now)), now=now)


def _persons(city: City, entity: Enterprise) -> dict[str, Any]:
    """Return who runs an enterprise and who invested in it, by keyed index."""
    investors = [{"person": identity.index(t.number)} for t in city.investors(entity)]
    return {"representative": investors[0]["person"] if investors else None, "investors": investors}


def _rows(city: City, today: datetime.date) -> Iterator[records.Row]:
    for i in range(city.persons):
        person = city.person(i)
        subject = identity.index(person.number)
        yield subject, "population", orjson.dumps(write.population(person))
        yield subject, "enterprise", orjson.dumps(write.trades(person, city.owned(i)))
        for registry, data in family_records.of_person(city, i, identity.index):
            yield subject, registry, orjson.dumps(data)
        for registry in STORED:
            found_of = city.of_person(registry, person)
            if found_of is not None:
                yield subject, registry, orjson.dumps(found_of)
    for j in range(city.enterprises):
        entity = city.enterprise(j)
        subject = identity.index(entity.uscc)
        recorded = {**(city.record("enterprise", entity.uscc) or {}), **_persons(city, entity)}
        yield subject, "enterprise", orjson.dumps(recorded)
        yield subject, "social", orjson.dumps(city.record("social", entity.uscc))
    for name, data in city.records("names"):
        yield identity.index(name), "names", orjson.dumps(data)
    for one in families.births(city, by=today):
        data = family_records.birth(city, one, identity.index)
        yield identity.index(one.record), "birth", orjson.dumps(data)
    for a in range(city.addresses):
        place = city.address(a)
        yield identity.index(place.code), "address", orjson.dumps(write.address(place))
