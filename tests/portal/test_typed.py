"""What people type is read as what they mean; what cannot be read stays, and is named."""

import pytest
from django.http import QueryDict

from certificates.verification import typed as certificate_typed
from portal import forms, typed

PHONE = {"type": "string", "format": "phone"}
WHOLE = {"type": "integer"}
DECIMAL = {"type": "string", "format": "decimal"}
ID = {"type": "string", "format": "id-number"}
DATE = {"type": "string", "format": "date"}
ADDRESS = {"type": "string", "pattern": "^[0-9]{6}-[0-9]{7}$"}
TEXT = {"type": "string"}
USCC = {"type": "string", "format": "uscc"}


@pytest.mark.parametrize(
    ("node", "text", "meant"),
    [
        (PHONE, "13812345678", "13812345678"),
        (PHONE, "+86 138 1234 5678", "13812345678"),
        (PHONE, "+8613812345678", "13812345678"),
        (PHONE, "0086-138-1234-5678", "13812345678"),
        (PHONE, "138－1234－5678", "13812345678"),
        (PHONE, "１３８１２３４５６７８", "13812345678"),
        (PHONE, "\u202a138 1234 5678\u202c", "13812345678"),  # as a list of contacts copies it
        (PHONE, "138\u200b12345678", "13812345678"),
        (PHONE, "138\u00a01234\u00a05678", "13812345678"),
        (PHONE, "电话以后给", "电话以后给"),
        (WHOLE, "1,000,000", "1000000"),
        (WHOLE, "1，000，000", "1000000"),
        (WHOLE, "１０", "10"),
        (WHOLE, "1 000 000", "1000000"),
        (WHOLE, "100万", "1000000"),
        (WHOLE, "100 万元", "1000000"),
        (WHOLE, "5000元", "5000"),
        (WHOLE, "1,5", "1,5"),  # whoever means a half, or fifteen
        (WHOLE, "十", "十"),
        (DECIMAL, "1,000.50", "1000.50"),
        (DECIMAL, "1.5亿", "150000000"),
        (DECIMAL, "0.10", "0.10"),
        (ID, "11010519491231002x", "11010519491231002X"),
        (ID, "110105 19491231 002X", "11010519491231002X"),
        (ID, "１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
        (USCC, "91350100 m000100y43", "91350100M000100Y43"),
        (DATE, "2026/1/5", "2026-01-05"),
        (DATE, "2026年1月5日", "2026-01-05"),
        (DATE, "20260105", "2026-01-05"),
        (DATE, "2026.13.5", "2026.13.5"),
        (ADDRESS, "440305－0000017", "440305-0000017"),
        (ADDRESS, "440305—0000017", "440305-0000017"),
        (ADDRESS, " 440305 - 0000017", "440305-0000017"),
        (ADDRESS, "４４０３０５-０００００１７\u200b", "440305-0000017"),
        (ADDRESS, "学府路1号", "学府路1号"),
        (TEXT, "Ａ　Ｂ－Ｃ", "Ａ　Ｂ－Ｃ"),  # a text is whatever was written
    ],
)
def test_what_was_meant(node: dict[str, str], text: str, meant: str) -> None:
    assert typed.meant(node, text) == meant


def test_a_form_is_read_so_in_blocks_and_lists_too() -> None:
    schema = {
        "type": "object",
        "properties": {
            "phone": PHONE,
            "founders": {
                "type": "array",
                "items": {"type": "object", "properties": {"number": ID, "share": WHOLE}},
            },
            "phones": {"type": "array", "items": PHONE},
        },
    }
    data = QueryDict(mutable=True)
    data["/phone"] = "+86 138-1234-5678"
    data["/founders/0/number"] = "11010519491231002x"
    data["/founders/0/share"] = "1,000,000"
    data["/phones"] = "138 1234 5678\r\n１３８１２３４５６７９"
    assert forms.parse(schema, data) == {
        "phone": "13812345678",
        "founders": [{"number": "11010519491231002X", "share": 1_000_000}],
        "phones": ["13812345678", "13812345679"],
    }


def test_each_field_has_the_keyboard_that_suits_it() -> None:
    schema = {
        "type": "object",
        "properties": {
            "phone": PHONE,
            "count": WHOLE,
            "capital": DECIMAL,
            "number": ID,
            "started": DATE,
            "address": ADDRESS | {"maxLength": 14},
            "other": {"type": "object", "properties": {"phone": PHONE}},
        },
    }
    found = {f.pointer: f for f in forms.fields(schema, {}, "zh")}
    assert (found["/phone"].input_type, found["/phone"].keyboard) == ("tel", "tel")
    assert found["/phone"].autocomplete == "tel"  # WCAG 1.3.5: the reader's own
    assert found["/other/phone"].autocomplete == ""  # somebody else's
    assert found["/count"].keyboard == "numeric" and found["/capital"].keyboard == "decimal"
    assert found["/number"].autocomplete == "off"
    assert found["/started"].input_type == "date"
    assert found["/address"].limit is None  # a pasted code with spaces is not cut off


CODE = "7K3N9PQRSTVWXYZ0"


@pytest.mark.parametrize(
    "text",
    [
        CODE,
        "7K3N 9PQR STVW XYZ0",
        "７Ｋ３Ｎ９ＰＱＲＳＴＶＷＸＹＺ０",
        "7K3N9PQR\u200bSTVWXYZ0",
        f"https://example.gov.cn/verify/{CODE}",
        f"http://127.0.0.1:8000/verify/{CODE}?from=qr#top",
        f"example.gov.cn/verify/{CODE}/",
        f"/verify/{CODE}",
        f"“{CODE}”。".strip("“”"),
        f" {CODE}\n",
    ],
)
def test_a_certificates_number_is_read_however_it_was_pasted(text: str) -> None:
    assert certificate_typed.number(text) == CODE


def test_the_long_identifier_stays_as_it_is() -> None:
    long = "1.2.156.3005.2.11100000000013338W901.11440300MB2X10017B.2026000000011ABCDEFG.001.Y"
    assert certificate_typed.number(long) == long
    assert certificate_typed.number(long.replace(".", "．")) == long
