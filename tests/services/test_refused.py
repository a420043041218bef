"""What is refused where officers publish: with file, line and reason, the live edition untouched.

By the commands, as officers give them: `pack propose`; and `pack check`, which says it before.
"""

from __future__ import annotations

import datetime
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ledger.clock import now as clock_now
from ledger.models import Event
from services import catalogue, publish
from services.models import Edition, Proposal, Service
from tests.bundles.spec import TRIAL, city_with
from tests.services.editions import approved, published, with_officers
from tests.services.packs import LI, SMALL, changed, line_of, text

pytestmark = pytest.mark.django_db
DAY = datetime.date(2027, 1, 1)
Command = tuple[str, ...]
SAID = re.compile(r"^(?P<file>.+?):(?P<line>[0-9]+): (?P<zh>.+?) / (?P<en>.+)$", re.M)


def command(*words: str) -> tuple[int, str]:
    """Give a command; return its exit code and what it says of errors."""
    err = io.StringIO()
    try:
        call_command("pack", *words, stdout=io.StringIO(), stderr=err)
    except SystemExit as stop:
        return int(stop.code or 0), err.getvalue()
    except CommandError as error:
        return 1, str(error)
    return 0, err.getvalue()


@pytest.fixture
def policy() -> None:
    with_officers()


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(content: str | bytes, name: str = "bus_pass.yaml") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def reasons(said: str, path: Path) -> list[tuple[int, str, str]]:
    """Line, Chinese and English of each fault, all of this file."""
    found = list(SAID.finditer(said))
    assert found, said
    assert {one["file"] for one in found} == {str(path)}, said
    assert all(re.search("[\u4e00-\u9fff]", one["zh"]) for one in found), said
    return [(int(one["line"]), one["zh"], one["en"]) for one in found]


PROPOSE: Command = ("propose", "--by", "li")
CHECK: Command = ("check",)


def refused(
    path: Path,
    part: str,
    line: int,
    *,
    service: str = "bus_pass",
    commands: tuple[Command, ...] = (CHECK, PROPOSE),
) -> None:
    """Each command refuses the file for this reason on this line, and what is live stays so."""
    live = catalogue.current(service, DAY)
    assert live is not None
    before = (Edition.objects.count(), Event.objects.count(), Service.objects.count())
    for verb, *more in commands:
        code, said = command(verb, str(path), *more)
        found = reasons(said, path)
        assert code == 1 and any(part in en and at == line for at, _zh, en in found), said
    assert not Proposal.objects.filter(edition=None).exists()
    assert (Edition.objects.count(), Event.objects.count(), Service.objects.count()) == before
    assert catalogue.current(service, DAY) == live


CERTIFICATE = """
certificate:
  kind: bus_pass
  type21: 11100000000013338W909
  zh: 甲
  en: A
  number: 'serial:JL'
  valid: P30D
  fields:
  - {id: born, zh: 出生日期, en: Date of birth, value: born}

tests:"""
GUARD = "guards:\n- {id: once, key: [%s], while: [open], zh: 一次, en: once, law: 示例}\n"
FEE = "fee: {amount: '%s', pay: {zh: 窗口, en: desk}, zh: 五元, en: five, law: 示例}\n"
BORN = "  evidence: {population: {born: 2008-07-01}}"
QUESTION = "    more: {%s, x-zh: 甲, x-en: A}\n    consent:\n"
RULES, ASKED, CHECKED = "requirements:\n", "    consent:\n", "\ntests:"


def of(before: str, after: str, line: str, part: str, source: str = SMALL) -> Any:
    """A pack with one part replaced, refused for ``part`` on the line that begins with ``line``."""
    return pytest.param(changed(before, after, source), line, part, id=part[:40])


WITH = changed(CHECKED, CERTIFICATE)


