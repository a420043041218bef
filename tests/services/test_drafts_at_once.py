"""Two windows save the same draft at once: one is kept, the other is told so."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from ledger.clock import now
from people.actors import Actor, Kind
from people.errors import ActionRejected
from services import drafts
from services.drafts import Version
from services.models import Draft
from tests.services.packs import SMALL, changed

pytestmark = pytest.mark.usefixtures("committed")
ANNA = Actor(Kind.OFFICER, "anna", role="policy")


def test_of_many_saves_at_once_one_is_kept() -> None:
    draft = drafts.begin(SMALL, by=ANNA, now=now())

    def save(years: int) -> str:
        try:
            text = changed("P18Y", f"P{years}Y")
            drafts.save(Version(draft.pk, 1), text, by=ANNA, now=now())
            return "saved"
        except ActionRejected as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(save, range(30, 38)))
    assert sorted(results) == ["draft_changed"] * 7 + ["saved"]
    assert (Draft.objects.get().version, draft.texts.count()) == (2, 2)
