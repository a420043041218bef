"""Editions for tests, published as officers publish them."""

from __future__ import annotations

import datetime

from city.source import read
from services import publish
from services.models import Edition
from tests.services.packs import LI, WANG


def published(source: str, now: datetime.datetime, file: str = "bus_pass.yaml") -> Edition:
    """The edition of a pack: the first of its service, or one by two officers."""
    if not Edition.objects.filter(service=read(source, file).data["service"]).exists():
        return publish.publish_first(source, by=LI, now=now, file=file)
    proposal = publish.propose(source, by=LI, now=now, file=file)
    return publish.confirm(proposal.pk, by=WANG, now=now)
