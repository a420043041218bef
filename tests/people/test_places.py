"""Regions and offices of the city."""

from django.conf import settings

from people import places
from people.models import Office, Region
from people.numbers import uscc_ok


def test_the_city_has_its_districts_with_the_years_of_their_codes(db: None) -> None:
    places.load(settings.CITY)
    assert Region.objects.get(code="440300").parent is None
    districts = Region.objects.filter(parent="440300")
    coded = {r.code: (r.name_zh, r.since) for r in districts if r.code.isdigit()}
    assert coded == {
        "440303": ("罗湖区", 1990),
        "440304": ("福田区", 1990),
        "440305": ("南山区", 1990),
        "440306": ("宝安区", 1992),
        "440307": ("龙岗区", 1992),
        "440308": ("盐田区", 1997),
        "440309": ("龙华区", 2016),
        "440310": ("坪山区", 2016),
        "440311": ("光明区", 2018),
    }
    assert {r.name_zh for r in districts if not r.code.isdigit()} == {"大鹏新区", "深汕特别合作区"}


def test_every_office_has_a_credit_code_of_its_own(db: None) -> None:
    places.load(settings.CITY)
    offices = list(Office.objects.all())
    assert {"hrss", "police", "market", "civil"} <= {office.code for office in offices}
    assert all(uscc_ok(o.uscc) and o.uscc.startswith("11440300") for o in offices)
    assert len({o.uscc for o in offices}) == len(offices)


def test_loading_again_corrects_names_and_keeps_issued_codes(db: None) -> None:
    places.load(settings.CITY)
    before = dict(Office.objects.values_list("code", "uscc"))
    Office.objects.filter(code="hrss").update(name_zh="错")
    places.load(settings.CITY)
    assert Office.objects.get(code="hrss").name_zh == "人力资源和社会保障局"
    assert dict(Office.objects.values_list("code", "uscc")) == before
