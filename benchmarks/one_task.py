"""What the engine is measured against: the same action, one Celery task an application."""

from uuid import UUID

from config.celery import app

app.conf.task_default_queue = "bench"


@app.task(name="benchmarks.decide_one")
def decide_one(identifier: str) -> None:
    from approvals import actions
    from ledger.clock import now
    from people.actors import ENGINE

    actions.decide(ids=[UUID(identifier)], by=ENGINE, now=now())
