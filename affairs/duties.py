"""What the reconciler does for this app (``settings.FURTHER_DUTIES``)."""

import datetime

from django.conf import settings
from django.db import connection

from affairs import delivery, drafts, progress
from approvals.progress import wake
from ledger.clock import city_date

ENDING = datetime.timedelta(days=30)  # before a certificate's last day its holder has a message


def drive_messages(at: datetime.datetime) -> None:
    """Send the tasks that deliver messages, and codes, when there are any."""
    if delivery.is_due(at):
        wake.tasks("affairs.deliver")
    if progress.is_due(at):
        wake.tasks("affairs.codes")


def note_endings(at: datetime.datetime) -> None:
    """Tell holders of certificates and owners of drafts that end soon, once of each end."""
    today = city_date(at)
    notice = datetime.timedelta(days=settings.CITY.drafts.notice)
    with connection.cursor() as cursor:
        cursor.execute("SELECT affairs_note_certificates(%s, %s, %s)", [today, today + ENDING, at])
        cursor.execute("SELECT affairs_note_endorsements(%s, %s)", [today, at])
        cursor.execute("SELECT affairs_note_drafts(%s, %s)", [at + notice, at])


def expire_drafts(at: datetime.datetime) -> None:
    """Delete the drafts whose time is over."""
    drafts.expire(at)
