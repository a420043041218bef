"""Whoever holds a revoked certificate reads so on the page of the case, and why, and what to do."""

import pytest

from certificates.actions import confirm, propose, suspend
from certificates.models import Certificate
from ledger.clock import now
from people.models import User
from tests.certificates.conftest import clerk
from tests.factories import ApplicationFactory

pytestmark = pytest.mark.usefixtures("furnished")


@pytest.fixture
def case(client):
    case = ApplicationFactory(approved=True)
    certificate = Certificate.objects.get(application=case.number)
    holder, _ = User.objects.get_or_create(
        subject=certificate.holder, defaults={"username": "holder-r", "role": "citizen"}
    )
    client.force_login(holder, backend="django.contrib.auth.backends.ModelBackend")
    return case, certificate, clerk("li-r", certificate.office_id)


def test_the_page_is_not_green_after_a_revocation_and_says_why(client, case):
    case, certificate, first = case
    second = clerk("wang-r", certificate.office_id)
    page = f"/cases/{case.number}/"
    assert 'class="band ok"' in client.get(page).content.decode()
    proposal = propose(
        public_id=certificate.public_id,
        ground="deception",
        reason="学历证书系伪造",
        by=first,
        now=now(),
    )
    assert 'class="band ok"' in client.get(page).content.decode()  # proposed is not decided
    confirm(revocation=proposal.pk, by=second, now=now())
    text = client.get(page).content.decode()
    assert 'class="band bad"' in text and 'class="band ok"' not in text
    for words in (
        "已撤销",
        "学历证书系伪造",
        "第六十九条第二款",
        "六十日内申请行政复议",
    ):
        assert words in text
    assert "据此签发的证照现已无效" in text  # beside the signed decision


def test_the_page_is_not_green_while_the_certificate_is_suspended(client, case):
    case, certificate, first = case
    suspend(public_id=certificate.public_id, reason="核查学历", by=first, now=now())
    text = client.get(f"/cases/{case.number}/").content.decode()
    assert (
        'class="band wait"' in text and "核查学历" in text and "《行政许可法》第七十条" not in text
    )
