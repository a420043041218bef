"""What runs for every application finds its rows by an index, however large the tables grow.

With sequential scans forbidden, the planner names one only where no index can answer: a partial
index whose condition the statement does not repeat is such a case, and costs nothing in a small
database.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from approvals import queries
from approvals.admin import front
from approvals.admin.queue import search
from approvals.models import Application
from approvals.progress import standings
from approvals.states import State
from approvals.workers import reconciler
from certificates import queries as certificates
from ledger.clock import now
from people.actors import ENGINE, officer
from tests import officers
from tests.approvals import cases
from tests.approvals.program import Program, another_body

pytestmark = pytest.mark.usefixtures("furnished")

# as many rows as there are citizens, applications or events; the others are as small as a city
GROWING = re.compile(
    r"Seq Scan on (approvals_(?!heartbeat)\w+|certificates_\w+|ledger_\w+|exchange_"
    r"(?:record|lookup|notice|message|change)\w*)"
)


@contextmanager
def plans() -> Iterator[dict[str, str]]:
    """Gather the plan of every statement in the block, by its text."""
    found: dict[str, str] = {}

    def explain(execute: Any, text: str, parameters: Any, many: bool, context: Any) -> Any:
        if text.lstrip().startswith(("SELECT", "WITH", "UPDATE", "DELETE")) and text not in found:
            found[text] = ""  # what is asked below comes this way, too
            with transaction.atomic(), context["connection"].cursor() as cursor:
                cursor.execute("SET LOCAL enable_seqscan = off")
                cursor.execute(f"EXPLAIN {text}", parameters)
                found[text] = "\n".join(row[0] for row in cursor.fetchall())
                cursor.execute("SET LOCAL enable_seqscan = on")
        return execute(text, parameters, many, context)

    with connection.execute_wrapper(explain):
        yield found


def scanned(found: dict[str, str]) -> list[str]:
    return [
        f"{GROWING.findall(plan)}: {text}" for text, plan in found.items() if GROWING.search(plan)
    ]


def test_the_way_of_an_application_reads_no_growing_table_whole() -> None:
    with plans() as found:
        for service in ("graduate_settlement", "sole_trader"):
            application = cases.settled("graduate", service)
            standings.read([application.id])
        assert Program().post(another_body()).status == 202
        queries.case(application.number, ENGINE)
        queries.timeline(application)
        reconciler.sequence(now())
        reconciler.expire(now())
        reconciler.follow_calendar(now())
        certificates.dependents([("population", application.applicant)])
    assert len(found) > 20
    assert not scanned(found)


def test_a_question_that_no_index_answers_is_found() -> None:
    with plans() as found:
        list(Application.objects.filter(applicant_name="nobody"))
    assert scanned(found)


def test_the_queue_of_all_offices_is_read_in_order_of_its_deadlines() -> None:
    rows = Application.objects.filter(queries.in_states(State.REVIEW))
    ordered = rows.order_by(F("due_at").asc(nulls_last=True), "id").values_list("pk", flat=True)
    with plans() as found, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")
        list(ordered[:50])
    (plan,) = (p for text, p in found.items() if text.startswith("SELECT"))
    assert "application_by_deadline" in plan and "Sort" not in plan, plan


def test_what_the_desk_counts_stands_in_its_indexes() -> None:
    """The numbers above the queue read no row: they cost the same beside a million cases."""
    indexes = {index.name: index for index in Application._meta.indexes}
    for role, name in (("clerk", "queue"), ("supervisor", "queue"), ("auditor", "by_deadline")):
        user = officers.make(f"p-{role}", role, office_id="hrss")
        index = indexes[f"application_{name}"]
        kept = {*index.fields, *index.include, "state"}  # its condition says the state
        with CaptureQueriesContext(connection) as asked:
            front.front(user, now())
        sent = [query["sql"] for query in asked if query["sql"].startswith("SELECT COUNT(")]
        counts = [text for text in sent if '"approvals_application"."due_at"' in text]
        assert counts, role
        columns = set(re.findall(r'"approvals_application"\."(\w+?)(?:_id)?"', " ".join(counts)))
        assert columns <= kept, (role, columns - kept)


def test_a_name_is_compared_in_the_index_of_what_is_open() -> None:
    """In so small a table the planner may prefer another index, so the columns are compared."""
    clerk = officer(officers.make("p-clerk", "clerk", office_id="hrss"))
    (index,) = (one for one in Application._meta.indexes if one.name == "application_open")
    with CaptureQueriesContext(connection) as asked:
        list(search.found(queries.visible_to(clerk), "王"))
    (text,) = (q["sql"] for q in asked if " LIKE " in q["sql"] and f"'{State.REVIEW}'" in q["sql"])
    compared = re.findall(
        r'"approvals_application"\."(\w+?)(?:_id)?"(?:::text)? (?:=|LIKE|IN)', text
    )
    own = {"applicant"}  # of the few that are found: not the clerk's own case
    assert set(compared) - own == {"office", "applicant_name", "state"}
    assert set(compared) - own <= set(index.fields)
