"""Packs as files at the desk and on the command line: taken, changed, handed in, refused."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from ledger.models import Event
from people import rights
from people.models import Office, User
from services.models import Draft, Edition
from tests import officers
from tests.services import independent
from tests.services.editions import published
from tests.services.packs import FOLDER, text

pytestmark = pytest.mark.django_db
FILES = "/desk/services/edition/files/"
PACK = text("old_age_allowance")


@pytest.fixture
def edition(now):
    rights.write_groups()
    Office.objects.get_or_create(code="market", defaults={"name_zh": "市监", "name_en": "Market"})
    return published(PACK, now)


@pytest.fixture
def desk(client, edition):
    return log_in(client, User.Role.POLICY)


def log_in(client, role):
    client.force_login(officers.make(f"one-{role}", role, office_id="market"))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def taken(desk, edition, form):
    answer = desk.get(f"/desk/services/edition/{edition.pk}/file.{form}")
    assert answer.status_code == 200
    assert f"old_age_allowance-v1.{form}" in answer["Content-Disposition"]
    return answer.content


def hand_in(desk, data, name="pack.xlsx", status=200):
    answer = desk.post(FILES, {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == status
    return answer.content.decode()


def edited(data, change):
    book = openpyxl.load_workbook(io.BytesIO(data))
    change(book)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def value_of(book, name):
    """The cell of the first value of a parameter."""
    sheet = book["参数 Parameters"]
    heads = [cell.value for cell in sheet[1]]
    row = next(row for row in sheet.iter_rows(min_row=2) if row[0].value == name)
    return row[heads.index("值 Value")]


@pytest.mark.parametrize("form", ["xlsx", "dmn", "yaml"])
def test_an_edition_is_taken_and_handed_in_unchanged(desk, edition, form):
    data = taken(desk, edition, form)
    read = {"xlsx": independent.workbook, "dmn": independent.model}.get(form)
    assert (read(data) if read else independent.pack(data.decode())) == independent.pack(PACK)
    shown = hand_in(desk, data, f"pack.{form}")
    assert "the text is the same, byte for byte" in shown
    assert 'name="begin"' not in shown


def test_a_changed_value_is_said_in_words_and_becomes_a_draft(desk, edition):
    data = edited(
        taken(desk, edition, "xlsx"),
        lambda book: setattr(value_of(book, "eighty"), "value", "P81Y"),
    )
    shown = hand_in(desk, data)
    assert "Compared with" in shown and "P81Y" in shown and "Changed condition" in shown
    assert not Draft.objects.exists()
    changed = PACK.replace("P80Y", "P81Y", 1)
    answer = desk.post(FILES, {"begin": "1", "base": str(edition.pk), "text": changed})
    assert answer.status_code == 302
    draft = Draft.objects.get()
    assert (draft.source, draft.base_id) == (changed, edition.pk)
    assert Event.objects.filter(kind__contains="draft_begun").exists()
    again = desk.get(f"/desk/services/edition/drafts/{draft.pk}/file.xlsx").content
    assert independent.workbook(again) == independent.pack(changed)


def test_a_formula_is_refused_with_its_cell_and_nothing_is_stored(desk, edition):
    data = edited(
        taken(desk, edition, "xlsx"),
        lambda book: setattr(value_of(book, "eighty"), "value", '="P"&"81Y"'),
    )
    shown = hand_in(desk, data, status=422)
    assert "Parameters!I" in shown and "a formula" in shown
    assert not Draft.objects.exists() and Edition.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("empty.xlsx", b"", "choose a file"),
        ("old.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "encrypted, or an old .xls"),
        ("cut.xlsx", b"PK\x03\x04" + bytes(90), "not a sound .xlsx"),
        ("long.xlsx", b"PK" + bytes(800_000), "over 800 kB"),
        ("x.dmn", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "a DTD, an entity"),
        ("x.dmn", b"<definitions/>", "not a file of DMN"),
        ("gbk.yaml", "name: 名称".encode("gbk"), "not in UTF-8"),
        ("other.dmn", b'<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" '
         b'namespace="urn:miaopi:pack:nothing"/>', "there is no edition"),
        ("<b>x</b>.yaml", b"a: [", "not valid YAML"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_words(desk, name, data, words):
    shown = hand_in(desk, data, name, status=422)
    assert words in shown
    assert "<b>x" not in shown


def test_only_a_policy_officer_hands_in(client, edition):
    for role in (User.Role.AUDITOR, User.Role.TECHNICAL):
        log_in(client, role)
        assert "Hand in a file" not in client.get(FILES).content.decode()
        hand_in(client, PACK.encode(), "pack.yaml", status=403)
        taken(client, edition, "dmn")
    log_in(client, User.Role.CLERK)
    assert client.get(FILES).status_code == 403
    assert client.get(f"/desk/services/edition/{edition.pk}/file.xlsx").status_code == 403
    assert client.get("/desk/services/edition/drafts/1/file.yaml").status_code == 403


def test_files_that_are_not_there_are_not_found(desk, edition):
    for address in (f"{edition.pk}/file.exe", "0/file.xlsx", "drafts/0/file.dmn"):
        assert desk.get(f"/desk/services/edition/{address}").status_code in (302, 404)


@pytest.mark.parametrize("form", ["xlsx", "dmn"])
def test_the_command_exports_and_imports(tmp_path, capsys, form):
    made, back = tmp_path / f"pack.{form}", tmp_path / "back.yaml"
    call_command("pack", "export", str(FOLDER / "old_age_allowance.yaml"), str(made))
    call_command("pack", "import", str(made), "--into", str(back))
    assert back.read_text("utf-8") == PACK
    assert "the same as" in capsys.readouterr().out
    made.write_bytes(made.read_bytes()[:-40])
    with pytest.raises(SystemExit):
        call_command("pack", "import", str(made), "--into", str(back))
    assert back.read_text("utf-8") == PACK
    assert f"pack.{form}" in capsys.readouterr().err
