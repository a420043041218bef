"""Who has looked at my data: nothing is left out, and each entry is under a signed head."""

import datetime as dt
import hashlib
import json

import pypdfium2
import pytest

from affairs import accesses
from exchange.models import Lookup
from ledger import canonical, heads, keys, merkle, signatures
from people.models import Reading
from tests.affairs.people import of
from tests.approvals.cases import audited, person, settled
from tests.counter.desk import enter

pytestmark = pytest.mark.usefixtures("furnished")
PATH = "/accesses/"


def test_every_lookup_and_every_reading_is_listed_and_nobody_elses() -> None:
    case = settled("credit_hit")
    settled("graduate")
    enter("credit_hit").get("/services/graduate_settlement/apply/")  # reads for the form
    enter("clerk-hrss").get(f"/desk/approvals/application/{case.pk}/change/")
    by = of("credit_hit")
    lookups = set(Lookup.objects.filter(subject=by.code).values_list("id", flat=True))
    readings = set(Reading.objects.filter(subject=case.number).values_list("id", flat=True))
    assert lookups and readings
    found = accesses.of(by)
    assert {one.id for one in found} == lookups | readings
    assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)
    assert {one.case for one in found} == {case.number, ""}
    (reading,) = [one for one in found if one.kind == "reading"]
    assert "经办人员" in reading.who and reading.purpose and "个人信息保护法" in reading.law
    assert all(one.purpose and one.law and one.who for one in found)


def test_a_search_by_ones_number_and_an_unmasking_are_listed() -> None:
    case = settled("credit_hit")
    number = person("credit_hit").number
    enter("clerk-hrss").post("/desk/approvals/application/search/", {"q": number}, follow=True)
    reason = "核查市民投诉所涉办件的处理情况是否属实"
    enter("auditor").post(f"/desk/approvals/application/{case.pk}/unmask/", {"reason": reason})
    found = accesses.of(of("credit_hit"))
    assert {"办件", "搜索"} & {one.what for one in found}
    assert any(reason in one.purpose for one in found)


def test_the_page_says_who_why_and_by_which_law() -> None:
    case = settled("credit_hit")
    enter("clerk-hrss").get(f"/desk/approvals/application/{case.pk}/change/")
    client = enter("credit_hit")
    answer = client.get(PATH)
    page = answer.content.decode()
    assert "经办人员" in page and f"/cases/{case.number}/" in page and "第三十四条" in page
    assert "妨碍调查" in page and answer["Cache-Control"] == "no-store"
    english = client.get(PATH, headers={"Accept-Language": "en"}).content.decode()
    assert "clerk" in english and "would hinder an investigation" in english
    assert "还没有人查看过" in enter("trader").get(PATH).content.decode()


def test_the_json_proves_each_entry_against_the_signed_head_without_us() -> None:
    case = settled("credit_hit")
    enter("clerk-hrss").get(f"/desk/approvals/application/{case.pk}/change/")
    assert audited() == []  # everything is under a head
    answer = enter("credit_hit").get("/accesses/accesses.json")
    document = json.loads(answer.content)
    assert document["withheld"] == 0 and len(document["entries"]) >= 2
    for entry in document["entries"]:
        event, proof = entry["event"], entry["proof"]
        rows = dict(json.loads(event["data"])["rows"])
        if entry["row"] is not None:  # what no officer did can be recomputed
            assert rows[entry["id"]] == hashlib.sha256(entry["row"].encode()).hexdigest()
        else:
            assert entry["kind"] == "reading" and entry["id"] in rows
        digest = hashlib.sha256(canonical.dumps(event)).digest()
        assert digest.hex() == entry["hash"] == proof["event"]
        root, size = bytes.fromhex(proof["root"]), int(proof["size"])
        path = [bytes.fromhex(item) for item in proof["path"]]
        place = int(proof["position"])
        assert merkle.verify_inclusion(merkle.leaf(digest), place, size, path, root)
        signed = heads.statement(size, root, dt.datetime.fromisoformat(proof["at"]))
        public = {kid: key for kid, (purpose, key) in published().items() if purpose == "head"}
        signature = bytes.fromhex(proof["signature"])
        assert signatures.verify(proof["kid"], proof["algorithm"], signed, signature, public)


def published() -> dict[str, tuple[str, bytes]]:
    return {row.kid: (row.purpose, bytes(row.public)) for row in keys.published()}


def test_an_entry_that_no_head_covers_yet_says_so_and_no_officer_is_named() -> None:
    case = settled("credit_hit")
    enter("clerk-hrss").get(f"/desk/approvals/application/{case.pk}/change/")
    content = enter("credit_hit").get("/accesses/accesses.json").content.decode()
    document = json.loads(content)
    assert any(entry["proof"] is None for entry in document["entries"])
    assert "clerk-hrss" not in content


def test_the_pdf_is_the_same_list_to_read() -> None:
    case = settled("credit_hit")
    answer = enter("credit_hit").get("/accesses/accesses.pdf")
    assert answer["Content-Type"] == "application/pdf"
    document = pypdfium2.PdfDocument(answer.content)
    text = "".join(page.get_textpage().get_text_bounded() for page in document)
    assert "谁看过我的数据" in text and case.number in text.replace("\n", "").replace("\r", "")
    assert person("credit_hit").number not in text


def test_paths_of_several_leaves_are_those_of_each() -> None:
    for size in (1, 2, 3, 7, 8, 13):
        leaves = [merkle.leaf(bytes([n])) for n in range(size)]
        paths = merkle.inclusions(leaves, range(size))
        assert paths == {n: merkle.inclusion(leaves, n) for n in range(size)}
    assert merkle.inclusions([], []) == {}
    with pytest.raises(IndexError):
        merkle.inclusions([merkle.leaf(b"x")], [1])


def test_nobody_else_has_the_list() -> None:
    assert accesses.of(of("clerk-hrss")) == []
    for path in (PATH, "/accesses/accesses.json", "/accesses/accesses.pdf"):
        assert enter("clerk-hrss").get(path).status_code == 403
