"""What two services of a city claim of one thing has to be the same. Pure.

A kind of certificate has one code of its type (GB/T 36904), whichever service issues it; and guards
that share a scope exclude one another only where their keys have as many parts. What a service
changes, endorses or uses up has to be issued by a service of the city, or nobody ever holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path as File

from city.errors import SourceError
from city.model import City
from city.source import Path, Source, read, text_of
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


def unissued(
    source: Source, pack: Pack, city: City, others: Iterable[Rulebook] = ()
) -> Iterator[SourceError]:
    """Yield what a pack does to certificates of kinds that no service issues.

    Counted are the packs of the city's folder, as they are published one after another, the pack
    itself and ``others``, which are offered.
    """
    named: list[tuple[Path, str]] = [
        (("consumes", place), kind) for place, kind in enumerate(pack.consumes)
    ]
    if pack.changes is not None:
        named.append((("changes", "certificate"), pack.changes.kind))
    if pack.endorses and pack.endorsement is not None:
        named.append((("endorses", "certificate"), pack.endorsement.kind))
    if not named:
        return
    files = [path for path in city.packs if path.is_file()]
    issued = {_of_file(path, path.stat().st_mtime_ns) for path in files}
    issued |= {_issued_first(one) for one in (pack, *(other.pack for other in others))}
    for path, kind in named:
        if kind not in issued:
            have = sorted(issued - {""})
            zh = f"本市没有事项签发 {kind}（有 {'、'.join(have)}）"
            en = f"no service of the city issues {kind} (they issue {', '.join(have)})"
            yield source.error(path, zh, en)


def _issued_first(pack: Pack) -> str:
    """The kind that a pack issues though nobody holds any yet; empty: none."""
    if pack.certificate is None:
        return ""
    changed = pack.changes
    is_next = changed is not None and changed.effect == "replace" and not changed.paper
    return "" if is_next else pack.certificate.kind


@lru_cache(maxsize=256)
def _of_file(path: File, _written: int) -> str:
    """As ``_issued_first``, by the file alone; one that cannot be read issues nothing."""
    try:
        data = read(text_of(path), str(path)).data
        changed, certificate = data.get("changes") or {}, data.get("certificate") or {}
        is_next = changed.get("effect") == "replace" and changed.get("paper") != "allowed"
        return "" if is_next else str(certificate.get("kind", ""))
    except (SourceError, AttributeError):  # its own faults are said where it is checked
        return ""
