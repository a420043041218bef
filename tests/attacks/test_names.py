"""A1: nobody gets a certificate in another name than the register's, however it is written."""

import unicodedata

import pytest

from approvals import actions
from approvals.models import Application, Decision
from exchange.queries import Answer
from ledger.clock import now
from people import names
from tests.approvals import cases
from tests.approvals.program import Program
from tests.attacks import outside

pytestmark = pytest.mark.usefixtures("furnished")

SERVICES = {
    "graduate_settlement": cases.graduate_answers,
    "sole_trader": cases.trader_answers,
}


def attempt(number, name, service="graduate_settlement"):
    return outside.submit(outside.body(service, number, name, SERVICES[service]()))


def another_name(name):
    """What is not the person: other people, other characters, more characters, nothing at all."""
    first, last = name[0], name[-1]
    other = outside.graduate(40).name
    yield from (
        other,
        name[::-1],
        name[:-1],
        name[1:],
        name + last,
        name + "一",
        "",
        " ",
        "某",
        "·",
    )
    yield from (f"{first}·{name[1:]}", f"{first}-{name[1:]}", f"{first}\n{name[1:]}")
    yield from ("<img src=x onerror=alert(1)>", f"<b>{name}</b>", f"{name}<!-- -->", "&#x6c6a;")
    yield from (f"{name}'; DROP TABLE people_user; --", f"{name}\\", f'{name}"', f"{{{name}}}")
    yield from ("{{7*7}}", "${7*7}", "%s", "%00", f"{name}%20", f"../{name}", f"{name}（别名）")
    yield from ("王" * 100, name * 30, "é" * 60, "a\u0301" * 200)
    yield from (f"{name}、{other}", f"{name}/{other}", f"{other}·{name}", f"{name}\t{other}")
    yield from ("null", "None", "undefined", "*", "_%", f"%{name}%", ".*")
    # characters that nobody sees, in each place
    for code in INVISIBLE:
        yield first + code + name[1:]
        yield name + code
        yield code + name


INVISIBLE = [
    chr(code)
    for code in (
        0x00, 0x01, 0x08, 0x0B, 0x1B, 0x7F, 0x85, 0x9F, 0xAD, 0x034F, 0x061C, 0x115F, 0x1160,
        0x17B4, 0x180B, 0x180E, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A,
        0x202E, 0x2060, 0x2061, 0x2066, 0x2069, 0x206A, 0x2800, 0x3164, 0xFE00, 0xFE0F, 0xFEFF,
        0xFFA0, 0xFFF9, 0xFFFC, 0xFFFD, 0xE000, 0xF8FF, 0xE0001, 0xE0041, 0xE007F, 0xE0100,
        0xE01EF, 0xF0000, 0x10FFFD, 0x1D173, 0x0378, 0xFFFE, 0x1F600, 0x20E3, 0x0301,
    )
]  # fmt: skip


def test_no_other_name_gets_a_certificate():
    who = outside.graduate()
    through = []
    names = list(another_name(who.name))
    assert len(names) > 190
    for name in names:
        with outside.undone():
            seen = attempt(who.number, name)
            if seen.state not in ("http 422", "http 400", "review"):
                through.append((name, seen.state, seen.holder))
            elif seen.state == "review":  # then no screen shows a text that nobody sees
                assert seen.case.applicant_name.isprintable(), ascii(seen.case.applicant_name)
    assert not through, [ascii(t) for t in through]


