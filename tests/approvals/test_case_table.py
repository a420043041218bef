"""The list's table is unfold's own, cell by cell, although it is made in another way."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import RequestFactory
from unfold.templatetags import unfold_list

from approvals import actions, queries
from approvals.models import Application
from approvals.states import SETTLED, State
from approvals.templatetags import case_table
from ledger.clock import now
from people.actors import officer
from people.models import User
from tests.approvals.test_queue import QUEUE, by_person
from tests.factories import UserFactory


@pytest.mark.parametrize("query", [{}, {"o": "-1.8", "due": "soon"}, {"state": "open"}])
@pytest.mark.parametrize("username", ["clerk-market", "auditor"])  # with check boxes, without
def test_every_cell_is_as_unfold_makes_it(
    furnished: None, username: str, query: dict[str, str]
) -> None:
    cases = [by_person(place) for place in range(3)]
    colleague = officer(UserFactory(clerk=True, username="a-clerk", office__code="market"))
    actions.take(number=cases[0].number, by=colleague, now=now())
    request = RequestFactory().get(QUEUE, query)
    request.user = User.objects.get(username=username)
    page: Any = admin.site._registry[Application]
    cl = page.get_changelist_instance(request)
    if query.get("due") != "soon":
        assert len(cl.result_list) == 3
    made = list(case_table.rows(cl, list(unfold_list.result_headers(cl))))
    assert made == [list(unfold_list.items_for_result(cl, case, None)) for case in cl.result_list]


def test_what_an_applicant_wrote_is_escaped(furnished: None) -> None:
    by_person(0)
    request = RequestFactory().get(QUEUE)
    request.user = User.objects.get(username="clerk-market")
    page: Any = admin.site._registry[Application]
    cl = page.get_changelist_instance(request)
    cl.result_list = list(cl.result_list)
    cl.result_list[0].contested = "<script>alert(1)</script>"
    (cells,) = case_table.rows(cl, list(unfold_list.result_headers(cl)))
    assert "<script>" not in "".join(cells) and "&lt;script&gt;" in "".join(cells)


def test_states_stand_in_the_statement_so_that_no_plan_is_kept_for_all_of_them() -> None:
    for states in ((State.EXPIRED,), SETTLED):
        found = Application.objects.filter(queries.in_states(*states))
        statement, parameters = found.query.sql_with_params()
        assert parameters == ()
        assert all(f"'{state.value}'" in statement for state in states)
    with pytest.raises(ValueError, match="x"):  # whatever is no state never gets there
        Application.objects.filter(state=queries.LiteralState("x' OR 1=1")).query.sql_with_params()
