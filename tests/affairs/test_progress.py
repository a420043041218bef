"""How far an application is, without a log-in: by number, phone and code, and by nothing less."""

import datetime as dt
import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from affairs import messages, progress
from affairs.messages import Wishes
from affairs.models import ProgressCode
from approvals.models import Application
from ledger.clock import now
from people import identity
from people.errors import ActionRejected
from tests.affairs.people import of
from tests.approvals.cases import person, settled

pytestmark = pytest.mark.usefixtures("furnished")
PHONE, PAGE = "13812345678", "/progress/"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.SMS_ADAPTER, settings.SMS_DIR = "affairs.channels.ToFile", tmp_path
    return tmp_path


@pytest.fixture
def case() -> Application:
    messages.choose(wishes=Wishes(phone=PHONE), by=of("graduate"), now=now())
    return settled("graduate")


def asked(number: str, phone: str = PHONE) -> tuple[str, str]:
    """Return the key of a request and the page that answered it, without the key."""
    answer = Client().post(PAGE, {"number": number, "phone": phone})
    page = answer.content.decode()
    assert answer.status_code == 200, page
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key is not None
    without = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page).replace(key[1], "")
    return key[1], re.sub(r'nonce="[^"]*"', "", without)


def code_in(folder: Path) -> str:
    (sent,) = folder.glob("*.json")
    line = orjson.loads(sent.read_bytes())
    assert line["to"] == PHONE
    found = re.search(r"\d{6}", line["text"])
    assert found is not None
    return found[0]


def tried(key: str, code: str) -> Any:
    return Client().post(PAGE, {"key": key, "code": code})


def test_a_number_a_phone_and_its_code_show_the_state_and_nothing_of_the_person(
    case: Application, folder: Path
) -> None:
    key, _ = asked(f" {case.number.lower()} ", "+86 138-1234-5678")
    assert progress.send(now=now()) == 1 and progress.send(now=now()) == 0
    answer = tried(key, code_in(folder))
    page = answer.content.decode()
    assert answer.status_code == 200 and case.number in page and "已批准" in page
    who = person("graduate")
    assert not [text for text in (who.name, who.number, PHONE) if text in page]
    assert answer["Cache-Control"] == "no-store"
    assert tried(key, code_in(folder)).status_code == 422  # it served once


def test_the_answer_is_the_same_whether_there_is_such_a_case_or_phone(
    case: Application, folder: Path
) -> None:
    pages = [
        asked(case.number)[1],
        asked(case.number, "13900000000")[1],
        asked("MP202601010000000XX")[1],
        asked("没有")[1],
    ]
    assert len(set(pages)) == 1
    assert progress.send(now=now()) == 1  # to the one that fits
    assert ProgressCode.objects.filter(application=None).count() == 3


def test_wrong_codes_are_counted_and_five_end_it(case: Application, folder: Path) -> None:
    key, _ = asked(case.number)
    progress.send(now=now())
    code = code_in(folder)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    texts = set()
    for _attempt in range(5):
        answer = tried(key, wrong)
        assert answer.status_code == 422
        texts.add(re.search(r"<ul>.*?</ul>", answer.content.decode(), re.S)[0])  # type: ignore[index]
    assert tried(key, code).status_code == 422  # the right one comes too late
    assert len(texts) == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        ProgressCode.objects.update(attempts=6)


@pytest.mark.parametrize("key", ["", "x", "00000000-0000-4000-8000-000000000000"])
def test_a_request_that_never_was_reads_like_a_wrong_code(key: str) -> None:
    answer = tried(key, "123456")
    assert answer.status_code == 422 and "验证码不正确或已失效" in answer.content.decode()


def test_a_code_is_over_after_ten_minutes_and_before_it_is_sent(
    case: Application, folder: Path
) -> None:
    key, _ = asked(case.number)
    assert tried(key, "").status_code == 422
    progress.send(now=now())
    later = now() + dt.timedelta(minutes=11)
    with pytest.raises(ActionRejected) as refused:
        progress.read(key=key, code=code_in(folder), now=later)
    assert refused.value.code == "wrong_code"
    assert progress.read(key=key, code=code_in(folder), now=now()) == case


def test_one_number_is_asked_for_a_few_times_a_day_whether_it_exists_or_not(
    case: Application,
) -> None:
    for number in (case.number, "MP202601010000000XX"):
        for _time in range(progress.MOST):
            asked(number)
        assert Client().post(PAGE, {"number": number, "phone": PHONE}).status_code == 429
    progress.ask(number=case.number, phone=PHONE, now=now() + dt.timedelta(days=2))
    assert ProgressCode.objects.count() == 1  # what is long over is gone


def test_neither_code_nor_phone_is_kept_in_clear(case: Application, folder: Path) -> None:
    asked(case.number)
    row = ProgressCode.objects.get()
    assert row.phone is not None and PHONE.encode() not in bytes(row.phone)
    progress.send(now=now())
    row.refresh_from_db()
    assert row.phone is None and row.code != code_in(folder) and case.number not in row.case
    assert row.code == identity.index(f"{row.pk.hex}:{code_in(folder)}")


def test_a_city_without_text_messages_says_so(settings: Any) -> None:
    settings.SMS_ADAPTER = ""
    page = Client().post(PAGE, {"number": "x", "phone": PHONE}).content.decode()
    assert "暂未开通短信" in page and not ProgressCode.objects.exists()
