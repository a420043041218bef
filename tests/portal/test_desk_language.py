"""Every page of the desk by the resolver, for each role and in both languages.

No English word on a Chinese page, no Chinese label on an English one, be it ours, Django's or the
theme's; and each page has a line in people/roles.py.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.test import Client
from django.urls import reverse
from lxml import html

from approvals import actions
from approvals.admin import buttons
from approvals.admin.casefile.panel import CHOSEN_FIRST
from approvals.models import Application
from certificates.models import Certificate
from ledger.clock import now
from people import rights, roles
from people.actors import officer
from people.models import User
from tests import officers
from tests.approvals.cases import settled
from tests.portal.test_matrix import addresses as named
from tests.portal.test_matrix import desk as patterns

# two letters or more of one word, in small letters or capitalized: codes are in capitals
WORD = re.compile(r"(?<![\w@/.\-])[A-Za-z]?[a-z]{2,}(?![\w@/\-])")
HAN = re.compile("[\u4e00-\u9fff]+")
READ = ("placeholder", "title", "aria-label", "alt", "value", "label")
NAMES = {"miaopi", "English"}
SIGNS = "//*[contains(@class,'material-symbols')]"
# a part that is marked to be in another language is meant to be (WCAG 3.1.2)
MARKED = "//body//*[@lang]"
DATA = f"//script | //style | //head | //template | //kbd | //code | //svg | {SIGNS} | {MARKED}"
# what the theme and the pages say by themselves, whatever the data is
LABELS = "//label | //thead//th | //button | //h2 | //h3 | //legend | //dt | //summary | //nav//a"
# pages of those who handle cases: every word counts. Others show codes, texts of packs and names.
STRICT = ("index", "approvals_application_", "?approvals_application_", "?move", "passkeys",
          "signing_key", "password_change", "approvals_sample", "ledger_treehead",
          "ledger_publickey")  # fmt: skip
QUICKLY = ("clerk", "auditor", "administrator", "operator", "policy")  # the others with --full
# of everybody who is logged in, or of nobody: no right is needed
OPEN = {
    "index", "login", "logout", "second_factor", "passkey_challenge", "passkey_log_in", "app_list",
    "password_change_done", "autocomplete", "jsi18n", "view_on_site",
    "search",  # the theme's: finds pages that whoever searches may open
}  # fmt: skip
OF_A_ROW = ("_change", "_history")  # as its list; a history is forwarded to the page
NEVER = ("_add", "_delete")  # opens for nobody unless the table says so


@dataclass
class Found:
    words: dict[str, set[str]] = field(default_factory=dict)
    rights: list[str] = field(default_factory=list)
    pages: int = 0


def texts(page: html.HtmlElement) -> Iterator[str]:
    """Everything that a person reads or hears on a page."""
    for hidden in page.xpath(DATA):
        hidden.drop_tree()
    yield from page.itertext()
    for node in page.iter():
        if node.tag in ("option", "input") and node.get("type") in ("hidden", "radio", "checkbox"):
            continue
        for name in READ:
            if name == "value" and node.tag not in ("button", "input"):
                continue
            if node.tag == "button" and name == "value":
                continue
            yield node.get(name) or ""


def english(body: str, known: set[str]) -> set[str]:
    """Return the English words of a page that are no data (``known``)."""
    found = set()
    for text in texts(html.fromstring(body)):
        for name in known:
            text = text.replace(name, " ")
        found |= set(WORD.findall(text))
    return found - NAMES


def labels(body: str, known: set[str], word: re.Pattern[str]) -> set[str]:
    """Return the words of a page's labels that are no data (``known``)."""
    page = html.fromstring(body)
    for hidden in page.xpath(DATA):
        hidden.drop_tree()
    found = set()
    for node in page.xpath(LABELS):
        text = node.text_content()
        for name in known:
            text = text.replace(name, " ")
        found |= set(word.findall(text))
    return found - NAMES


