"""What a holder has of a certificate: his page, the next application, and what changes later."""

import datetime as dt
import random
from copy import copy
from dataclasses import replace

import pytest

import bulk
from certificates.actions import issue, record_receipt, suspend
from certificates.models import Certificate, Filing
from certificates.queries import dependents, filings_of, held_by
from exchange.models import Lookup, Partner
from exchange.queries import Query
from exchange.registries import query_registries
from ledger.identifiers import uuid7
from people import program_secrets
from people.actors import ENGINE, Actor, Kind
from people.models import User
from tests.certificates.conftest import CITIZEN, rulebook
from tests.certificates.test_filing import item
from tests.factories import PartnerFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def holder(db):
    return UserFactory(citizen=True, subject=CITIZEN)


@pytest.fixture
def licence(order, now):
    PartnerFactory(code="police", name_zh="市公安局")
    plan = (item("seal", "police"), item("branch", "", applies=False))
    book = rulebook(filings=plan, number="uscc:91", valid="")
    return issue([order(rulebook=book)], by=ENGINE, now=now)[0]


def test_the_holder_sees_paper_filings_and_why_others_do_not_apply(client, holder, licence, now):
    url = f"/certificates/{licence.public_id}/"
    assert client.get(url).status_code == 302
    client.force_login(holder)
    page = client.get(url).content.decode()
    assert "seal备案" in page and "已推送" in page and "市公安局" in page
    assert "branch备案" in page and "无分支机构" in page
    assert f'{licence.public_id}.svg"' in page and "hx-get" in page
    filing = Filing.objects.get(item="seal")
    data = {"filing": str(filing.pk), "outcome": "accepted", "receipt": "GA-77"}
    record_receipt(data, by=Actor(Kind.AGENCY, "police"), now=now)
    part = client.get(url + "filings/").content.decode()
    assert "GA-77" in part and "hx-get" not in part
    client.force_login(UserFactory(citizen=True))
    assert client.get(url).status_code == client.get(url + "filings/").status_code == 404


@pytest.mark.parametrize("after", [[31 * 60], [25 * 60] * 20], ids=["idle", "eight hours"])
@pytest.mark.parametrize("page", ["/", "/filings/", ".svg", ".png", ".jws"])
def test_an_officers_session_ends_on_certificates_pages_too(
    client, officer, licence, monkeypatch, page, after
):
    at = [1_772_416_800.0]
    monkeypatch.setattr("people.second_factor.time.time", lambda: at[0])
    client.force_login(User.objects.get(username=officer.code))
    url = f"/certificates/{licence.public_id}{page}"
    assert client.get(url).status_code == 200
    answers = []
    for seconds in after:
        at[0] += seconds
        answers.append(client.get(url))
    assert answers[-1].status_code == 302 and "/login/" in answers[-1]["Location"]
    assert sum(a.status_code == 200 for a in answers) * 25 * 60 <= 8 * 3600
    assert client.get("/desk/").status_code == 302


def test_a_citizen_without_a_number_holds_nothing(client, order, now, licence):
    """An empty index is nobody's: it must not open certificates that have none either."""
    client.force_login(UserFactory(citizen=True, subject=""))
    assert client.get(f"/certificates/{licence.public_id}/").status_code == 404


def test_what_the_city_holds_is_evidence_in_the_next_application(order, officer, now):
    (made,) = issue([order()], by=ENGINE, now=now)
    queries = [
        Query(
            case="GS9",
            registry="certificates",
            subject=subject,
            number="x",
            fields=("held",),
            purpose="免证办",
            basis="国令716",
        )
        for subject in (CITIZEN, "f" * 32)
    ]
    found, none = query_registries(queries, by=ENGINE, now=now)
    assert (found.outcome, none.outcome) == ("found", "absent")
    assert found.data["held"] == [
        {
            "kind": "settlement",
            "number": made.number,
            "identifier": made.identifier,
            "state": "valid",
            "issued": "2026-03-02",
            "expires": "2027-03-02",
            "issuer": "11440300MB2C93150L",
            "endorsed": None,
        }
    ]
    suspend(public_id=made.public_id, reason="x", by=officer, now=now)
    after, _ = query_registries(queries, by=ENGINE, now=now)
    assert after.data["held"][0]["state"] == "suspended"
    assert after.version != found.version  # what changed since is seen
    late = query_registries(queries[:1], by=ENGINE, now=now + dt.timedelta(days=400))[0]
    assert late.data["held"][0]["state"] == "expired"
    assert Lookup.objects.filter(registry="certificates", case="GS9").count() == 5


