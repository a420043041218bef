"""The clerk's desk for certificates and filings, as a clerk uses it."""

import pytest

from certificates.actions import issue, record_receipt
from certificates.models import Certificate, Filing, Revocation
from people.actors import ENGINE, Actor, Kind
from people.models import User
from tests import officers
from tests.certificates.conftest import rulebook
from tests.certificates.test_filing import item
from tests.factories import OfficeFactory, PartnerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def licence(order, now):
    PartnerFactory(code="police")
    book = rulebook(filings=(item("seal", "police"),), number="uscc:91", valid="")
    return issue([order(rulebook=book)], by=ENGINE, now=now)[0]


def enter(client, name, office="hr", role="clerk", region=None):
    user = User.objects.filter(username=name).first() or officers.make(
        name, role, office_id=office, region_id=region
    )
    client.force_login(user)
    return user


def page(certificate):
    return f"/desk/certificates/certificate/{certificate.pk}/"


def do(client, certificate, **form):
    form.setdefault("version", Certificate.objects.get(pk=certificate.pk).events)
    return client.post(page(certificate) + "do/", form, follow=True)


def state():
    return str(Certificate.objects.get().state)


def test_a_clerk_suspends_and_restores_with_a_reason(client, licence):
    enter(client, "li")
    listed = client.get("/desk/certificates/certificate/").content.decode()
    assert licence.number in listed and "欧阳思远" in listed
    assert do(client, licence, action="suspend", reason="").status_code == 422
    assert state() == "valid"
    shown = do(client, licence, action="suspend", reason="举报核查").content.decode()
    assert state() == "suspended" and "举报核查" in shown
    do(client, licence, action="restore", reason="查无问题")
    assert state() == "valid"


def test_two_clerks_revoke_and_one_cannot(client, licence):
    enter(client, "li")
    shown = do(
        client, licence, action="propose", ground="deception", reason="伪造"
    ).content.decode()
    revocation = Revocation.objects.get()
    assert 'value="confirm"' not in shown and 'value="drop"' in shown
    assert do(client, licence, action="confirm", revocation=revocation.pk).status_code == 403
    enter(client, "wang")
    assert 'value="confirm"' in client.get(page(licence), follow=True).content.decode()
    do(client, licence, action="confirm", revocation=revocation.pk)
    assert state() == "revoked"


def test_a_returned_filing_is_found_first_and_sent_again(client, licence, now):
    filing = Filing.objects.get()
    data = {"filing": str(filing.pk), "outcome": "returned", "reason": "印模不清"}
    record_receipt(data, by=Actor(Kind.AGENCY, "police"), now=now)
    enter(client, "li")
    listed = client.get("/desk/certificates/filing/").content.decode()
    assert "印模不清" in listed
    url = f"/desk/certificates/filing/{filing.pk}/"
    assert "印模不清" in client.get(url, follow=True).content.decode()
    client.post(url + "do/", {"reason": "已重新上传"})
    assert str(Filing.objects.get().state) == "pushed"
    assert "印模不清" not in client.get("/desk/certificates/filing/").content.decode()


def test_other_offices_regions_and_roles_see_nothing(client, licence):
    OfficeFactory(code="market", uscc=licence.office.uscc)
    filing = Filing.objects.get()
    for name, office, role in (("a", "market", "clerk"), ("b", None, "operator")):
        enter(client, name, office=office, role=role)
        for url in (page(licence), f"/desk/certificates/filing/{filing.pk}/"):
            assert licence.number not in client.get(url, follow=True).content.decode()
            client.post(url + "do/", {"action": "cancel", "reason": "x"})
        listed = client.get("/desk/certificates/certificate/")
        assert licence.number not in listed.content.decode()
    assert state() == "valid"


def test_an_auditor_reads_and_changes_nothing(client, licence):
    enter(client, "auditor", office=None, role="auditor")
    shown = client.get(page(licence), follow=True).content.decode()
    assert "欧阳思远" not in shown and "欧***" in shown and 'value="suspend"' not in shown
    assert do(client, licence, action="suspend", reason="x").status_code == 404
    assert state() == "valid"


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"action": "x"},
        {"action": "confirm"},
        {"action": "confirm", "revocation": "1"},
        {"action": "drop"},
    ],
)
def test_malformed_deeds_are_refused_in_peace(client, licence, form):
    enter(client, "li")
    assert do(client, licence, **form).status_code in (404, 422)
    assert state() == "valid"