LOOK_ALIKE = [
    ("升", "昇"), ("国", "國"), ("户", "戶"), ("户", "户\ufe00"), ("禅", "禪"), ("己", "已"),
    ("未", "末"), ("王", "壬"), ("吕", "呂"), ("青", "靑"), ("真", "眞"), ("内", "內"),
    ("高", "髙"), ("吴", "吳"), ("黄", "黃"), ("德", "徳"), ("清", "淸"), ("温", "溫"),
    ("兰", "蘭"), ("丽", "麗"), ("金", "⾦\u200d"), ("一", "ー"), ("一", "—"), ("口", "囗"),
    ("卜", "ト"), ("二", "ニ"), ("力", "カ"), ("夕", "タ"), ("工", "エ"), ("八", "ハ"),
    ("日", "曰"), ("土", "士"), ("晋", "晉"), ("户", "戸"), ("O", "О"), ("A", "Α"), ("A", "А"),
    ("e", "е"), ("I", "l"), ("l", "1"), ("o", "0"), ("ss", "ß"), ("i", "ı"), ("K", "\u212a\u200b"),
    ("s", "ſ\u0307"), ("郎", "郞"), ("朗", "朖"), ("艾买提", "艾買提"), ("·", "-"), ("·", "‧"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong"), LOOK_ALIKE, ids=ascii)
def test_a_character_that_looks_alike_is_another_name(right, wrong):
    """The register has ``right``; written ``wrong`` it is at most a matter for an officer."""
    who = outside.graduate(1)
    base = "汪{}云" if right not in "·-" else "汪{}云山"
    outside.rename(who.number, base.format(right))
    seen = attempt(who.number, base.format(wrong))
    if seen.state == "returned":  # a degree in another name is no part of this attack
        return
    middle_dots = {"‧", "-"}
    assert seen.state in ("http 422", "review") or (
        wrong in middle_dots and seen.holder == base.format(right)
    ), (seen.state, seen.holder)


SAME = [
    (" {}", "leading space"), ("{} ", "trailing space"), ("\u3000{}\u3000", "ideographic spaces"),
    ("\u00a0{}", "no-break space"), ("\u2003{}\u2009", "other widths of space"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "why"), SAME)
def test_the_same_name_with_spaces_around_it_is_the_registers_name(form, why):
    who = outside.graduate(9)
    seen = attempt(who.number, form.format(who.name))
    assert (seen.state, seen.holder) == ("approved", who.name), (
        why,
        seen.case and seen.case.handover,
    )


DOTS = "·•・．‧∙⋅･·"


@pytest.mark.parametrize("dot", DOTS, ids=lambda dot: f"U+{ord(dot):04X}")
@pytest.mark.parametrize("registered", ["·", "・", "•"])
def test_however_the_dot_is_written_the_paper_has_the_registers_one(dot, registered):
    """The registers of the city do not agree on the dot of 买买提·艾力 either."""
    who = outside.graduate(3)
    outside.rename(who.number, f"买买提{registered}艾力")
    with outside.undone():
        seen = attempt(who.number, f"买买提{dot}艾力", "sole_trader")
        assert seen.state in ("approved", "http 422", "review")
        if seen.holder:
            assert seen.holder == "买买提·艾力"
        if dot in "·•・．":  # the four that the point names
            assert seen.state == "approved", seen.case and seen.case.handover
    for wrong in ("买买提艾力", f"艾力{dot}买买提", f"买买提{dot}{dot}艾力", f"买买{dot}提艾力"):
        with outside.undone():
            assert attempt(who.number, wrong, "sole_trader").state in ("http 422", "review")


COMPATIBILITY = [
    ("\uf91d", "欄"), ("\uf9dc", "隆"), ("\ufa19", "神"), ("\ufa1b", "福"), ("\uf900", "豈"),
    ("\U0002f800", "丽"), ("\ufa0c", "兀"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "means"), COMPATIBILITY, ids=ascii)
def test_a_compatibility_ideograph_is_the_character_that_it_stands_for(written, means):
    assert unicodedata.normalize("NFC", written) == means
    who = outside.graduate(4)
    outside.rename(who.number, f"汪{means}")
    with outside.undone():
        assert attempt(who.number, f"汪{written}", "sole_trader").holder == f"汪{means}"
    outside.rename(who.number, f"汪{written}")
    with outside.undone():
        assert attempt(who.number, f"汪{means}", "sole_trader").holder == f"汪{means}"


@pytest.mark.parametrize("name", [None, "", " ", "·", "<b>汪</b>", "汪\u202e云", "汪\x01云"])
def test_a_register_that_gives_no_proper_name_approves_nobody(name):
    who = outside.graduate(5)
    outside.rename(who.number, name)
    for written in {who.name, str(name or ""), "汪云"}:
        with outside.undone():
            seen = attempt(who.number, written)
            assert seen.state in ("http 422", "review"), (written, seen.state)


@pytest.mark.parametrize("written", ["买买提•艾力", "买买提．艾力", "买买提・艾力 "])
def test_two_registers_that_write_the_dot_otherwise_mean_one_person(written):
    """The degree is in the person's own name; the education registry only types it otherwise."""
    who = outside.graduate(10)
    outside.rename(who.number, "买买提·艾力")
    reply = Program().post(
        outside.body("graduate_settlement", who.number, "买买提·艾力", cases.graduate_answers())
    )
    case = Application.objects.get(number=reply.json["number"])
    record = {**cases.CITY.record("education", who.number), "name": written}
    degree = Answer("education", case.applicant, "found", record, version="1", at=now())
    cases.answer_checks(case, education=degree)
    seen = outside.settled(reply, case)
    assert (seen.state, seen.holder) == ("approved", "买买提·艾力")


def test_a_degree_in_another_persons_name_stays_another_persons():
    who = outside.graduate(10)
    outside.rename(who.number, "买买提·艾力")
    for written in ("买买提艾力", "艾力·买买提", "買買提·艾力", "买买提·艾\u200b力", "买买提-艾力"):
        with outside.undone():
            reply = Program().post(
                outside.body(
                    "graduate_settlement", who.number, "买买提·艾力", cases.graduate_answers()
                )
            )
            case = Application.objects.get(number=reply.json["number"])
            record = {**cases.CITY.record("education", who.number), "name": written}
            degree = Answer("education", case.applicant, "found", record, version="1", at=now())
            cases.answer_checks(case, education=degree)
            assert outside.settled(reply, case).state == "review", ascii(written)


def test_every_field_of_the_certificate_has_the_same_name():
    who = outside.graduate(11)
    for registered in ("汪\ufa19", "汪\uf91d", "汪\U0002f800", " 汪神", "艾力・买买提"):
        outside.rename(who.number, registered)
        with outside.undone():
            seen = attempt(who.number, registered, "sole_trader")
            printed = {field["id"]: field["value"] for field in seen.payload["fields"]}
            assert printed["operator_name"] == names.normal(registered), ascii(printed)
            assert not any(registered in value for value in printed.values()), ascii(printed)


def test_a_person_who_is_not_in_the_register_is_not_approved():
    who = outside.graduate(6)
    stranger = "11010519491231002X"  # the example number of GB 11643-1999
    assert attempt(stranger, who.name).state == "review"
    assert attempt(stranger, who.name, "sole_trader").state == "review"


def test_the_number_in_other_spellings_is_the_same_person_or_none():
    """The last sign of GB 11643 is X; small, or full-width, it is still this person's."""
    who = next(p for p in cases.graduates() if p.number.endswith("X"))
    wide = who.number.translate({i: i + 0xFEE0 for i in range(0x21, 0x7F)})
    spellings = [who.number.lower(), wide, f" {who.number} ", wide.lower(), who.number + "\u200b"]
    spellings += [who.number[:-1] + "Х", who.number[:-1] + "×", who.number[:-1] + "Ⅹ"]
    spellings += ["".join("٠١٢٣٤٥٦٧٨٩"[int(c)] if c.isdigit() else c for c in who.number)]
    known = set()
    for number in spellings:
        with outside.undone():
            seen = attempt(number, who.name)
            if seen.case:
                known.add(seen.case.applicant)
                assert seen.holder in ("", who.name)
            else:
                assert seen.reply.status == 422, (number, seen.reply.raw[:200])
    with outside.undone():
        assert known <= {attempt(who.number, who.name).case.applicant}


def test_receipt_and_certificate_carry_the_registers_name():
    who = outside.graduate(7)
    seen = attempt(who.number, f"\u3000{who.name} ")
    receipt = Program().get(f"/api/v1/applications/{seen.case.number}/receipt")
    assert who.name in receipt.raw.decode() and f"{who.name} " not in receipt.raw.decode()
    assert Decision.objects.get(application=seen.case).outcome == "approve"
    assert seen.case.applicant_name in (who.name, f"\u3000{who.name} ".strip())


def test_the_name_counts_again_after_a_correction_and_when_the_register_changed():
    who = outside.graduate(8)
    answers = cases.graduate_answers(address="440305-9999999")
    seen = outside.submit(outside.body("graduate_settlement", who.number, who.name, answers))
    assert seen.state == "returned"
    outside.rename(who.number, "汪另人")
    applicant = actions.Applicant("person", who.number, who.name)
    actions.resubmit(
        number=seen.case.number,
        answers=cases.graduate_answers(),
        by=cases.citizen(applicant),
        now=now(),
    )
    case = Application.objects.get(pk=seen.case.pk)
    cases.answer_checks(case)
    assert outside.settled(seen.reply, case).state == "review"
