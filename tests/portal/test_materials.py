"""Files in a form: asked for where nothing else helps, kept through everything, read by few."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from affairs import drafts
from approvals import actions
from approvals.models import Application
from approvals.progress import waiting
from ledger.clock import city_date, now
from materials import storage
from materials.models import Material
from people import actors
from people.models import User
from services import catalogue
from tests.approvals.cases import answer_checks, decide, places, trader_answers
from tests.counter.desk import enter, hidden
from tests.materials.files import BAD, GOOD, in_process

pytestmark = pytest.mark.usefixtures("furnished")
PATH = "/services/sole_trader/apply/"
NAME = "/owners_consent"
ASKED = "有利害关系的业主一致同意的证明"


@pytest.fixture(autouse=True)
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    in_process(monkeypatch)
    monkeypatch.setattr(waiting.Waiter, "wait", lambda self, seconds: False)


def filled(use: str = "residential", **changes: Any) -> dict[str, Any]:
    place = next(places(use)).code
    answers = {k: v for k, v in trader_answers(premises=place).items() if k != "consent"}
    return {f"/{name}": value for name, value in {**answers, **changes}.items()}


def sent(name: str, called: str = "") -> SimpleUploadedFile:
    return SimpleUploadedFile(called or f"{name}.bin", BAD[name][0] if name in BAD else GOOD[name])


class Walk:
    """One citizen's form, as a browser posts it without a script."""

    def __init__(self, username: str = "trader") -> None:
        self.client = enter(username)
        self.page = self.client.get(PATH).content.decode()

    def post(self, *, path: str = PATH, **more: Any) -> Any:
        named = {key.replace("_slash_", "/"): value for key, value in more.items()}
        there = hidden(self.page)
        if NAME in named:  # the files that were chosen, beside the hashes of those that are there
            named[NAME] = [*there.get(NAME, []), *named[NAME]]
        response = self.client.post(path, {**there, **self.fields, **named})
        self.page = response.content.decode()
        return response

    fields: dict[str, Any]

    def asked(self) -> Walk:
        """Go on to where the registries' answers ask for a file."""
        self.fields = filled()
        assert self.post(step="check").status_code == 200
        assert 'id="asks"' in self.page and ASKED in self.page
        return self

    def uploaded(self, *files: SimpleUploadedFile) -> Any:
        return self.post(step="", upload=NAME, _slash_owners_consent=list(files))


def digests(page: str) -> list[str]:
    return re.findall(rf'name="{NAME}" value="([0-9a-f]{{64}})"', page)


def test_nobody_is_asked_for_what_a_registry_knows() -> None:
    walk = Walk()
    assert ASKED not in walk.page
    walk.fields = filled("commercial")
    walk.post(step="check")
    assert "核对" in walk.page and 'type="file"' not in walk.page and ASKED not in walk.page
    assert "multipart" not in walk.page


def test_from_the_form_to_the_officer_and_the_certificate() -> None:
    walk = Walk().asked()
    assert (
        'type="file"' in walk.page and "multipart/form-data" in walk.page and "民法典" in walk.page
    )
    answer = walk.post(step="check", _slash_owners_consent=[sent("a PDF", "同意书.pdf")])
    assert answer.status_code == 200 and 'id="asks"' not in walk.page
    assert "同意书.pdf" in walk.page and "2 页" not in walk.page
    (digest,) = digests(walk.page)
    made = walk.post(step="submit", _slash_consent="true", by_person="")
    assert made.status_code == 302, walk.page[:2000]
    case = Application.objects.get()
    assert case.answers["owners_consent"] == [digest]
    answer_checks(case)
    (case,) = decide(case)
    assert case.state == "review"
    clerk = enter("clerk-market")
    page = f"/desk/approvals/application/{case.pk}/change/"
    assert "同意书.pdf" in clerk.get(page).content.decode()
    key = Material.objects.get().pk
    shown = clerk.get(f"/desk/approvals/application/{case.pk}/materials/{key}/2.jpg")
    assert shown.status_code == 200 and shown.content.startswith(b"\xff\xd8\xff")
    saved = clerk.get(f"/desk/approvals/application/{case.pk}/materials/{key}/")
    assert saved.content == GOOD["a PDF"]
    for answer in (shown, saved):
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["X-Content-Type-Options"] == "nosniff"
    assert saved["Content-Disposition"].startswith("attachment")
    press(clerk, case, action="take")
    assert "作出认定" in clerk.get(page).content.decode()
    finding = {"question": "owners_consent", "shows": "yes", "reason": "三户均已签字"}
    press(clerk, case, action="find_in_materials", **finding)
    assert "能够证明" in clerk.get(page).content.decode()
    press(clerk, case, action="approve", reason="三户业主均已同意")
    assert Application.objects.get().state == "approved"


def press(clerk: Client, case: Application, **fields: str) -> None:
    version = Application.objects.get(pk=case.pk).version
    address = f"/desk/approvals/application/{case.pk}/do/"
    answer = clerk.post(address, {"version": version, **fields})
    assert answer.status_code == 302, answer.content.decode()[:3000]


