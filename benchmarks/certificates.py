"""Certificates: what signing, a paper and a consolidated licence cost; who a changed fact reaches.

make bench, or alone: python -m deploy.local with-servers -- python -m benchmarks.certificates
"""

import datetime
import random
import sys
import time
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from benchmarks.database import seeded_database

TYPE = "1.2.156.3005.2.11100000000013338W011"
BATCH = 200
FILINGS = 12  # that apply to one licence
EXCLUDED = 18
FIRST = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹"  # hardly a name comes twice
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平思远雨桐佳慧轩浩然子涵欣怡梓宇泽博文晨曦诗琪俊熙"


def each(times: int, work: Callable[[int], object]) -> float:
    """Return the median seconds of one call; the first one is not counted."""
    work(0)
    spans = []
    for n in range(1, times + 1):
        began = time.perf_counter()
        work(n)
        spans.append(time.perf_counter() - began)
    return sorted(spans)[times // 2]


def signing() -> float:
    from certificates.payload import TYP
    from ledger import keys
    from ledger.signatures import sign_jws

    data = b'{"a":"' + b"x" * 1200 + b'"}'
    private = keys.signer("certificate").private
    plain = each(2000, lambda _: private.sign(data))
    signed = each(2000, lambda _: sign_jws("certificate", data, TYP))
    print(f"signature: Ed25519 alone {plain * 1e6:.0f} us, compact JWS {signed * 1e6:.0f} us")
    print(f"signature: ratio to the signature alone {signed / plain:.2f} (goal <= 3)")
    return plain


def payload(n: int) -> dict[str, Any]:
    draw = random.Random(n)
    name = draw.choice(FIRST) + draw.choice(GIVEN) + draw.choice(GIVEN)
    return {
        "type": {"zh": "应届毕业生引进落户核准通知书", "en": "Approval of Graduate Settlement"},
        "identifier": f"{TYPE}.11440300MB2C93150L.2026{n:08d}ABCDEFGH.001.U",
        "id": f"7K3MQ2X9ABCD{n:04d}",
        "version": "1",
        "number": f"RC2026{n:08d}",
        "holder": {"name": name, "number": "1101**********0022"},
        "issuer": {"zh": "示例市人力资源和社会保障局", "en": "Sample City HR Bureau"},
        "issued": "2026-03-02",
        "expires": "2027-03-02",
        "fields": [
            {"id": "level", "zh": "学历", "en": "Education", "value": "本科"},
            {"id": "graduated", "zh": "毕业日期", "en": "Graduated on", "value": "2025-06-30"},
            {"id": "district", "zh": "迁入地区", "en": "District", "value": f"第{n}街道"},
        ],
    }


def measure_pdfs(signature: float) -> None:
    from certificates.pdf import drawing, signing
    from certificates.pdf import qr as codes
    from certificates.verification import uploads
    from ledger.clock import now

    def draw(n: int) -> bytes:
        return drawing.pdf(payload(n), f"head.body{n}." + "s" * 1400, "https://example.gov", True)

    fresh = each(4, lambda n: (drawing._compiler.cache_clear(), draw(n)))
    warm = each(200, draw)
    qr = each(200, lambda n: codes.svg("https://example.gov/verify/", payload(n)["id"]))
    drawn, at = draw(1), now()
    signed = each(20, lambda _: signing.sign(drawn, "x", at))
    paper, roots = signing.sign(drawn, "x", at), signing.published()
    checked = each(20, lambda _: uploads.inspect(paper, roots))
    print(
        f"paper: {len(drawn) // 1000} kB, QR {qr * 1e3:.1f} ms, fresh {fresh * 1e3:.0f} ms, "
        f"signing {signed * 1e3:.0f} ms, checking a signed one {checked * 1e3:.0f} ms"
    )
    print(f"paper: ratio of a fresh compiler to a warm one {fresh / warm:.1f}")
    print(f"paper: unsigned, warm {warm * 1e3:.1f} ms (goal <= 5)")
    # the goal was set where a signature takes 20 us: so many of them are 5 ms on any machine
    print(f"paper: ratio to 250 signatures {warm / signature / 250:.2f} (goal <= 1)")


def book(filings: list[SimpleNamespace]) -> SimpleNamespace:
    names = ("name", "level", "graduated", "district", "scope")
    spec = SimpleNamespace(
        kind="licence",
        type21="11100000000013338W011",
        zh="营业执照",
        en="Business licence",
        number="uscc:91",
        valid="",
        fields=[SimpleNamespace(id=n, zh=n, en=n) for n in names],
    )
    return SimpleNamespace(
        code="limited_company",
        hash="e" * 64,
        certificate=spec,
        filings=filings,
    )


def orders(count: int, rulebook: SimpleNamespace, holders: list[str]) -> list[Any]:
    from certificates.actions import Order

    at = datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC)
    facts = {"name": "欧阳思远", "level": "本科", "graduated": "2025-06-30", "district": "南山"}
    return [
        Order(
            application=f"B{uuid.uuid4().hex[:16]}",
            rulebook=rulebook,
            holder=random.choice(holders),
            holder_name="欧阳思远",
            holder_masked="1101**********0022",
            printed=facts,
            filings=rulebook.filings,
            office="market",
            region="440305",
            decided_at=at,
            decision=uuid.uuid4(),
            receipt=b"{}",
        )
        for _ in range(count)
    ]


