"""What a pack says of files is refused with a reason where it does not hold together."""

import pytest

from city.errors import SourceError
from services import publish
from tests.services.packs import changed, text

FACT = "  owners_agree: {from: answers.owners_consent, type: boolean,"
WHEN = 'when: premises_use = "residential"'
MANY = "".join(
    f"  owners_agree_{'x' * 20}_{n}: {{from: answers.owners_consent, type: boolean, zh: 同意{n},"
    f" en: agreed {n}, change: answer}}\n"
    for n in range(6)
)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("      x-law: 民法典 §279\n", "", "asked for by a law"),
        ("materials:\n  owners_consent:", "materials:\n  consents:", "the form has no question"),
        ("materials:\n  owners_consent:", "materials:\n  consents:", "does not say what"),
        (WHEN, "because: {zh: 无, en: none}\n    " + WHEN, "one of the two"),
        (WHEN, "megabytes: 5", "one of the two"),
        ("use: read", "use: kept", "use: read"),
        (FACT, FACT.replace("owners_consent", "phone"), "nobody need hand it in"),
        (FACT, FACT.replace("boolean", "text"), "a boolean"),
        (FACT, MANY + FACT, "too many facts"),
    ],
)
def test_what_does_not_hold_together_is_refused(before: str, after: str, says: str) -> None:
    source = changed(before, after, text("sole_trader"))
    with pytest.raises(SourceError) as caught:
        publish.check(source, "sole_trader")
    found = [fault.en for fault in caught.value.all()]
    assert any(says in en for en in found), found