def test_whoever_has_no_such_file_may_go_on_and_meets_an_officer() -> None:
    walk = Walk().asked()
    walk.post(step="check")
    assert "核对" in walk.page and 'id="asks"' not in walk.page and 'type="file"' not in walk.page
    assert walk.post(step="submit", _slash_consent="true", by_person="").status_code == 302
    case = Application.objects.get()
    assert "owners_consent" not in case.answers
    answer_checks(case)
    assert decide(case)[0].state == "review"


@pytest.mark.parametrize("name", ["a PDF with a script", "a locked OFD", "a picture cut off"])
def test_a_refused_file_is_named_and_nothing_else_is_lost(name: str) -> None:
    walk = Walk().asked()
    walk.uploaded(sent("a scan"))
    answer = walk.post(step="check", _slash_owners_consent=[sent(name, "坏文件.pdf")])
    assert answer.status_code == 422
    assert 'id="problems"' in walk.page and "坏文件.pdf" in walk.page
    assert 'href="#f-owners_consent"' in walk.page
    assert len(digests(walk.page)) == 1 and Material.objects.count() == 1
    assert walk.fields["/premises"] in walk.page


def test_a_file_stays_through_faults_another_language_and_another_log_in() -> None:
    walk = Walk().asked()
    walk.uploaded(sent("a scan", "扫描件.png"))
    (digest,) = digests(walk.page)
    walk.fields["/trade_name"] = ""
    assert walk.post(step="check").status_code == 422 and digests(walk.page) == [digest]
    walk.fields = filled()
    walk.post(step="", switch="en")
    assert digests(walk.page) == [digest] and "Consent of the owners concerned" in walk.page
    walk.post(step="save")
    elsewhere = enter("trader").get(PATH).content.decode()
    assert digests(elsewhere) == [digest] and "扫描件.png" in elsewhere


def test_a_file_is_taken_out_again_and_gone() -> None:
    walk = Walk().asked()
    walk.uploaded(sent("a scan"), sent("a PDF"))
    first, second = digests(walk.page)
    stored = Material.objects.get(sha256=first).stored
    walk.post(step="", drop=f"{NAME}={first}")
    assert digests(walk.page) == [second]
    assert list(Material.objects.values_list("sha256", flat=True)) == [second]
    assert storage.path(stored).name == stored


def test_with_the_draft_its_files_go() -> None:
    walk = Walk().asked()
    walk.uploaded(sent("a scan"))
    by = actors.citizen(User.objects.get(username="trader"))
    assert drafts.delete(service="sole_trader", by=by)
    assert not Material.objects.exists()


def test_more_files_than_the_form_takes_are_refused() -> None:
    walk = Walk().asked()
    files = [sent(name) for name in (*GOOD, "a GIF")]
    assert len(files) == 6
    answer = walk.uploaded(*files)
    assert answer.status_code == 422 and "最多上传 5 个" in walk.page
    assert len(digests(walk.page)) == 5


def test_nobody_else_sees_a_file() -> None:
    walk = Walk().asked()
    walk.uploaded(sent("a PDF", "同意书.pdf"))
    key = Material.objects.get().pk
    pages = [f"/materials/{key}/", f"/materials/{key}/1.jpg", f"/materials/{key}/file/"]
    own = [walk.client.get(page) for page in pages]
    assert [answer.status_code for answer in own] == [200, 200, 200]
    assert "同意书.pdf" in own[0].content.decode() and "未经病毒扫描" in own[0].content.decode()
    assert walk.client.get(f"/materials/{key}/3.jpg").status_code == 404
    for username, status in (("graduate", 404), ("clerk-market", 403), ("auditor", 403)):
        assert [enter(username).get(page).status_code for page in pages] == [status] * 3
    assert [Client().get(page).status_code for page in pages] == [302] * 3
    clerk = enter("clerk-market")
    for page in pages:
        assert clerk.get("/desk/approvals/intake" + page).status_code == 404


def test_a_correction_asks_for_files_only_where_they_were_opened() -> None:
    walk = Walk().asked()
    walk.post(step="check")
    walk.post(step="submit", _slash_consent="true", by_person="")
    case = Application.objects.get()
    answer_checks(case)
    decide(case)
    clerk = actors.officer(User.objects.get(username="clerk-market"))
    actions.take(number=case.number, by=clerk, now=now())
    actions.return_(
        number=case.number, reason="请上传业主同意书", by=clerk, now=now(), opened=[NAME]
    )
    path = f"/cases/{case.number}/correct/"
    page = walk.client.get(path).content.decode()
    assert 'type="file"' in page and "multipart" in page
    walk.page, walk.fields = page, {}
    walk.post(path=path, upload=NAME, _slash_owners_consent=[sent("a photograph")])
    assert len(digests(walk.page)) == 1
    assert walk.post(path=path).status_code == 302
    again = Application.objects.get()
    assert again.state == "submitted" and again.answers["owners_consent"] == [
        Material.objects.get().sha256
    ]


def test_the_guide_says_what_may_be_asked_for() -> None:
    page = Client().get("/services/sole_trader/").content.decode()
    assert ASKED in page and "才收取" in page
    book = catalogue.current("graduate_settlement", city_date(now()))
    assert book is not None
    assert "需要您上传" in page or "上传" in page
