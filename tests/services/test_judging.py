"""Findings, precedence, the unknown, and the bytes of a verdict."""

import datetime
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmn import UNKNOWN
from dmn.values.temporal import YearsMonths
from ledger import canonical
from services import pack_tests
from services.explain import explain
from services.inputs import gather_inputs, read_inputs
from services.verdict import judge
from tests.services.packs import FOLDER, SHIPPED, SMALL, answered, changed, load, text

BOOKS = {name: load(text(name), name) for name in SHIPPED}
CASES = [
    pytest.param(book, case, id=f"{book.code}-{case.name}")
    for book in BOOKS.values()
    for case in book.pack.cases
]

EXAMPLES = 150 if os.environ.get("MIAOPI_FULL") else 40  # of each pack


def eligible(name):
    book = BOOKS[name]
    return book, pack_tests.inputs_of(book, book.pack.cases[0])


def verdict(book, case_name, **evidence):
    case = next(case for case in book.pack.cases if case.name == case_name)
    return judge(book, pack_tests.inputs_of(book, case))


def result(found, requirement):
    return next(f for f in found.findings if f.id == requirement)


@pytest.mark.parametrize(("book", "case"), CASES)
def test_every_case_of_every_pack_survives_being_stored(book, case):
    inputs = pack_tests.inputs_of(book, case)
    stored = canonical.dumps(inputs.to_json())
    again = read_inputs(book, canonical.loads(stored))
    assert canonical.dumps(again.to_json()) == stored
    first, second = judge(book, inputs), judge(book, again)
    assert canonical.dumps(first.payload()) == canonical.dumps(second.payload())
    assert first.outcome == case.expect


@pytest.mark.parametrize(("book", "case"), CASES)
def test_payload_and_findings_say_the_same(book, case):
    found = judge(book, pack_tests.inputs_of(book, case))
    assert found.payload()["requirements"] == [f.payload() for f in found.findings]


def test_a_silent_registry_is_unknown_and_an_absent_record_is_not():
    book = BOOKS["graduate_settlement"]
    silent = result(verdict(book, "学历部门没有答复"), "degree")
    absent = result(verdict(book, "学历查无记录"), "degree")
    assert (silent.result, silent.unknown, silent.uses) == ("unknown", ("level",), {})
    assert (absent.result, absent.unknown, absent.uses) == ("unmet", (), {"level": None})


def test_the_machine_never_returns_what_a_person_has_to_see():
    """Refer before return before wait before approve."""
    book = BOOKS["graduate_settlement"]
    assert verdict(book, "地址不存在又没有学历").outcome == "refer"
    assert verdict(book, "地址不存在").outcome == "return"


def test_a_returned_case_lists_everything_that_can_be_mended():
    found = verdict(BOOKS["sole_trader"], "场所不存在又起错字号")
    assert found.reasons() == ["name_region:unmet", "premises:unmet"]
    lines = explain(BOOKS["sole_trader"], found.payload(), "zh-hans")
    correct = {field for line in lines if line.result == "unmet" for field in line.answers}
    assert correct == {"trade_name", "premises"}


@pytest.mark.parametrize(
    ("states", "outcome", "ask"),
    [
        ({}, "wait", ["food", "culture"]),
        ({"food": "asked", "culture": "asked"}, "wait", []),
        ({"food": "granted"}, "wait", ["culture"]),
        ({"food": "granted", "culture": "granted"}, "approve", []),
        ({"food": "granted", "culture": "denied"}, "refer", []),
        ({"food": "denied"}, "refer", ["culture"]),
        ({"food": "granted", "culture": "lapsed"}, "refer", []),  # a word that nobody foresaw
    ],
)
def test_consents_are_asked_for_once_all_else_is_met(states, outcome, ask):
    book = BOOKS["sole_trader"]
    case = book.pack.cases[0]
    answers = {**case.answers, "scope": ["H6210", "R9013"]}
    evidence = answered(case)
    found = judge(book, gather_inputs(book, answers, evidence, states, case.as_of))
    assert (found.outcome, found.consents) == (outcome, ask)


def test_the_items_that_fail_an_every_are_named_by_their_keys():
    book = BOOKS["sole_trader"]
    assert result(verdict(book, "字号与名下主体重复"), "name_unused").failed_items == (
        "92440300MA5DA0001X",
    )
    assert result(verdict(book, "字号含禁用词"), "name_words").failed_items == ("中国",)
    assert result(verdict(book, "符合条件的经营者"), "name_words").failed_items == ()


