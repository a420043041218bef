"""Whose texts are masked, and by which fields names are known."""

import pytest

from approvals.sampling.cases import Mask
from people.masking import is_of_a_name, names_in

RECORD = {
    "name": "恒瑞服装店",
    "legal_representative": "王小明",
    "filings": {"customs": {"contact": "李四", "phone": "13800138000"}},
    "spouse_name": "赵六",
    "state": "active",
}


@pytest.mark.parametrize(
    ("field", "is_name"),
    [
        ("name", True),
        ("spouse_name", True),
        ("legal_representative", True),  # of the register of enterprises
        ("contact", True),  # of the customs' filing
        ("state", False),
        ("phone", False),
    ],
)
def test_a_field_of_a_name_is_known_by_its_own(field: str, is_name: bool) -> None:
    assert is_of_a_name(field) is is_name


def test_every_name_of_a_record_is_hidden_from_an_auditor() -> None:
    assert set(names_in(RECORD)) == {"恒瑞服装店", "王小明", "李四", "赵六"}


def test_a_test_case_for_policy_officers_names_nobody_and_keeps_what_is_equal() -> None:
    answers = {"name": "王小明", "register": RECORD}
    masked = Mask().of(answers)
    assert not {"王小明", "李四", "赵六"} & set(names_in(masked))
    assert masked["name"] == masked["register"]["legal_representative"]
    assert masked["register"]["filings"]["customs"]["phone"] == "13800000000"
    assert masked["register"]["state"] == "active"
