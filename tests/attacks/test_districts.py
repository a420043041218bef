"""C17: a case belongs to the district of its answers, and no other district's officer sees it."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from approvals import actions
from approvals.models import Application
from certificates.models import Certificate
from ledger.clock import now
from people import identity
from tests.approvals import cases
from tests.approvals.cases import citizen, decide, graduate_answers, person, places, settled
from tests.approvals.returns import enter
from tests.attacks import outside
from tests.attacks.companies import company
from tests.factories import UserFactory

LIST = "/desk/approvals/application/"
pytestmark = pytest.mark.usefixtures("furnished")


def again(case: Application) -> Application:
    return Application.objects.get(pk=case.pk)


def clerk(name: str, office: str, region: str | None) -> Client:
    UserFactory(clerk=True, username=name, office__code=office, region_id=region)
    return enter(name)


def homes() -> dict[str, str]:
    """Return a dwelling of each district that has one, by the district's code."""
    return {place.region: place.code for place in places("residential")}


def sees(client: Client, case: Application) -> bool:
    """Whether any of the desk's ways leads to the case: its page, the list, search, the front."""
    page = client.get(f"{LIST}{case.pk}/change/").status_code == 200
    bodies = [
        client.get(LIST, {"region": case.region_id}, follow=True),  # offered to the city's alone
        client.get(f"{LIST}?state=open"),
    ]
    number = identity.decrypt(bytes(case.applicant_number))
    for term in (case.number, case.applicant_name, number):
        found = client.post(f"{LIST}search/", {"q": term})
        bodies.append(client.get(found["Location"]))
    row = f'">{case.number}<'  # of the table; a search's own words come back in its box
    listed = {row in answer.content.decode() for answer in bodies}
    assert len(listed) == 1, "the ways differ"
    assert listed == {page}
    return page


def test_each_district_sees_its_own_and_no_other() -> None:
    two = list(homes().items())[:2]
    assert len(two) == 2
    made = {}
    for kind, (region, home) in zip(("credit_hit", "degree_missing"), two, strict=True):
        answers = graduate_answers(district=region, address=home)
        made[region] = settled(kind, answers=answers)
        assert made[region].region_id == region
        assert made[region].state == "review"
    for region, case in made.items():
        client = clerk(f"c-{region}", "hrss", region)
        assert sees(client, case)
        other = next(c for r, c in made.items() if r != region)
        assert not sees(client, other)
    city = clerk("c-city", "hrss", None)
    assert all(sees(city, case) for case in made.values())
    market = clerk("c-market", "market", None)
    assert not any(sees(market, case) for case in made.values())


def test_a_correction_that_moves_house_moves_the_case() -> None:
    """Returned by one district's officer, corrected into another: the first sees it no more."""
    (here, home), (there, new_home) = list(homes().items())[:2]
    answers = graduate_answers(district=here, address=home)
    case = settled("credit_hit", answers=answers)
    first, second = clerk("c-here", "hrss", here), clerk("c-there", "hrss", there)
    from people.actors import officer
    from people.models import User

    by = officer(User.objects.get(username="c-here"))
    actions.take(number=case.number, by=by, now=now())
    actions.return_(number=case.number, reason="请更正区和住址", by=by, now=now(), opened=None)
    moved = graduate_answers(district=there, address=new_home)
    me = citizen(person("credit_hit"))
    actions.resubmit(number=case.number, answers=moved, by=me, now=now())
    cases.answer_checks(again(case))
    (case,) = decide(case)
    assert case.region_id == there
    assert case.taken_by_id is None
    assert sees(second, case) and not sees(first, case)
    for action in ("approve", "refuse", "return_", "release", "transfer"):
        form = {
            "action": action,
            "version": str(case.version),
            "reason": "本区不再管辖该申请人住址",
        }
        answer = first.post(f"{LIST}{case.pk}/do/", {**form, "law": "法", "to": "market"})
        assert answer.status_code == 404, action
    assert again(case).events == case.events


@pytest.mark.parametrize("district", ["", "x", "110101", "440399", "999999", "440305\x00", None])
def test_a_district_that_is_none_is_not_taken(district: Any) -> None:
    """Neither a district of elsewhere nor rubbish puts a case where nobody looks."""
    who = outside.graduate(3)
    answers = graduate_answers(district=district)
    seen = outside.submit(outside.body("graduate_settlement", who.number, who.name, answers))
    if seen.case is None:
        assert seen.reply.status in (400, 422)
        return
    assert seen.case.region_id in {*settings.CITY.regions, settings.CITY.code}
    assert sees(clerk("c-city", "hrss", None), seen.case) or seen.state == "approved"


def test_district_and_address_that_contradict_each_other_are_not_approved_by_the_machine() -> None:
    """Whoever names a lenient district for a home elsewhere does not choose their officer."""
    (here, home), (there, _) = list(homes().items())[:2]
    who = outside.graduate(4)
    answers = graduate_answers(district=there, address=home)
    seen = outside.submit(outside.body("graduate_settlement", who.number, who.name, answers))
    assert seen.state != "approved", seen.payload
    assert here != there


@pytest.mark.parametrize("service", ["sole_trader", "limited_company"])
def test_a_business_belongs_to_the_district_of_its_premises(service: str) -> None:
    who, answers = outside.worker(0)
    if service == "limited_company":
        answers = company(who)
    case = settled(service=service, applicant=who, answers=answers, by_person=True)
    place = next(p for p in places("commercial") if p.code == answers["premises"])
    assert case.region_id == place.region
    other = next(r for r in homes() if r != place.region)
    assert sees(clerk("c-own", case.office_id, place.region), case)
    assert not sees(clerk("c-other", case.office_id, other), case)


def test_what_a_district_granted_is_its_own_too() -> None:
    (here, home), (there, _) = list(homes().items())[:2]
    case = settled("graduate", answers=graduate_answers(district=here, address=home))
    assert case.state == "approved"
    paper = Certificate.objects.get(application=case.number)
    own, other = clerk("c-own", "hrss", here), clerk("c-other", "hrss", there)
    page = f"/desk/certificates/certificate/{paper.pk}/change/"
    assert own.get(page).status_code == 200
    assert other.get(page).status_code == 404
    for client, there_ in ((own, True), (other, False)):
        listed = client.get("/desk/certificates/certificate/").content.decode()
        assert (paper.number in listed) is there_
        for term in (paper.number, paper.identifier, paper.public_id):
            found = client.get(LIST, {"q": term, "state": "all"}, follow=True).content.decode()
            assert (case.number in found) is there_
        answer = client.get(f"/certificates/{paper.public_id}.pdf")
        assert (answer.status_code == 200) is there_
    form = {"action": "suspend", "reason": "住址不在本区", "version": str(paper.events)}
    answer = other.post(f"/desk/certificates/certificate/{paper.pk}/do/", form)
    assert answer.status_code == 404
    assert Certificate.objects.get(pk=paper.pk).events == paper.events
