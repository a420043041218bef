"""A database that goes on from an earlier moment than its exported heads."""

import datetime as dt
import json
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command

from ledger import audit, canonical, heads, restorations
from ledger.models import TreeHead
from services.models import Service
from tests.ledger.conftest import add
from tests.ledger.test_heads import made

REASON = "机房断电，恢复至当日备份"


Insider = psycopg.Connection[tuple[object, ...]]
REMOVED = (
    "DELETE FROM ledger_unsequenced WHERE event IN"
    " (SELECT event_id FROM ledger_leaf WHERE position >= %(size)s)",
    "DELETE FROM ledger_event WHERE id IN"
    " (SELECT event_id FROM ledger_leaf WHERE position >= %(size)s)",
    "DELETE FROM ledger_leaf WHERE position >= %(size)s",
    "DELETE FROM ledger_treehead WHERE size > %(size)s",
    "UPDATE services_service SET (events, head) = (SELECT seq, hash FROM ledger_event"
    " WHERE subject = 'service:a' ORDER BY seq DESC LIMIT 1)",
)


def cut_back(insider: Insider, size: int) -> None:
    """Make the database as a restored backup has it: nothing after a head."""
    for statement in REMOVED:
        insider.execute(statement, {"size": size})


@pytest.fixture
def restored(real_keys: None, insider: Insider, now: dt.datetime, tmp_path: Path) -> Path:
    """Exported heads of three steps more than the database has; the size that it has."""
    service = made(now)
    first = heads.sequence(now)
    assert first is not None
    heads.export(tmp_path)
    for n in range(3):
        add(service, f"later{n}", now)
        heads.sequence(now)
        heads.export(tmp_path)
    cut_back(insider, first.size)
    return tmp_path


def found(path: Path) -> list[str]:
    kept, forged = restorations.exported(path)
    return [str(one) for one in audit.faults(exported=kept)] + forged


def test_a_restored_backup_is_found_until_somebody_answers_for_it(
    restored: Path, now: dt.datetime
) -> None:
    assert any("the end was cut off" in one for one in found(restored))
    one = restorations.record(restored, by="王运维", reason=REASON, now=now)
    assert (one.lost, one.size) == (3, TreeHead.objects.order_by("size").last().size)  # type: ignore[union-attr]
    assert found(restored) == []


def test_history_goes_on_and_is_exported_after_a_restoration(
    restored: Path, insider: Insider, now: dt.datetime
) -> None:
    restorations.record(restored, by="王运维", reason=REASON, now=now)
    service = Service.objects.get(code="a")
    for n in range(7):
        add(service, f"again{n}", now)
        heads.sequence(now)
        assert heads.export(restored) == 1
    assert found(restored) == []
    last = list(heads.read(restored))[-1]
    cut_back(insider, last.size - 2)  # and a second cut is found as the first was
    assert any("the end was cut off" in one for one in found(restored))
    assert restorations.record(restored, by="王运维", reason=REASON, now=now).lost == 2
    assert found(restored) == []
    assert len(restorations.read(restored)) == 2


@pytest.mark.parametrize("field", ["by", "reason", "lost", "digest", "at", "signature"])
def test_a_restoration_that_was_changed_hides_nothing(
    restored: Path, now: dt.datetime, field: str
) -> None:
    restorations.record(restored, by="王运维", reason=REASON, now=now)
    file = heads.files(restored)[-1]
    *before, last = file.read_bytes().splitlines(keepends=True)
    item = json.loads(last)
    other = {"lost": "0", "at": "2026-03-02T02:00:01.000000Z", "signature": "00" * 64}
    item["restored"][field] = other.get(field, "ab" * 32)
    file.write_bytes(b"".join(before) + canonical.dumps(item) + b"\n")
    wrong = found(restored)
    assert any("no key of ours" in one for one in wrong) and any(
        "the end was cut off" in one for one in wrong
    )


def test_a_restoration_by_a_key_of_nobody_hides_nothing(
    restored: Path, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exported file names keys itself: one that stands only there signs no restoration."""
    restorations.record(restored, by="王运维", reason=REASON, now=now)
    monkeypatch.setattr(restorations.keys, "published", list)
    monkeypatch.setattr(restorations.keys, "public_in_folder", lambda purpose: {})
    assert any("a restoration that no key" in one for one in found(restored))


def test_a_restoration_that_is_written_again_hides_no_later_cut(
    restored: Path, insider: Insider, now: dt.datetime
) -> None:
    restorations.record(restored, by="王运维", reason=REASON, now=now)
    file = heads.files(restored)[-1]
    signed = file.read_bytes().splitlines(keepends=True)[-1]
    size = restorations.read(restored)[0].size
    service = Service.objects.get(code="a")
    add(service, "again", now)
    heads.sequence(now)
    heads.export(restored)
    cut_back(insider, size)
    file.write_bytes(file.read_bytes() + signed)
    wrong = found(restored)
    assert any("stands there twice" in one for one in wrong)
    assert any("the end was cut off" in one for one in wrong)


def test_nothing_is_said_where_nothing_was_lost(
    keys: None, now: dt.datetime, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made(now)
    heads.sequence(now)
    heads.export(tmp_path)
    with pytest.raises(restorations.NothingLost):
        restorations.record(tmp_path, by="王运维", reason=REASON, now=now)
    call_command("heads", "restored", str(tmp_path), "--by", "王运维", "--reason", REASON)
    assert "nothing was lost" in capsys.readouterr().out
    with pytest.raises(CommandError, match="holds no exported heads"):
        call_command("heads", "restored", str(tmp_path / "no"), "--by", "a", "--reason", "b")


def test_the_command_says_what_was_lost(restored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("heads", "restored", str(restored), "--by", "王运维", "--reason", REASON)
    line = capsys.readouterr().out
    assert "3 events lost" in line and REASON in line