@pytest.mark.parametrize(
    ("registry", "said"),
    [
        ("population", {"born": "2003-5-4"}),
        ("population", {"born": "today"}),
        ("population", {"born": 20030504}),
        ("population", {"born": None}),
        ("population", {"alive": "true"}),
        ("population", {"alive": 1}),
        ("population", {"capacity": "partial"}),
        ("population", {"name": "张\x00三"}),
        ("population", {"name": ["张三"]}),
        ("education", {"level": "学士"}),
        ("education", {"graduated": "2026-02-30"}),
        ("education", {"full_time": "yes"}),
        ("criminal", {"record": None}),
        ("credit", {}),
    ],
)
def test_what_cannot_be_relied_on_is_unknown_and_goes_to_a_person(registry, said):
    book = BOOKS["graduate_settlement"]
    case = book.pack.cases[0]
    evidence = answered(case)
    evidence[registry] = ("found", {**evidence[registry][1], **said} if said else {})
    found = judge(book, gather_inputs(book, case.answers, evidence, {}, case.as_of))
    assert found.outcome == "refer"
    assert any(f.result == "unknown" for f in found.findings)


def test_a_missing_registry_has_failed():
    book = BOOKS["graduate_settlement"]
    case = book.pack.cases[0]
    found = judge(book, gather_inputs(book, case.answers, {}, {}, case.as_of))
    assert found.outcome == "refer"
    assert all(f.result == "unknown" for f in found.findings)


def test_lists_that_are_too_long_or_repeat_a_key_are_unknown():
    book, inputs = eligible("sole_trader")
    trade = {"name": "甲", "role": "经营者", "state": "active", "since": "2020-01-02"}
    for trades in (
        [trade | {"uscc": str(n)} for n in range(201)],
        [trade | {"uscc": "A"}] * 2,
        [trade | {"uscc": None}],
        [trade],
        {"uscc": "A"},
    ):
        read = read_inputs(book, inputs.to_json() | {"trades": trades})
        assert read.values["trades"] is UNKNOWN
        assert result(judge(book, read), "name_unused").result == "unknown"


def test_a_list_with_nothing_in_the_place_of_a_record_is_unknown():
    book, inputs = eligible("sole_trader")
    read = read_inputs(book, {**inputs.to_json(), "trades": [None]})
    assert read.values["trades"] is UNKNOWN
    assert judge(book, read).outcome == "refer"


def test_values_are_typed():
    _book, inputs = eligible("sole_trader")
    assert inputs.values["born"] == datetime.date(1990, 2, 28)
    assert inputs.values["employees"] == Decimal(2)
    assert inputs.values["adult"] == YearsMonths(18 * 12)
    assert inputs.values["banned_until"] is None


def test_parameters_change_on_their_dates():
    source = changed("2021-01-01: P18Y", "2021-01-01: P18Y\n    2026-07-02: P16Y")
    book = load(source)
    evidence = {"population": ("found", {"born": "2010-07-01"})}
    answers = {"consent": True}

    def judged(day):
        return judge(book, gather_inputs(book, answers, evidence, {}, datetime.date(2026, 7, day)))

    before, after = judged(1), judged(2)
    assert (before.outcome, after.outcome) == ("refer", "approve")
    words = [explain(book, found.payload(), "en")[0].words for found in (before, after)]
    assert words == ["At least 18 years old", "At least 16 years old"]


def test_a_list_that_may_be_incomplete_never_proves_an_every():
    source = text("sole_trader")
    whole = "    complete: yes\n"
    partial = load(changed(whole, "    complete: no\n", source))
    case = partial.pack.cases[0]
    found = judge(partial, pack_tests.inputs_of(partial, case))
    assert result(found, "name_unused").result == "unknown"


def test_an_undisclosed_condition_tells_the_applicant_no_facts():
    book = BOOKS["graduate_settlement"]
    payload = verdict(book, "有犯罪记录").payload()
    lines = {line.id: line for line in explain(book, payload, "zh-hans")}
    shown = {line.id: line for line in explain(book, payload, "zh-hans", officer=True)}
    assert (lines["no_crime"].result, lines["no_crime"].values) == ("unmet", ())
    assert [value.text for value in shown["no_crime"].values] == ["是"]


def test_explanations_need_nothing_but_the_edition_and_the_stored_payload():
    book = BOOKS["graduate_settlement"]
    payload = json.loads(canonical.dumps(verdict(book, "毕业满两年又一天").payload()))
    line = next(line for line in explain(book, payload, "zh-hans") if line.id == "recent")
    assert line.words == "毕业不超过 2 年"
    assert line.status == "不符合"
    assert [(v.label, v.text, v.source) for v in line.values][1] == (
        "毕业日期",
        "2024年6月30日",
        "高等教育学历信息库",
    )
    english = next(line for line in explain(book, payload, "en") if line.id == "recent")
    assert english.words == "Graduated no longer than 2 years ago"


