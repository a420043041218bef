"""Celery's entry point: thin tasks, ids by keyword, one action."""

from celery import shared_task

from entitlements import queries
from entitlements.actions import pay, review
from ledger.clock import city_date, now
from people.actors import CLOCK


@shared_task(name="entitlements.run")
def run() -> None:
    """Review and pay the periods of every service that have begun, in order."""
    at = now()
    for service in queries.services_due(city_date(at)):
        for period in queries.periods_due(service, city_date(at)):
            review(service=service, period=period, by=CLOCK, now=at)
            pay(service=service, period=period, by=CLOCK, now=at)
