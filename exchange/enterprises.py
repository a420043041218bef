"""The registry of enterprises: for which of them a person may act (民法典 §§61, 56).

Asked by the keyed index of the person, never by a name: the record of the person lists what they
are legal representative or proprietor of. The record of the enterprise must not say another.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from exchange import registries
from exchange.adapters import store
from exchange.registries import Answer, Query, query_registries
from people import identity, names, numbers

REGISTRY = "enterprise"  # of the city's registries.yaml
HELD = "trades"  # its field, of a person: a list of ``uscc``, ``name``, ``role`` and ``state``
# its fields, of an enterprise: by keyed index, where the city has it, else by name
OWN = ("name", "state", "legal_representative", "representative")
REPRESENTS = ("法定代表人", "经营者")  # values of ``role``: legal representative, proprietor


@dataclass(frozen=True, slots=True)
class Held:
    """An enterprise that a person represents; ``state`` is a code of the registry."""

    number: str
    name: str
    role: str
    state: str

    @property
    def subject(self) -> str:
        return identity.index(self.number)


@dataclass(frozen=True, slots=True)
class Found:
    """What the registry has said of one person.

    ``held``: None where nobody answered. ``rests_on``: each record that was read, by subject, with
    its version; empty of a registry that is asked over the network, which has none to compare.
    """

    held: tuple[Held, ...] | None
    rests_on: tuple[tuple[str, str], ...] = ()


def is_kept() -> bool:
    """Whether the city has a registry of enterprises that says who represents them."""
    registry = settings.CITY.registries.get(REGISTRY)
    return registry is not None and HELD in registry.fields


def state(code: str) -> object:
    """Return the words of a state of the registry (zh, en); nothing where all is as it should be.

    A code that the city has no words for is its own.
    """
    if code in ("", "active"):
        return ""
    codes = settings.CITY.registries[REGISTRY].fields["state"].codes or {}
    return codes.get(code, code)


def represented(
    *, number: str, name: str, purpose: str, by: object, now: datetime.datetime, only: str = ""
) -> Found:
    """Return what a person represents, by their ID number; each look-up names ``by``.

    ``only``: one enterprise by keyed index, of which the record is read as well: one that names
    another representative, by index or else than ``name``, contradicts, and is left out.
    """
    if not is_kept():
        return Found(())
    (mine,) = _ask([(number, (HELD,))], purpose, by, now)
    if mine.outcome == "failed":
        return Found(None)
    rests_on = [(mine.subject, mine.version)]
    held = tuple(h for h in _held(mine.data) if only in ("", h.subject))
    if only and held:
        known = settings.CITY.registries[REGISTRY].fields
        fields = tuple(field for field in OWN if field in known)
        (theirs,) = _ask([(held[0].number, fields)], purpose, by, now)
        if theirs.outcome == "failed":
            return Found(None)
        rests_on.append((theirs.subject, theirs.version))
        if names_another(theirs.data, mine.subject, name):
            held = ()
    return Found(held, () if registries.is_remote(REGISTRY) else tuple(rests_on))


def names_another(record: Mapping[str, Any], person: str, name: str) -> bool:
    """Whether an enterprise's record names another as representative than this person.

    ``person``: by index; by ``name`` alone where the record has no index.
    """
    index, named = record.get("representative"), record.get("legal_representative")
    if isinstance(index, str):
        return index != person
    return isinstance(named, str) and not names.same(named, name)


def is_unchanged(rests_on: Sequence[tuple[str, str]]) -> bool:
    """Whether the records that were read are still of the same version: one statement.

    Nothing of them is read, so it leaves no look-up. Never so for a registry over the network.
    """
    if not rests_on or registries.is_remote(REGISTRY):
        return False
    now_are = store.versions(REGISTRY, [subject for subject, _ in rests_on])
    return now_are == [version for _, version in rests_on]


def _ask(
    wanted: Iterable[tuple[str, tuple[str, ...]]], purpose: str, by: object, now: datetime.datetime
) -> list[Answer]:
    basis = settings.CITY.registries[REGISTRY].basis
    queries = [
        Query(
            case="",
            registry=REGISTRY,
            subject=identity.index(number),
            number=names.normal_number(number),
            fields=fields,
            purpose=purpose,
            basis=basis,
        )
        for number, fields in wanted
    ]
    return query_registries(queries, by=by, now=now)


def _held(data: Mapping[str, Any]) -> Iterable[Held]:
    for one in data.get(HELD) or ():
        code = names.normal_number(str(one.get("uscc", "")))
        name = names.normal(str(one.get("name", "")))
        if one.get("role") in REPRESENTS and numbers.uscc_ok(code) and name:
            yield Held(code, name, str(one["role"]), str(one.get("state", "")))