def test_the_wallet_has_the_newest_first(order, now):
    issue([order()], by=ENGINE, now=now)
    issue([order()], by=ENGINE, now=now + dt.timedelta(days=1))
    assert [c.issued_at.day for c in held_by(Actor(Kind.CITIZEN, CITIZEN))] == [3, 2]
    assert not held_by(Actor(Kind.CITIZEN, "f" * 32))


def looked_up(case, registry, subject, now):
    return Lookup(
        id=uuid7(),
        registry=registry,
        subject=subject,
        fields="x",
        by="machine:engine",
        purpose="p",
        case=case,
        basis="b",
        outcome="found",
        at=now,
    )


def test_a_changed_record_finds_exactly_the_certificates_that_rest_on_it(order, officer, now):
    draw = random.Random(7)
    people = [f"{n:032x}" for n in range(40)]
    registries = ("population", "education", "credit")
    orders = [order(holder=draw.choice(people)) for _ in range(300)]
    made = issue(orders, by=ENGINE, now=now)
    lookups, rests = [], {}
    for certificate in made:
        for registry in draw.sample(registries, 2):
            subject = draw.choice([certificate.holder, draw.choice(people)])
            lookups.append(looked_up(certificate.application, registry, subject, now))
            rests.setdefault(certificate.pk, set()).add((registry, subject))
    lookups += [looked_up("", "population", p, now) for p in people]  # prefilling a form
    lookups += [looked_up("NOCASE", "population", p, now) for p in people]
    bulk.insert(Lookup, lookups)
    for certificate in made[:30]:
        suspend(public_id=certificate.public_id, reason="x", by=officer, now=now)
    from certificates.actions import cancel

    for certificate in made[20:60]:
        cancel(public_id=certificate.public_id, reason="x", by=officer, now=now)
    changed = {(draw.choice(registries), draw.choice(people)) for _ in range(50)}
    live = set(
        Certificate.objects.filter(state__in=["valid", "suspended"]).values_list("pk", flat=True)
    )
    exhaustive = {
        pk: records & changed for pk, records in rests.items() if pk in live and records & changed
    }
    assert exhaustive and dependents(changed) == exhaustive
    assert dependents([]) == {}


def test_a_department_reads_its_own_ledger_by_token(client, licence):
    import hashlib

    token = "t" * 40
    for code in ("police", "fund"):
        Partner.objects.update_or_create(
            code=code,
            defaults={
                "name_zh": code,
                "name_en": code,
                "token_hash": hashlib.sha256((token + code).encode()).digest(),
            },
        )

    def ledger(code):
        head = {"authorization": f"Bearer {token}{code}"}
        return client.get("/api/v1/filings?state=pushed", headers=head).json()["filings"]

    assert [f["item"] for f in ledger("police")] == ["seal"]
    assert ledger("fund") == []
    by = Actor(Kind.AGENCY, "police", services=frozenset([licence.service]))
    assert [f.item for f in filings_of(by)] == ["seal"]
    assert not filings_of(replace(by, services=frozenset(["newborn"])))
    assert client.get("/api/v1/filings").status_code == 401


def test_a_ledger_of_many_filings_is_read_page_by_page(client, licence):
    Partner.objects.filter(code="police").update(token_hash=program_secrets.hash_of("t" * 40))
    (first,) = filings_of(Actor(Kind.AGENCY, "police"))
    rows = [copy(first) for _ in range(4)]
    for n, row in enumerate(rows):
        row.id, row.item = uuid7(), f"seal{n}"
    Filing.objects.bulk_create(rows)
    found, address = [], "/api/v1/filings?limit=2"
    while address:
        page = client.get(address, headers={"authorization": f"Bearer {'t' * 40}"}).json()
        found += [filing["item"] for filing in page["filings"]]
        following = page["next"]
        address = following and f"/api/v1/filings?limit=2&cursor={following}"
    assert sorted(found) == ["seal", "seal0", "seal1", "seal2", "seal3"]
