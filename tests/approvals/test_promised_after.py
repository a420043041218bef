"""A promise that may be kept after the approval (``before: after``), from its pack to its lapse."""

import pytest

from approvals import actions
from approvals.models import Application, Inspection, Undertaking
from approvals.rows.undertakings import Cause
from ledger.clock import now
from materials.actions import Upload, keep
from people.actors import CLOCK
from tests.approvals.cases import audited, citizen, person, settled
from tests.materials.files import GOOD, in_process
from tests.services.editions import published
from tests.services.test_undertakings import PACK

pytestmark = pytest.mark.usefixtures("furnished")


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch) -> Application:
    """Granted on a commitment, its photograph to come within ten days."""
    in_process(monkeypatch)
    published(PACK, now())
    answers = {"consent": True, "enrolled": True, "photo_later": True}
    return settled("graduate", "bus_pass", answers=answers)


def test_it_is_granted_first_and_the_file_kept_when_it_comes(case: Application) -> None:
    assert case.state == "approved"
    me = citizen(person("graduate"))
    upload = Upload(GOOD["a photograph"], "照片.jpg", ("jpeg",))
    digest = keep(upload=upload, by=me, now=now()).sha256
    actions.hand_in(number=case.number, question="photo", files=[digest], by=me, now=now())
    again = Application.objects.get(pk=case.pk)
    assert (again.state, again.answers["photo"]) == ("approved", [digest])
    assert Undertaking.objects.get(box="photo_later").state == "kept"
    assert audited() == []


def test_where_it_does_not_come_an_officer_looks_into_it(case: Application) -> None:
    due = Undertaking.objects.get(box="photo_later").due_at
    assert due is not None
    assert actions.lapse(by=CLOCK, now=due) == 1
    assert Application.objects.get(pk=case.pk).state == "approved"
    causes = set(Inspection.objects.filter(application=case).values_list("cause", flat=True))
    assert causes == {Cause.COMMITMENT, Cause.LAPSE}
    assert audited() == []