@pytest.mark.parametrize(
    ("source", "line", "part"),
    [
        # the list of the issue
        of("2021-01-01: P18Y", "2026-01-02: P18Y", "  adult:", "has no value between 2026-01-01"),
        of(RULES, "district: '\"440399\"'\n" + RULES, "district:", "no district 440399"),
        of(RULES, GUARD % "nobody" + RULES, "- {id: once", "no input named 'nobody'"),
        pytest.param(
            SMALL.replace("population", "popul"), "  popul:", "no registry popul", id="registry"
        ),
        # guards, terms, fees, certificates
        of(RULES, GUARD % "'\"x\"'" + RULES, "- {id: once", "one case for the whole city"),
        of(
            "correct_within: {days: 15}", "correct_within: {days: 0}", "correct", "one day at least"
        ),
        of("statutory: {days: 20", "statutory: {days: 0", "  statutory", "one day at least"),
        of("promised: {days: 1,", "promised: {days: 21,", "  promised", "21 days are promised"),
        of("{days: 15}", "{days: -1}", "correct_within", "a whole number from 0"),
        of(RULES, FEE % "-5" + RULES, "- name: 十八岁生日当天", "fee of -5 yuan"),
        of(RULES, FEE % "0.001" + RULES, "- name: 十八岁生日当天", "fee of 0.001 yuan"),
        of(RULES, FEE % "null" + RULES, "fee:", "must give number, not Null"),
        of("valid: P30D", "valid: P0D", "  valid", "P0D is no term", WITH),
        of("valid: P30D", "valid: P9999Y", "  valid", "P9999Y is no term", WITH),
        of("valid: P30D", "valid: P1W", "  valid", "has none of the forms", WITH),
        of(
            "valid: P30D",
            "valid: {by: born, zh: 甲, en: A}",
            "- name: 十八岁生日当天",
            "last day is not known, or has passed",
            WITH,
        ),
        of("13338W909", "13338X909", "  type21", "no unified social credit code", WITH),
        # dates, codes and texts
        of("from: 2026-01-01", "from: 2026-02-29", "in_force_from", "2026-02-29 is not a date"),
        of("from: 2026-01-01", "from: 20260101", "in_force_from", "a date is written 2026-01-31"),
        of("    2021-01-01:", "    2021-02-29:", "    2021-02-29", "2021-02-29 is not a date"),
        of("service: bus_pass", "service: Bus_pass", "service:", "small letters, digits and _"),
        of("law: 依据的法律法规", "law: ' '", "law:", "nothing but spaces"),
        of("law: 依据的法律法规", "law:", "law:", "must have at least 1 characters"),
        of("给谁办。", "给谁办，如 11010519491231002X。", "summary", "holds no ID number"),
        of("applicant: person", "applicant: yes", "applicant", "one of: person, enterprise"),
        # questions that nobody can answer, or that nothing can name
        of(ASKED, QUESTION % "type: integer, minimum: 9, maximum: 3", "    more", "minimum 9 is"),
        of(
            ASKED,
            QUESTION % "type: string, minLength: 9, maxLength: 3",
            "    more",
            "minLength 9 is above maxLength 3",
        ),
        of(ASKED, QUESTION % "type: string, enum: []", "    more", "nothing to choose from"),
        of(ASKED, QUESTION % "type: string, enum: [a, a]", "    more", "'a' stands twice"),
        of(
            ASKED,
            (QUESTION % "type: string, maxLength: 9").replace("more", "a/b~c"),
            "    a/b~c",
            "a/b~c is no name",
        ),
        of(ASKED, QUESTION % "type: string, maxLength: 10001", "    more", "maxLength is 10000 at"),
        # what an escape hides
        of("law: 依据的法律法规", 'law: "a\\0b"', "law:", "hidden character U+0000"),
        of("law: 依据的法律法规", 'law: "a\\u202eb"', "law:", "hidden character U+202E"),
        of(ASKED, '    "a\\u200b": {}\n' + ASKED, '    "a', "hidden character U+200B"),
        # the file itself
        pytest.param("", "", "a map of keys to values", id="empty"),
        pytest.param("# nothing\n", "#", "a map of keys to values", id="remarks alone"),
        pytest.param("- a\n- b\n", "- a", "a map of keys to values", id="list"),
        pytest.param(f"\ufeff{SMALL}", "", "begins with a BOM", id="BOM"),
        pytest.param(f"{SMALL}\n---\nservice: x\n", "---", "one document", id="documents"),
        pytest.param(f"{SMALL}#{'x' * 10_000_000}", "", "over 200 kB", id="10 MB"),
        pytest.param(f"{SMALL}x: &a [1]\ny: [*a, *a]\n", "x: &a", "no anchors", id="bomb"),
        of("applicant: person", "applicant： person", "visits", "not the full-width colon"),
        of("  properties:", "\tproperties:", "\tproperties", "indented by a tab"),
        of("visits: 0", "visits: 0\nvisits: 1", "visits: 1", "stands twice"),
        of("applicant: person", "applicant: !!int person", "applicant", "no tags"),
    ],
)
def test_a_bad_pack_is_refused_with_its_line_and_what_is_live_stays(
    source: str, line: str, part: str, policy: None, written: Any, now: datetime.datetime
) -> None:
    published(SMALL, now)
    at = line_of(f"\n{line}", f"\n{source}") if line else 1
    refused(written(source), part, at)


