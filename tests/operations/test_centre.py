"""The operations centre: equal to the rows, for who may see it, and plain about its limits."""

import datetime as dt
import hashlib
import random
from typing import Any

import pytest
import redis
from django.conf import settings
from django.test import Client

from city.model import Region
from deploy.local.paths import ROOT
from exchange import breaker
from ledger.clock import city_date, now
from operations.centre import figures, spans, tilemap
from operations.counts import reading
from operations.models import Grain
from people.errors import ActionRejected
from people.models import User
from tests.approvals.cases import answer_checks, decide, settled, submit
from tests.factories import UserFactory

PAGE = "/desk/operations/centre/"
DAY = dt.timedelta(days=1)
# of operations/static/operations/vendor/echarts.js: see operations/charts
BUNDLE = "b98aad177e466f1a9bb6117b4c980f2707c7e2ff68e7fb64468480f691630c40"


def browser(role: str = "operator") -> Client:
    client = Client()
    user = UserFactory(**{role: True}) if role == "clerk" else User.objects.get(username=role)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def numbers(client: Client, query: str = "") -> dict[str, str]:
    shown = client.get(f"{PAGE}live/?{query}").context_data["centre"].numbers
    return {one.key: one.value for one in shown}


def test_the_page_says_what_the_rows_say(furnished: None) -> None:
    client = browser()
    assert numbers(client) == {
        "received": "0",
        "decided": "0",
        "automatic": "–",
        "p50": "–",
        "p95": "–",
        "p99": "–",
        "review": "0",
        "overdue": "0",
        "queue": "–",
    }
    settled("graduate")
    case = submit("degree_missing")
    answer_checks(case)
    decide(case)
    found = numbers(client)
    assert (found["received"], found["decided"], found["automatic"]) == ("2", "1", "100.0%")
    assert (found["review"], found["overdue"]) == ("1", "0")
    page = client.get(PAGE)
    assert page.status_code == 200 and "运营管理中心" in page.text
    centre = page.context_data["centre"]
    (reason, *_) = centre.reasons
    assert reason.values == (1,) and reason.word == "应届毕业生引进落户"
    assert sum(tile.cases for tile in centre.map.tiles) == 2
    line = next(line for line in centre.services if line.key == "graduate_settlement")
    assert line.values == (2, 1, "100.0%")
    assert centre.history[-1].values == (2, 1, 0)
    for private in (case.applicant_name, case.number):
        assert private not in page.text


def test_its_policy_allows_no_inline_script_or_style(furnished: None) -> None:
    policy = browser().get(PAGE)["Content-Security-Policy"]
    assert "unsafe" not in policy and "script-src 'self'" in policy


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("by=hour&from=2020-01-01&to=2026-01-01", "按小时最多显示 14 天"),
        ("by=day&from=2020-01-01&to=2026-01-01", "按日最多显示 400 天"),
        ("by=month&from=2001-01-01&to=2099-01-01", "按月最多显示 20 年"),
        ("by=day&from=2026-02-01&to=2026-01-01", "起始日期晚于截止日期"),
        ("by=year", "请选择按小时"),
        ("from=2026-02-30", "日期须为"),
        ("to=9999-12-31", "日期须为"),
    ],
)
def test_what_cannot_be_shown_is_said(furnished: None, query: str, sentence: str) -> None:
    client = browser()
    page = client.get(f"{PAGE}?{query}")
    assert page.status_code == 422 and sentence in page.text
    assert len(page.context_data["centre"].history) <= 24, "today is shown instead"
    for given in (part.partition("=")[2] for part in query.split("&") if "-" in part):
        assert f'value="{given}"' in page.text
    assert client.get(f"{PAGE}live/?{query}").status_code == 200


def test_years_are_served_by_month(furnished: None) -> None:
    settled("graduate")
    today = city_date(now())
    page = browser().get(f"{PAGE}?by=month&from={today.year - 10}-01-15&to={today}")
    lines = page.context_data["centre"].history
    assert len(lines) == 120 + today.month
    assert (lines[0].name, lines[-1].name) == (f"{today.year - 10}-01", f"{today:%Y-%m}")
    assert lines[-1].values == (1, 1, 0)


def test_anything_may_stand_in_the_address(furnished: None) -> None:
    client, drawn = browser(), random.Random(7)
    odd = [
        "",
        "0",
        "-1",
        "hour",
        "2026-01-01",
        "９",
        "' OR 1=1",
        "%00",
        "2026-1-1",
        "é" * 300,
        "[]",
    ]
    for _ in range(25):
        query = "&".join(
            f"{drawn.choice(['by', 'from', 'to', 'x'])}={drawn.choice(odd)}" for _ in "ab"
        )
        assert client.get(f"{PAGE}?{query}").status_code in (200, 400, 422)


def test_what_is_away_is_said(furnished: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser()

    def away(_names: Any) -> set[str]:
        raise redis.ConnectionError

    monkeypatch.setattr(breaker, "are_open", away)
    assert "是否已熔断不明" in client.get(f"{PAGE}live/").text
    settled("graduate")
    monkeypatch.setattr(reading, "MOST", 0)
    page = client.get(f"{PAGE}live/")
    assert "办件仍在统计中" in page.text
    assert page.context_data["centre"].behind is not None


def test_a_span_is_of_the_citys_days(furnished: None) -> None:
    zone = settings.CITY.calendar.zone
    at = dt.datetime(2026, 3, 1, 0, 30, tzinfo=zone)  # still February in UTC
    span = spans.asked({"by": "month", "from": "2026-02-10"}, at)
    starts = [start.date() for start in spans.starts(span, at)]
    assert starts == [dt.date(2026, 2, 1), dt.date(2026, 3, 1)]
    hours = spans.asked({}, at)
    assert list(spans.starts(hours, at)) == [dt.datetime(2026, 3, 1, tzinfo=zone)]
    assert hours.before - hours.since == DAY
    longest = {"by": "hour", "from": "2026-02-16", "to": "2026-03-01"}
    assert spans.asked(longest, at).grain is Grain.HOUR
    with pytest.raises(ActionRejected):
        spans.asked({**longest, "from": "2026-02-15"}, at)


def test_each_district_has_a_tile_of_its_own() -> None:
    drawn = tilemap.draw(settings.CITY.regions, {"440305": 8, "440304": 1})
    assert {tile.region.code for tile in drawn.tiles} == set(settings.CITY.regions)
    assert len({(tile.x, tile.y) for tile in drawn.tiles}) == len(drawn.tiles)
    shades = {tile.region.code: tile.shade for tile in drawn.tiles}
    assert (shades["440305"], shades["440304"], shades["440303"]) == (5, 1, 0)
    without = {code: Region(code, code, code) for code in ("A", "B", "C", "D", "E", "F", "G")}
    without["H"] = Region("H", "H", "H", place=(0, 0))
    assert len(set(tilemap.places(without).values())) == 8
    for tile in drawn.tiles:
        assert 0 <= tile.x <= drawn.width and 0 <= tile.y <= drawn.height
        assert all(len(line) <= 7 for line in tile.lines)


def test_times_are_said_in_words() -> None:
    assert [figures.duration(n) for n in (None, 0.423, 12, 300, 10_800, 172_800)] == [
        *("–", "0.42 秒", "12 秒", "5 分钟", "3.0 小时", "2.0 天")
    ]


def test_the_library_of_charts_is_the_one_that_was_looked_at() -> None:
    text = (ROOT / "operations/static/operations/vendor/echarts.js").read_bytes()
    assert hashlib.sha256(text).hexdigest() == BUNDLE
    assert b"eval(" not in text and b"new Function" not in text
