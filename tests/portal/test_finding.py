"""The first page, life events and guides: found by need, without JavaScript and as one types."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from lxml import html

from ledger import clock
from people.models import User
from services import catalogue
from tests.services.packs import SHIPPED

pytestmark = pytest.mark.usefixtures("furnished")
ENGLISH = {"accept-language": "en"}


def page(path: str, data: dict[str, str] | None = None, **headers: str):
    response = Client(headers=headers).get(path, data)
    assert response.status_code == 200, path
    return html.fromstring(response.content.decode())


def text(node) -> str:
    return " ".join(node.text_content().split())


def titles(node) -> list[str]:
    return [text(a) for a in node.xpath("//li[contains(@class,'tile')]//h3")]


def test_a_search_without_javascript_is_a_page_with_the_best_first() -> None:
    found = page("/", {"q": "毕业了想把户口迁过来"})
    assert titles(found)[0] == "应届毕业生引进落户"
    assert found.xpath("string(//input[@id='q']/@value)") == "毕业了想把户口迁过来"
    assert "最相关的在前" in text(found) or "找到 1 项" in text(found)


def test_while_one_types_the_part_that_changes_is_sent_alone() -> None:
    response = Client().get("/", {"q": "摆摊"}, headers={"HX-Request": "true"})
    body = response.content.decode()
    assert "<html" not in body and "个体工商户设立登记" in body
    assert "HX-Request" in response["Vary"]
    form = page("/").xpath("//form[@role='search']")[0]
    assert form.get("hx-target") == "#found" and "changed" in form.get("hx-trigger")


def test_what_is_typed_is_posted_and_a_search_leads_to_its_address() -> None:
    form = page("/").xpath("//form[@role='search']")[0]
    assert form.get("method") == "post" and form.get("hx-post") == "/" and not form.get("hx-get")
    answer = Client().post("/", {"q": "摆摊", "for": "enterprise"})
    assert answer["Location"] == "/?for=enterprise&q=%E6%91%86%E6%91%8A"
    part = Client().post("/", {"q": "摆摊"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "个体工商户设立登记" in part


def test_nothing_found_says_what_to_do() -> None:
    found = page("/", {"q": "护照"})
    assert not titles(found)
    said = text(found.xpath("//main")[0])
    for part in ("没有找到“护照”", "12345", "向工作人员咨询", "按生活中的事情选择"):
        assert part in said, part
    english = text(page("/", {"q": "passport"}, **ENGLISH).xpath("//main")[0])
    assert "Nothing found for “passport”" in english and "Ask a person" in english


def test_what_is_not_online_says_at_whose_counter() -> None:
    said = text(page("/", {"q": "结婚登记"}).xpath("//main")[0])
    assert "尚不能在网上办理" in said and "民政局" in said


def test_a_life_event_lists_what_can_be_done() -> None:
    home = page("/")
    events = {text(a): a.get("href") for a in home.xpath("//ul[@class='events']//a")}
    assert {"毕业", "开店办企业", "生育", "养老", "就业"} <= set(events)
    assert titles(page(events["毕业"])) == ["应届毕业生引进落户"]
    assert "新生儿户口登记" in titles(page(events["生育"]))
    assert Client().get("/life/nothing/").status_code == 404


def test_everybody_finds_what_concerns_them() -> None:
    assert "应届毕业生引进落户" in titles(page("/?for=person"))
    for_business = titles(page("/?for=enterprise"))
    assert "应届毕业生引进落户" not in for_business and "有限公司设立登记" in for_business
    assert titles(page("/?for=enterprise&q=落户")) == []
    assert len(titles(page("/?for=nobody"))) == len(SHIPPED)


@pytest.mark.parametrize("code", SHIPPED)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_guide_says_everything_of_the_pack(code: str, language: str) -> None:
    headers = ENGLISH if language == "en" else {}
    said = text(page(f"/services/{code}/", **headers).xpath("//main")[0])
    pack = catalogue.rulebook(catalogue.current(code, clock.city_date(clock.now()))).pack
    for entry in pack.registries.values():
        assert getattr(entry, language) in said
    for consent in pack.consents:
        assert getattr(consent, language) in said
    for node in pack.form["properties"].values():
        if not (node.get("items") or {}).get("properties"):
            assert node[f"x-{language}"] in said
    wanted = (
        ("免提交", "填写", "核验", "承诺", "上传", "六十日", "六个月", "事项编码", "不收费")
        if language == "zh"
        else ("need not hand in", "checked with", "You declare", "You upload", "60 days", "Code")
    )
    about_answers = any(entry.subject for entry in pack.registries.values())
    declares = any(node.get("const") is True for node in pack.form["properties"].values())
    left_out = set() if about_answers else {"checked with"}
    left_out |= set() if declares else {"You declare", "承诺"}
    for part in wanted:
        assert part in said or part in left_out, part


def test_laws_are_written_as_the_state_writes_them() -> None:
    said = text(page("/services/graduate_settlement/").xpath("//main")[0])
    assert "《民法典》第十七条至第二十二条" in said
    assert "参照《行政许可法》第四十二条" in said
    assert "§" not in said
    assert "§" in text(page("/services/graduate_settlement/", **ENGLISH).xpath("//main")[0])


@pytest.mark.parametrize("name", ["help", "contact", "privacy", "accessibility"])
def test_pages_for_everybody_are_linked_from_each_page(name: str) -> None:
    assert page("/").xpath(f"//footer//a[@href='/{name}/']")
    for headers in ({}, ENGLISH):
        said = text(page(f"/{name}/", **headers).xpath("//main")[0])
        assert len(said) > 80
        assert bool(re.search("[\u4e00-\u9fff]{8}", said)) == (not headers) or name == "contact"


def test_every_page_for_everybody_is_in_both_languages() -> None:
    paths = ["/", "/life/birth/", "/services/sole_trader/", "/about/", "/help/", "/contact/"]
    for path in [*paths, "/privacy/", "/accessibility/", "/login/", "/verify/"]:
        heads = [text(page(path, **h).xpath("//h1")[0]) for h in ({}, ENGLISH)]
        assert re.search("[\u4e00-\u9fff]", heads[0]), path
        assert not re.search("[\u4e00-\u9fff]", heads[1]), path


def test_each_state_has_a_sign_and_a_word_and_motion_can_be_off() -> None:
    folder = Path(settings.BASE_DIR) / "portal"
    found = 0
    for template in (folder / "templates").rglob("*.html"):
        for chip in re.findall(r'class="chip \{\{[^}]*tone \}\}">(.{0,60})', template.read_text()):
            assert chip.startswith("{% sign ") and "{{" in chip, template
            found += 1
    assert found >= 2
    style = (folder / "static/portal/portal.css").read_text()
    assert re.search(r"prefers-reduced-motion: reduce\) \{[^}]*animation: none", style)


def test_an_officer_is_led_to_the_desk() -> None:
    client = Client()
    client.force_login(
        User.objects.get(username="clerk-hrss"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    response = client.get("/cases/")
    found = html.fromstring(response.content.decode())
    assert response.status_code == 403
    assert found.xpath("//main//a[@href='/desk/']") and "工作台" in text(found.xpath("//main")[0])
    nav = html.fromstring(client.get("/").content.decode()).xpath("//nav[@class='nav']")[0]
    assert nav.xpath(".//a[@href='/desk/']") and not nav.xpath(".//a[@href='/cases/']")


def test_a_stale_page_says_that_it_is_stale() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(
        User.objects.get(username="graduate"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    response = client.post("/services/graduate_settlement/apply/", {"step": "check"})
    said = response.content.decode()
    assert response.status_code == 403
    assert "页面已过期" in said and "This page is out of date" in said
    assert "您不能查看这个页面" not in said