@pytest.mark.parametrize("name", sorted(BOOKS))
@given(data=st.data())
@settings(max_examples=EXAMPLES, deadline=None)
def test_nobody_is_approved_on_an_unknown_that_some_answer_would_not_approve(name, data):
    """Replace any subset of facts by UNKNOWN: approve only if every completion approves."""
    book = BOOKS[name]
    case = data.draw(st.sampled_from(book.pack.cases))
    consents = data.draw(
        st.dictionaries(st.sampled_from([*book.consents, "cosign"]), st.just("granted"))
    )
    stored = pack_tests.inputs_of(book, case).to_json() | {"consents": consents}
    facts = sorted(set(stored) & set(book.facts))
    hidden = data.draw(st.sets(st.sampled_from(facts), min_size=1))
    part = {key: value for key, value in stored.items() if key not in hidden}
    found = judge(book, read_inputs(book, part))
    if found.outcome != "approve":
        return
    others = [pack_tests.inputs_of(book, other).to_json() for other in book.pack.cases]
    for other in others:  # the true completion, and those of every other case
        whole = part | {key: other[key] for key in hidden if key in other}
        assert judge(book, read_inputs(book, whole)).outcome in ("approve",), hidden
    assert judge(book, read_inputs(book, stored)).outcome == "approve"


@pytest.mark.parametrize("name", sorted(BOOKS))
@given(data=st.data())
@settings(max_examples=EXAMPLES, deadline=None)
def test_an_unknown_never_turns_into_met_or_unmet_what_some_answer_would_not(name, data):
    book = BOOKS[name]
    stored = pack_tests.inputs_of(book, data.draw(st.sampled_from(book.pack.cases))).to_json()
    facts = sorted(set(stored) & set(book.facts))
    hidden = data.draw(st.sets(st.sampled_from(facts), min_size=1))
    part = judge(book, read_inputs(book, {k: v for k, v in stored.items() if k not in hidden}))
    whole = judge(book, read_inputs(book, stored))
    for less, more in zip(part.findings, whole.findings, strict=True):
        assert less.result in ("unknown", more.result), less.id


_REPLAY = """
import sys
from ledger import canonical
from services import pack_tests
from services.verdict import judge
from city.reader import load as load_city
from pathlib import Path
from services.edition import load
city = load_city(Path(sys.argv[1]).parents[1])
for path in sys.argv[1:]:
    book = load(open(path, encoding="utf-8").read(), path, city=city)
    for case in book.pack.cases:
        inputs = pack_tests.inputs_of(book, case)
        sys.stdout.buffer.write(canonical.dumps(inputs.to_json()) + b"\\n")
        sys.stdout.buffer.write(canonical.dumps(judge(book, inputs).payload()) + b"\\n")
"""


def test_the_same_bytes_in_another_process_zone_and_hash_seed():
    files = sorted(str(path) for path in FOLDER.glob("*.yaml"))

    def run(zone, seed):
        environment = os.environ | {"TZ": zone, "PYTHONHASHSEED": seed}
        return subprocess.run(
            [sys.executable, "-c", _REPLAY, *files],
            env=environment,
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout

    outputs = {run("UTC", "0"), run("Pacific/Kiritimati", "1"), run("America/Adak", "4242")}
    assert len(outputs) == 1
    assert len(outputs.pop().splitlines()) == 2 * sum(
        len(load(Path(path).read_text("utf-8")).pack.cases) for path in files
    )


def test_a_changed_operator_changes_the_verdict():
    source = changed("born + adult <= as_of", "born + adult < as_of")
    outcomes = []
    for book in (load(SMALL), load(source)):
        outcomes.append(judge(book, pack_tests.inputs_of(book, load(SMALL).pack.cases[0])).outcome)
    assert outcomes == ["approve", "refer"]


def test_of_a_registrys_records_the_declared_parts_are_read_and_no_more():
    book = BOOKS["ride_hail_driver"]
    case = book.pack.cases[0]
    whole = {"identifier": "A", "kind": "residence_permit", "state": "valid", "number": "JZ1"}
    evidence = answered(case) | {
        "certificates": ("found", {"held": [whole | {"issuer": "x"}]}),
        "criminal": (
            "found",
            {
                "name": "王五",
                "drugs": False,
                "record": True,
                "records": [{"case": "A", "kind": "盗窃", "ended": "2019-01-01"}],
            },
        ),
    }
    inputs = gather_inputs(book, case.answers, evidence, {}, case.as_of)
    assert judge(book, inputs).outcome == "approve"
    stored = inputs.to_json()
    assert stored["held"] == [{"identifier": "A", "kind": "residence_permit", "state": "valid"}]
    assert stored["crimes"] == [{"case": "A", "kind": "盗窃"}]
    barred = evidence["criminal"][1] | {"records": [{"case": "A", "kind": "抢劫", "ended": None}]}
    inputs = gather_inputs(
        book, case.answers, evidence | {"criminal": ("found", barred)}, {}, case.as_of
    )
    assert result(judge(book, inputs), "no_crime").result == "unmet"