def test_an_entitlement_without_an_end_is_refused(
    policy: None, written: Any, now: datetime.datetime
) -> None:
    source = text("old_age_allowance")
    published(source, now, file="old_age_allowance.yaml")
    begins = source.index("  ends:")
    endless = source[:begins] + re.sub(r"\A  ends:\n(?:  - .*\n|    .*\n)+", "", source[begins:])
    assert "\n  ends:" not in endless and "\n  suspends:" in endless
    path = written(endless, "old_age_allowance.yaml")
    line = line_of("\nentitlement:", f"\n{endless}")
    refused(path, "no end conditions", line, service="old_age_allowance")


@pytest.mark.parametrize(
    ("content", "line", "part"),
    [
        (SMALL.encode("gbk", "replace"), 3, "not in UTF-8"),
        (SMALL.encode("utf-16"), 1, "not in UTF-8"),
        (b"\xff\xfe\x00" * 9, 1, "not in UTF-8"),
    ],
)
def test_a_file_in_another_encoding_is_named_and_the_others_are_read(
    content: bytes, line: int, part: str, policy: None, written: Any, now: datetime.datetime
) -> None:
    published(SMALL, now)
    refused(written(content), part, line)
    path, good = written(content), written(SMALL, "good.yaml")
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("pack", "check", str(path), str(good), stdout=out, stderr=io.StringIO())
    assert f"{good}: ok" in out.getvalue()


def test_what_is_no_file_is_named(policy: None, tmp_path: Path, now: datetime.datetime) -> None:
    published(SMALL, now)
    refused(tmp_path, "cannot be read", 1)
    refused(tmp_path / "none.yaml", "cannot be read", 1)


def test_two_services_of_a_bundle_that_ask_a_fact_differently_are_refused(
    policy: None, written: Any, settings: Any, tmp_path: Path, now: datetime.datetime
) -> None:
    """The bundle's own line says which two: its form would ask one question for both."""
    for name in ("graduate_settlement", "social_transfer", "sole_trader"):
        published(text(name), now, file=f"{name}.yaml")
    folder = tmp_path / "city"
    folder.mkdir()
    made = city_with(folder, trial=TRIAL).bundles["trial"]
    settings.CITY = replace(settings.CITY, bundles={**settings.CITY.bundles, "trial": made})
    live = catalogue.current("social_transfer", DAY)
    source = text("social_transfer").replace("format: phone", "format: date")
    bounded = "format: date\n      formatMinimum: '1900-01-01'\n      formatMaximum: '2100-12-31'\n"
    source = source.replace("format: date\n", bounded)
    path = written(source, "social_transfer.yaml")
    code, said = command("propose", str(path), "--by", "li")
    assert code == 1 and "are one question, and take different answers" in said, said
    assert all(one["file"].endswith("bundles.yaml") for one in SAID.finditer(said)), said
    assert catalogue.current("social_transfer", DAY) == live
    assert not Proposal.objects.filter(edition=None).exists()


def test_two_services_that_claim_one_kind_or_scope_differently_are_refused(
    policy: None, written: Any, now: datetime.datetime
) -> None:
    published(WITH, now, file="bus_pass.yaml")
    shared = changed("- {id: once, ", "- {id: once, scope: passes, ", GUARD % "applicant")
    first = changed("service: bus_pass", "service: tram_pass", WITH)
    published(changed(RULES, shared + RULES, first), now)
    code = changed("13338W909", "13338W910", WITH)
    reason, at = "bus_pass of tram_pass has the type code", line_of("  type21", code)
    refused(written(code), reason, at, commands=(PROPOSE,))
    two = changed("[applicant]", "[applicant, applicant]", shared)
    source = changed(RULES, two + RULES, WITH)
    reason, at = "a key of passes has 1 parts in tram_pass", line_of("- {id: on", source)
    refused(written(source), reason, at, commands=(PROPOSE,))