@pytest.fixture
def desk(furnished: None) -> tuple[Application, Certificate]:
    rights.write_groups()
    case = settled("credit_hit")
    granted = settled("graduate")
    clerk = officer(officers.make("u-clerk", "clerk", name="周明", office_id="hrss"))
    actions.take(number=case.number, by=clerk, now=now())
    return case, Certificate.objects.get(application=granted.number)


def chosen(case: Application) -> Iterator[str]:
    page = reverse("admin:approvals_application_change", args=[case.pk])
    for action, button in buttons.BUTTONS.items():
        if button.form in CHOSEN_FIRST:
            yield f"{page}?move={action}"


def line(name: str, address: str) -> roles.Page | None:
    """Return the line of the table for an address: its own, or of the list that it is a row of."""
    for page in roles.PAGES:
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", page.address), address):
            return page
    if name.endswith(OF_A_ROW):
        start = address.rsplit("/", 3)[0] + "/"
        return next((page for page in roles.PAGES if page.address == start), None)
    return None


def test_every_address_of_the_desk_has_a_line_in_the_table(
    desk: tuple[Application, Certificate],
) -> None:
    """Whoever adds a page says in people/roles.py who may open it."""
    missing = {
        name: address
        for name, address in named(*desk).items()
        if name not in OPEN and not name.endswith(NEVER) and line(name, address) is None
    }
    assert missing == {}
    assert {name for name in OPEN if name not in {p.name for p in patterns()}} == set()


def crawl(role: str, language: str, cases: tuple[Application, Certificate], into: Found) -> None:
    """Open every page as an officer of a role; note what opens without a line, and its words."""
    client = Client(headers={"accept-language": language})
    user = User.objects.filter(username=f"u-{role}").first() or officers.make(
        f"u-{role}", role, name="吴方", office_id="hrss"
    )
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    known = set(User.objects.values_list("username", flat=True))
    if language == "en":  # names of people are in Chinese
        known |= set(User.objects.exclude(name="").values_list("name", flat=True))
        known |= set(Application.objects.values_list("applicant_name", flat=True))
    places = dict(named(*cases))
    lists = {n: f"{a}?q=0000" for n, a in places.items() if n.endswith("_changelist")}
    more = {f"?{n}": a for n, a in lists.items()}
    if role == "clerk":
        more |= {f"?move {n}": a for n, a in enumerate(chosen(cases[0]))}
    for name, address in (places | more).items():
        if name == "logout":
            continue
        answer = client.get(address)
        if answer.status_code != 200:
            continue
        into.pages += 1
        row = line(name, address)
        if name not in OPEN and name[0] != "?" and (row is None or role not in row.roles):
            into.rights.append(f"{role}: {address}")
        if answer.streaming or "html" not in answer.headers["Content-Type"]:
            continue
        body = answer.content.decode()
        if not body:
            continue
        if language == "en":
            words = labels(body, known, HAN)
        elif name.startswith(STRICT):
            words = english(body, known)
        else:
            words = labels(body, known, WORD)
        if words:
            into.words[f"{role}: {address}"] = words


def test_no_chinese_page_of_the_desk_has_an_english_word(
    desk: tuple[Application, Certificate], request: pytest.FixtureRequest
) -> None:
    """And nobody opens a page that the table does not give them."""
    found = Found()
    for role in roles.OFFICERS:
        if role.value in QUICKLY or request.config.getoption("--full"):
            crawl(role.value, "zh-CN", desk, found)
    assert found.pages > 150
    assert found.rights == []
    assert found.words == {}


def test_no_english_page_of_the_desk_has_a_chinese_label(
    desk: tuple[Application, Certificate], request: pytest.FixtureRequest
) -> None:
    found = Found()
    for role in QUICKLY if request.config.getoption("--full") else QUICKLY[:2]:
        crawl(role, "en", desk, found)
    assert found.pages > 80
    assert found.words == {}
