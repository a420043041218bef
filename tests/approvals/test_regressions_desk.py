"""The desk's pages of regression cases: by role, masked, with what each edition does."""

import pytest
from django.test import Client
from django.urls import reverse

from ledger.clock import now
from people.actors import Actor
from people.models import Reading, User
from services import publish
from services.models import Regression
from tests import officers
from tests.approvals.cases import person
from tests.approvals.regressions import LAW, REASON, WHY, mended, overturned, repeating
from tests.services.editions import with_officers
from tests.services.packs import LI

LIST = "/desk/services/regression/"
FILE = "graduate_settlement.yaml"


def enter(role: str, name: str = "") -> Client:
    user = officers.make(name or f"d-{role}", role, office_id="hrss")
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def shown(client: Client, address: str) -> str:
    answer = client.get(address, HTTP_ACCEPT_LANGUAGE="en")
    assert answer.status_code == 200, address
    return answer.content.decode()


@pytest.fixture
def row(clerk: Actor) -> Regression:
    overturned(clerk, f"{WHY}，{person('graduate').name}")
    return Regression.objects.get()


def act(client: Client, row: Regression, **form: str):
    return client.post(f"{LIST}{row.pk}/do/", form, HTTP_ACCEPT_LANGUAGE="en")


def test_a_legal_officer_accepts_on_the_page_and_the_playground_names_it(row: Regression) -> None:
    one, policy, page = enter("legal"), enter("policy"), f"{LIST}{row.pk}/change/"
    assert "Regression cases to settle" in shown(one, "/desk/")
    assert "graduate_settlement-1" in shown(one, LIST)
    text = shown(one, page)
    assert WHY in text and person("graduate").name not in text
    assert "approved again" in text and 'value="accept"' in text
    assert Reading.objects.filter(kind="regression", subject=str(row)).count() == 1
    refused = act(one, row, action="accept", law="", reason="reason typed here")
    assert refused.status_code == 422 and "reason typed here" in refused.content.decode()
    assert act(one, row, action="accept", law=LAW, reason=REASON).status_code == 302
    text = shown(policy, page)
    assert REASON in text and 'value="accept"' not in text and 'value="ask"' in text
    playground = reverse("admin:services_edition_playground")
    answer = policy.post(playground, {"text": repeating()}).content.decode()
    assert "graduate_settlement-1" in answer and LAW in answer
    assert (
        "graduate_settlement-1" not in policy.post(playground, {"text": mended()}).content.decode()
    )
    with_officers()
    publish.propose(mended(), by=LI, now=now(), file=FILE)
    assert "not approved: as it should be" in shown(one, page)


def test_who_has_no_part_in_it_sees_nothing(row: Regression) -> None:
    for role in ("clerk", "supervisor", "technical", "operator", "administrator"):
        client = enter(role)
        for address in (LIST, f"{LIST}{row.pk}/change/"):
            assert client.get(address).status_code in (403, 404)
        assert act(client, row, action="accept", law=LAW, reason=REASON).status_code == 404
    for role in ("policy", "auditor"):
        client = enter(role)
        assert person("graduate").name not in shown(client, f"{LIST}{row.pk}/change/")
        assert act(client, row, action="accept", law=LAW, reason=REASON).status_code == 403
    row.refresh_from_db()
    assert row.state == "proposed"
    assert act(enter("legal"), row, action="mend").status_code == 422


def test_retiring_takes_two_on_the_page(row: Regression) -> None:
    one, two = enter("legal", "legal-1"), enter("legal", "legal-2")
    act(one, row, action="accept", law=LAW, reason=REASON)
    assert act(one, row, action="ask", reason="该办法已修订").status_code == 302
    assert act(one, row, action="retire").status_code == 403
    page = f"{LIST}{row.pk}/change/"
    assert 'value="retire"' not in shown(one, page) and 'value="retire"' in shown(two, page)
    assert act(two, row, action="retire").status_code == 302
    row.refresh_from_db()
    assert (row.state, row.retired_by) == ("retired", User.objects.get(username="legal-2"))
