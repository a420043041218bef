"""The city's regions and offices: data in ``city.json``, written by ``manage.py seed``."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings

from people.models import Office, Region
from people.numbers import uscc_make

DATA = Path(__file__).with_name("city.json")


def lay() -> None:
    """Write the city, its regions and its offices; safe to repeat, corrects names.

    An office's USCC is computed: 1 1 (organs of state), the city's region, its organisation code.
    """
    data = json.loads(DATA.read_text())
    city = settings.CITY["region"]
    top = Region(code=city, name_zh=settings.CITY["name_zh"], name_en=settings.CITY["name_en"])
    regions = [top, *(_region(item, city) for item in data["regions"])]
    offices = [
        Office(
            code=item["code"],
            name_zh=item["zh"],
            name_en=item["en"],
            uscc=uscc_make("1", "1", city, item["organisation"]),
        )
        for item in data["offices"]
    ]
    names = ["name_zh", "name_en"]
    Region.objects.bulk_create(
        regions,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=[*names, "parent", "since", "until"],
    )
    Office.objects.bulk_create(
        offices, update_conflicts=True, unique_fields=["code"], update_fields=names
    )


def _region(item: dict[str, Any], city: str) -> Region:
    return Region(
        code=item["code"],
        name_zh=item["zh"],
        name_en=item["en"],
        parent_id=city,
        since=item.get("since"),
        until=item.get("until"),
    )
