"""Joining family in the portal: who is asked about whom is said before, and shown to nobody."""

import pytest

from approvals.models import Application
from approvals.progress import waiting
from approvals.states import State
from demo.city import families
from demo.city.personas import index
from exchange.models import Lookup
from people import identity
from tests.approvals.cases import CITY, decide
from tests.portal.test_precheck import AtCheck

pytestmark = pytest.mark.usefixtures("furnished")

SPOUSE = CITY.person(24)
HOME = families.household(CITY, SPOUSE.index)
assert HOME is not None
ANSWERS = {"/branch": "spouse", "/district": HOME.region, "/address": HOME.address}


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting.Waiter, "wait", lambda self, seconds: False)


class AtReunion(AtCheck):
    PATH = "/services/family_reunion/apply/"

    @property
    def asked(self) -> str:
        return " ".join(self.page.xpath("string(//main)").split())


def test_the_check_page_says_who_is_asked_about_the_spouse_and_leaves_children_out() -> None:
    page = AtReunion("reunion", **ANSWERS)
    assert "对配偶： 核实被投靠配偶的户籍" in page.asked
    assert "配偶户籍地址" in page.asked and "户口登记条例" in page.asked
    assert "子女关系" not in page.asked and "对每位子女" not in page.asked
    looked = Lookup.objects.filter(purpose__contains="family_reunion")
    assert not looked.filter(subject=identity.index(SPOUSE.number)).exists()
    page.press("look=all")
    assert "提交之前，不查询您以外的人" in page.asked
    assert not looked.filter(subject=identity.index(SPOUSE.number)).exists()
    assert not looked.filter(registry="kinship").exists()


def test_in_english_it_is_said_as_well() -> None:
    page = AtReunion("reunion_parent", "en", **{**ANSWERS, "/branch": "parent"})
    assert "About each of: children" in page.asked and "spouse" not in page.asked


def test_what_is_of_the_spouse_is_nowhere_on_the_page_of_the_case() -> None:
    page = AtReunion("reunion", **ANSWERS)
    page.press("step=submit", **{"/consent": "true"})
    assert page.status == 302
    (case,) = decide(Application.objects.get(number=page.place.rstrip("/").rpartition("/")[2]))
    assert case.state == State.APPROVED
    shown = page.client.get(page.place).content.decode()
    assert "他人的信息，不在此显示" in shown
    for secret in (SPOUSE.number, SPOUSE.name, identity.index(SPOUSE.number)):
        assert secret not in shown
    assert CITY.person(index("reunion")).name in shown


def test_a_wrong_address_comes_back_without_the_right_one() -> None:
    """Else anybody could learn where a spouse who has left is registered."""
    other = families.household(CITY, 28)
    assert other is not None and HOME is not None
    page = AtReunion("reunion", **{**ANSWERS, "/district": other.region, "/address": other.address})
    page.press("step=submit", **{"/consent": "true"})
    (case,) = decide(Application.objects.get(number=page.place.rstrip("/").rpartition("/")[2]))
    assert case.state == State.RETURNED
    shown = page.client.get(page.place).content.decode()
    assert "落户地址是配偶的户籍地址" in shown and HOME.address not in shown