@pytest.mark.parametrize(
    ("service", "before", "after"),
    [
        ("sole_trader", "consumes: [name_reservation]", "consumes: [name_reservatoin]"),
        (
            "simplified_deregistration",
            "changes:\n  certificate: business_licence",
            "changes:\n  certificate: business_license",
        ),
        (
            "residence_endorsement",
            "endorses:\n  certificate: residence_permit",
            "endorses:\n  certificate: residence_permits",
        ),
    ],
)
def test_what_no_service_of_the_city_issues_is_neither_changed_endorsed_nor_used_up(
    policy: None, written: Any, now: datetime.datetime, service: str, before: str, after: str
) -> None:
    """As it is, it goes first: which is published before which does not matter."""
    source = text(service)
    published(source, now, file=f"{service}.yaml")
    wrong = changed(before, after, source)
    kind = after.split()[-1].strip("[]")
    reason = f"no service of the city issues {kind} ("
    line = line_of(after, wrong) + after.count("\n")
    refused(written(wrong, f"{service}.yaml"), reason, line, service=service)


def test_a_next_version_is_no_first_one(
    policy: None, settings: Any, written: Any, now: datetime.datetime
) -> None:
    """Where the permit itself is issued no more, nobody has one to be replaced."""
    packs = tuple(path for path in settings.CITY.packs if path.stem != "residence_permit")
    settings.CITY = replace(settings.CITY, packs=packs)
    path = written(text("residence_card"), "residence_card.yaml")
    code, said = command("check", str(path))
    ((_line, zh, en),) = reasons(said, path)
    assert code == 1 and "no service of the city issues residence_permit (" in en
    assert "没有事项签发 residence_permit" in zh
    assert command("check", str(path))[0] == 1


def test_of_two_editions_for_the_same_days_the_author_says_which_counts(
    policy: None, written: Any, now: datetime.datetime
) -> None:
    published(SMALL, now)
    begins = "in_force_from: 2026-01-01"
    later = published(changed(begins, "in_force_from: 2099-07-01"), now)
    between = changed(begins, "in_force_from: 2099-05-01")
    path = written(between)
    code, said = command("propose", str(path), "--by", "li")
    ((line, _zh, en),) = reasons(said, path)
    assert code == 1 and line == line_of("in_force_from", between)
    assert "bus_pass v2 begins on 2099-07-01" in en and "--until 2099-07-01" in en
    wrong = command("propose", str(path), "--by", "li", "--until", "2099-06-01")
    assert wrong[0] == 1 and not Proposal.objects.filter(edition=None).exists()
    assert command("propose", str(path), "--by", "li", "--until", "2099-07-01") == (0, "")
    proposal = approved(Proposal.objects.get(edition=None), clock_now())
    assert command("publish", str(proposal.pk), "--by", "wang") == (0, "")
    in_between = catalogue.current("bus_pass", datetime.date(2099, 6, 30))
    assert in_between is not None and in_between.number == 3
    assert catalogue.current("bus_pass", datetime.date(2099, 7, 1)) == later


def test_what_was_overtaken_since_it_was_proposed_is_proposed_again(
    policy: None, now: datetime.datetime
) -> None:
    published(SMALL, now)
    begins = "in_force_from: 2026-01-01"
    first = publish.propose(changed(begins, "in_force_from: 2099-05-01"), by=LI, now=now)
    soon = now + datetime.timedelta(minutes=1)
    published(changed(begins, "in_force_from: 2099-07-01"), soon)
    approved(first, now)
    code, said = command("publish", str(first.pk), "--by", "wang")
    assert code == 1 and "propose the draft again" in said and "重新提出" in said
    assert Edition.objects.filter(service="bus_pass").count() == 2


def test_a_file_of_the_city_is_named_as_its_service(
    policy: None, written: Any, settings: Any
) -> None:
    """`sole_trader.yaml` with another service in it would go live in the place of neither."""
    path = written(SMALL, "sole_trader.yaml")
    settings.CITY = replace(settings.CITY, packs=(path,))
    code, said = command("propose", "--by", "li")
    ((line, _zh, en),) = reasons(said, path)
    assert (code, line) == (1, 2) and "sole_trader, is named otherwise" in en
    assert not Service.objects.exists()
