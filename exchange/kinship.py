"""The registry of kinship: whether somebody is a guardian of a person (民法典 §§27, 28, 31).

A record is about who has no full capacity, and names each guardian by keyed index, so that neither
a page nor a trace carries another person's number.
"""

import datetime
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from exchange.registries import Query, query_registries
from people import identity, names

REGISTRY = "kinship"  # of the city's registries.yaml; where it has none, papers are seen
GUARDIANS = "guardians"  # its field: a list of ``person`` and ``relation``


def is_kept() -> bool:
    """Whether the city has a registry of kinship."""
    return REGISTRY in settings.CITY.registries


def relation(
    *, ward: str, guardian: str, purpose: str, by: object, now: datetime.datetime
) -> str | None:
    """Return what the guardian is to the ward, a code of the registry; None: it has no such one.

    ``ward``, ``guardian``: citizens' numbers. A registry that does not answer has nobody either.
    The look-up names ``by`` and the purpose.
    """
    number = names.normal_number(ward)
    query = Query(
        case="",
        registry=REGISTRY,
        subject=identity.index(number),
        number=number,
        fields=(GUARDIANS,),
        purpose=purpose,
        basis=settings.CITY.registries[REGISTRY].basis,
    )
    (answer,) = query_registries([query], by=by, now=now)
    return relation_in(answer.data, identity.index(names.normal_number(guardian)))


def relation_in(data: Mapping[str, Any], person: str) -> str | None:
    """Return what a person is to the ward by a record of the registry; ``person``: by index."""
    found = data.get(GUARDIANS) or []
    return next((one.get("relation") for one in found if one.get("person") == person), None)
