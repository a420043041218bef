"""Runs services of the catalogue beside all processes, one after another: what came of each."""

import datetime
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from benchmarks.catalogue import applying
from benchmarks.catalogue.businesses import RunningBusinesses
from benchmarks.catalogue.drawing import Drawn, Planting, RunningDrawing
from benchmarks.catalogue.following import FollowingDrawing
from benchmarks.catalogue.registries import Registries
from benchmarks.catalogue.verdicts import Tally, tally
from benchmarks.departments import announce, partners
from benchmarks.load import Client, partner_client
from benchmarks.oracles.drawing import SERVICES as OF_PERSONS
from demo.city import City
from ledger.clock import now
from services import catalogue

SERVICES = (
    "graduate_settlement",
    "talent_settlement",
    "family_reunion",
    "newborn",
    "newborn_medical",
    "newborn_card",
    "residence_permit",
    "residence_endorsement",
    "residence_card",
    "ride_hail_driver",
    "old_age_allowance",
    "disability_subsidies",
    "social_transfer",
    "school_enrolment",
    "move_out",
    "sole_trader",
    "name_reservation",
    "limited_company",
    "food_filing",
    "entity_change",
    "simplified_deregistration",
)
ASKED = ("adjacent", "food", "culture", "police")  # for an approval, and all grant it
RATE = 20.0  # applications a second
AGAIN = 5  # of each service, handed in a second time
# what one may apply for again and again
REPEATED = (
    "entity_change",
    "residence_card",
    "social_transfer",
    "school_enrolment",
    "move_out",
)
SHOWN = 10  # of each kind of fault


def run(services: Sequence[str], city: City, today: datetime.date, *, count: int, seed: int) -> int:
    """Draw, apply and compare; return the exit code: 1 when anything is not as it must be."""
    client = partner_client(os.environ["SITE_URL"], Path(os.environ["KEYS_DIR"]))
    planting = Planting(Registries(city), seed)
    persons = FollowingDrawing(city, settings.CITY, planting, today, seed)
    businesses = RunningBusinesses(city, planting, today, seed)
    tallies = []
    with (
        tempfile.TemporaryDirectory(prefix="miaopi-demo-") as folder,
        partners(Path(folder), dict.fromkeys(ASKED, "grant")) as addresses,
    ):
        for code, address in addresses.items():
            announce(code, address)
        for service in services:
            drawing = persons if service in OF_PERSONS else businesses
            tallies.append(_service(client, drawing, service, count, today))
            _show(tallies[-1])
    print(line(tallies), flush=True)
    return 0 if all(one.passed for one in tallies) else 1


def _service(
    client: Client,
    drawing: RunningDrawing | RunningBusinesses,
    service: str,
    count: int,
    today: datetime.date,
) -> Tally:
    edition = catalogue.current(service, today)
    assert edition is not None, f"no edition of {service} is in force"
    number = catalogue.rulebook(edition).number
    drawing.planting.begin(service, today)
    drawn = list(drawing.drawn(service, count))
    drawing.registries.plant([p for one in drawn for p in one.planted], now())
    sent = applying.hand_in(client, drawn, number, RATE)
    applying.wait(client, sent)
    found = tally(service, sent)
    approved = [one.drawn for one in sent if one.state == "approved"]
    found.wrong += _again(client, approved[:AGAIN], number)
    return found


def _again(client: Client, approved: Sequence[Drawn], edition: int) -> list[str]:
    """Return what is wrong when somebody applies for what they have."""
    return [
        f"{one.service} is approved a second time for who has it"
        for one in approved
        if one.service not in REPEATED and applying.is_approved_again(client, one, edition)
    ]


def _show(found: Tally) -> None:
    for kind in ("lost", "undecided", "wrong"):
        for fault in getattr(found, kind)[:SHOWN]:
            print(f"  {kind}: {found.service} {fault}")
    print(found, flush=True)


def line(tallies: Sequence[Tally]) -> str:
    """Return the closing line over all services."""
    eligible = sum(one.eligible for one in tallies)
    share = sum(one.automatic for one in tallies) / max(1, eligible)
    return (
        f"catalogue: services={len(tallies)} cases={sum(one.cases for one in tallies)}"
        f" undecided={sum(len(one.undecided) for one in tallies)}"
        f" lost={sum(len(one.lost) for one in tallies)}"
        f" wrong={sum(len(one.wrong) for one in tallies)} automatic={share:.3f}"
    )
