"""A7: a rare character in any printed field goes to an officer, and is a dead end for nobody."""

import io
import json

import pypdfium2
import pytest

from approvals import actions
from approvals.models import Application, Decision
from certificates.models import Certificate
from certificates.pdf import glyphs
from exchange.queries import Answer
from ledger.clock import now
from ledger.models import Event
from people import identity
from people.models import User
from tests.approvals import cases
from tests.certificates.conftest import clerk

pytestmark = pytest.mark.usefixtures("furnished")
RARE = "\U0002a6d6"  # CJK extension B, in GB 18030 level 3, in none of our fonts


def test_a_rare_character_of_a_register_goes_to_an_officer_whose_approval_can_be_drawn(client):
    case = cases.submit()
    number = identity.decrypt(case.applicant_number)
    record = {**cases.CITY.record("education", number), "school": f"鹏{RARE}大学"}
    found = Answer("education", case.applicant, "found", record, version="1", at=now())
    cases.answer_checks(case, education=found)
    (case,) = cases.decide(case)
    assert case.state == "review"
    receipt = json.loads(bytes(Decision.objects.get(application=case).receipt))
    assert receipt["reasons"] == ["unprintable_name"] and receipt["printable"] is False

    officer = clerk("li-x", case.office_id)
    actions.take(number=case.number, by=officer, now=now())
    actions.approve(number=case.number, reason="以统一码代替，申请人已确认", by=officer, now=now())
    assert Application.objects.get(pk=case.pk).state == "approved"
    certificate = Certificate.objects.get(application=case.number)
    event = Event.objects.get(subject=certificate.subject, kind="issued")
    assert json.loads(event.data)["substituted"] == "〔U+2A6D6〕" and "li-x" in event.by

    holder, _ = User.objects.get_or_create(
        subject=certificate.holder, defaults={"username": "holder-x", "role": "citizen"}
    )
    client.force_login(holder, backend="django.contrib.auth.backends.ModelBackend")
    pdf = client.get(f"/certificates/{certificate.public_id}.pdf")
    assert pdf.status_code == 200
    page = pypdfium2.PdfDocument(io.BytesIO(pdf.content))[0]
    text = "".join(page.get_textpage().get_text_range().split())
    assert "鹏〔U+2A6D6〕大学" in text and "字库暂无此字" in text
    assert client.get(f"/certificates/{certificate.public_id}.svg").status_code == 200
    assert "〔U+…〕" in client.get(f"/certificates/{certificate.public_id}/").content.decode()
    assert "〔U+…〕" in client.get(f"/verify/{certificate.public_id}").content.decode()


@pytest.mark.parametrize("sign", ["\ue863", "\uf8ff", "\U000f0000", "\U0010fffd"])
@pytest.mark.parametrize("field", ["address", "school", "phone"])
def test_a_private_use_character_is_never_approved_by_the_machine(sign, field):
    """Whatever a font has there: what it means is known to the system where it was typed."""
    case = cases.submit()
    if field == "school":  # of the register
        number = identity.decrypt(case.applicant_number)
        record = {**cases.CITY.record("education", number), "school": f"鹏{sign}大学"}
        found = Answer("education", case.applicant, "found", record, version="1", at=now())
        cases.answer_checks(case, education=found)
    else:  # of the applicant; a telephone is printed nowhere
        Application.objects.filter(pk=case.pk).update(answers={**case.answers, field: f"示{sign}"})
        cases.answer_checks(case)
    (case,) = cases.decide(case)
    assert case.state == "review"
    receipt = json.loads(bytes(Decision.objects.get(application=case).receipt))
    assert receipt["reasons"] == ["unprintable_name"]


def test_no_glyph_of_a_font_stands_for_a_private_use_character():
    assert glyphs.missing(["a\ue000中\uf8ff"]) == ("\ue000", "\uf8ff")