def issued(count: int, rulebook: SimpleNamespace, holders: list[str]) -> tuple[float, float, list]:
    """Issue in batches; returns seconds, CPU seconds and the certificates."""
    from django.db import transaction

    from certificates.actions import issue
    from ledger.clock import now
    from people.actors import ENGINE

    made, wall, cpu = [], 0.0, 0.0
    for _ in range(0, count, BATCH):
        batch, at = orders(BATCH, rulebook, holders), now()
        began, used = time.perf_counter(), time.process_time()
        with transaction.atomic():
            made += issue(batch, by=ENGINE, now=at)
        wall += time.perf_counter() - began
        cpu += time.process_time() - used
    return wall, cpu, made


def licences(count: int, signature: float, holders: list[str]) -> list[Any]:
    from exchange.models import Partner

    receivers = list(Partner.objects.values_list("code", flat=True))
    plan = [
        SimpleNamespace(
            item=f"f{n}",
            zh=f"备案{n}",
            en=f"filing {n}",
            receiver=receivers[n % len(receivers)] if n < FILINGS else "",
            basis="31号文",
            applies=n < FILINGS,
            why={"zh": "适用", "en": "applies"},
            data={"a": "1"},
        )
        for n in range(FILINGS + EXCLUDED)
    ]
    plain, cpu, made = issued(count, book([]), holders)
    print(f"issue: {count} in batches of {BATCH}: {count / plain:.0f}/s")
    print(f"issue: Python CPU {cpu / count * 1e6:.0f} us each, signature included")
    print(f"issue: ratio of CPU to the signature alone {cpu / count / signature:.1f}")
    whole, cpu, _ = issued(count, book(plan), holders)
    print(
        f"licences: {count} with {FILINGS} pushes and {EXCLUDED} exclusions each: "
        f"{count / whole:.0f}/s, {count * FILINGS / whole:.0f} pushes/s"
    )
    print(f"licences: ratio of time to certificates without filings {whole / plain:.1f}")
    return made


def changes(made: list[Any], holders: list[str], changed: int) -> None:
    """Change facts among certificates; the set found must be the one counted by hand."""
    import bulk
    from certificates.queries import dependents
    from exchange.models import Lookup
    from ledger.clock import now
    from ledger.identifiers import uuid7

    draw, at = random.Random(7), now()
    registries = ("population", "education", "credit")
    rests: dict[Any, set[tuple[str, str]]] = {}
    lookups = []
    for certificate in made:
        for registry in draw.sample(registries, 2):
            rests.setdefault(certificate.pk, set()).add((registry, certificate.holder))
            lookups.append(
                Lookup(
                    id=uuid7(),
                    registry=registry,
                    subject=certificate.holder,
                    fields="x",
                    by="machine:engine",
                    purpose="p",
                    case=certificate.application,
                    basis="b",
                    outcome="found",
                    at=at,
                )
            )
    for start in range(0, len(lookups), 5000):
        bulk.insert(Lookup, lookups[start : start + 5000])
    chosen = {(draw.choice(registries), h) for h in draw.sample(holders, changed)}
    began = time.perf_counter()
    found = dependents(chosen)
    span = time.perf_counter() - began
    expected = {pk: r & chosen for pk, r in rests.items() if r & chosen}
    exact = found == expected
    print(
        f"changes: {changed} facts among {len(made)} certificates reach {len(found)}, exact={exact}"
    )
    print(
        f"changes: {span * 1e3:.0f} ms, ratio to 1 ms a fact {span * 1e3 / changed:.2f} (goal <= 1)"
    )
    if not exact:
        raise SystemExit("the affected set is not exact")


def main(count: int = 10_000) -> None:
    with seeded_database(persons=1000):
        from people.models import Office

        holders = [f"{n:032x}" for n in range(count)]
        assert Office.objects.filter(code="market").exists()
        signature = signing()
        measure_pdfs(signature)
        made = licences(count, signature, holders)
        changes(made, holders, count // 100)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
