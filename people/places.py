"""The city's regions and offices: from its folder into the database (``manage.py city load``)."""

from city.model import City
from people.models import Office, Region
from people.numbers import uscc_make


def load(city: City) -> None:
    """Write the city, its regions and its offices; safe to repeat, corrects names.

    An office's USCC (GB 32100) is computed: 1 1 (organs of state), the city's code, its
    organisation code. Regions and offices that the folder no longer has stay: cases refer to them.
    """
    top = Region(code=city.code, name_zh=city.zh, name_en=city.en)
    regions = [
        Region(
            code=region.code,
            name_zh=region.zh,
            name_en=region.en,
            parent_id=city.code,
            since=region.since,
            until=region.until,
        )
        for region in city.regions.values()
    ]
    offices = [
        Office(
            code=office.code,
            name_zh=office.zh,
            name_en=office.en,
            uscc=uscc_make("1", "1", city.code, office.organisation),
        )
        for office in city.offices.values()
    ]
    names = ["name_zh", "name_en"]
    Region.objects.bulk_create(
        [top, *regions],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=[*names, "parent", "since", "until"],
    )
    Office.objects.bulk_create(
        offices, update_conflicts=True, unique_fields=["code"], update_fields=names
    )
