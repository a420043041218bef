"""What two services of a city claim of one thing has to be the same. Pure.

A kind of certificate has one code of its type (GB/T 36904), whichever service issues it; and guards
that share a scope exclude one another only where their keys have as many parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from city.errors import SourceError
from city.source import Source
from services.pack.model import Pack
from services.rulebook import Rulebook


def faults(source: Source, pack: Pack, others: Iterable[Rulebook]) -> Iterator[SourceError]:
    """Yield what a pack claims otherwise than a service that is offered (``others``)."""
    for other in others:
        if other.code == pack.service:
            continue
        mine, theirs = pack.certificate, other.certificate
        if mine and theirs and mine.kind == theirs.kind and mine.type21 != theirs.type21:
            zh = f"{other.code} 的 {theirs.kind} 的类型代码是 {theirs.type21}"
            en = f"{theirs.kind} of {other.code} has the type code {theirs.type21}"
            yield source.error(("certificate", "type21"), zh, en)
        for place, guard in enumerate(pack.guards):
            for one in other.pack.guards:
                if one.scope == guard.scope and len(one.key) != len(guard.key):
                    count = len(one.key)
                    zh = f"{other.code} 中 {one.scope} 的键有 {count} 项，永远不会相同"
                    en = f"a key of {one.scope} has {count} parts in {other.code}: none is equal"
                    yield source.error(("guards", place, "key"), zh, en)
