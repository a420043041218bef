"""A stored scan proved again: its list, each offer by its recorded facts, and the store itself."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson

from exchange import scans
from offers.actions.scanning import edition_of, find, search_of
from offers.assessing import APPROVE
from offers.models import Scan
from services.inputs import read_inputs
from services.scanning import plan
from services.verdict import judge


@dataclass(slots=True)
class Replay:
    """What came of it. ``same``: the store gives the same list now.

    ``explained``: people of whom the list differs and a record is newer than the scan. ``faults``:
    whatever neither the store nor the scan explains; none should be there.
    """

    offers: int = 0
    same: bool = False
    explained: int = 0
    faults: list[str] = field(default_factory=list)


def replay(scan: Scan, *, anew: bool = True) -> Replay:
    """Judge the offers of a scan by their recorded facts; with ``anew``, scan the store again.

    By the scan's own edition and as of its day. Nothing is written.
    """
    found = Replay()
    found.faults += _list_faults(scan)
    found.faults += _offer_faults(scan, found)
    if anew:
        _scan_again(scan, found)
    return found


def subjects_of(scan: Scan) -> list[str]:
    """Return the keyed indexes of whom a scan has found, in order."""
    listed = bytes(scan.subjects)
    return [listed[at : at + 16].hex() for at in range(0, len(listed), 16)]


def _list_faults(scan: Scan) -> Iterator[str]:
    listed = subjects_of(scan)
    if hashlib.sha256(bytes(scan.subjects)).digest() != bytes(scan.list_hash):
        yield "the list does not have its hash"
    if listed != sorted(set(listed)) or len(listed) != scan.counts["eligible"]:
        yield "the list is not in order, or of another length than counted"


def _offer_faults(scan: Scan, found: Replay) -> Iterator[str]:
    book, listed, offered = edition_of(scan), set(subjects_of(scan)), 0
    if book.hash != scan.edition_hash:
        yield "the edition does not have the hash that was scanned by"
    for offer in scan.offers.order_by("subject").iterator():
        offered += 1
        verdict = judge(book, read_inputs(book, orjson.loads(offer.inputs)))
        if verdict.outcome != APPROVE or verdict.inputs.as_of != scan.as_of:
            yield f"offer {offer.pk}: its facts do not lead to it"
        if offer.subject not in listed:
            yield f"offer {offer.pk}: to somebody who was not found"
    found.offers = offered
    if offered != scan.counts["offered"]:
        yield "there are not as many offers as counted"


def _scan_again(scan: Scan, found: Replay) -> None:
    book = edition_of(scan)
    search = search_of(plan(book, scan.as_of))
    again = set(find(book, search, scan.as_of).people)
    differ = again.symmetric_difference(subjects_of(scan))
    found.same = not differ
    registries = [source.registry for source in search.sources]
    changed = scans.changed(differ, registries, scan.at)
    found.explained = len(changed)
    if unexplained := len(differ) - len(changed):
        found.faults.append(f"{unexplained} people differ of whom no record has changed since")
