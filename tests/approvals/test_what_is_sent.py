"""Everything that leaves us, for every shipped service, is searched for what its receiver may not
have: ID numbers, their stored and encrypted forms, telephones, and the names of others.

A kind of notice, an address for programs, a command or a way out that is new fails a test here.
"""

import ast
import base64
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import call_command
from django.urls import get_resolver

from approvals.documents import listing
from approvals.models import Application, Check
from approvals.workers import checks
from certificates.models import Certificate, Filing
from exchange import wire
from exchange.adapters import agency as adapter
from exchange.models import Notice, Partner
from exchange.outbox import notice
from exchange.outgoing import KINDS
from ledger.clock import now
from ledger.models import Event
from people import identity
from people.masking import is_of_a_name
from services.models import Service
from tests import endpoints
from tests.approvals import sent
from tests.approvals.addresses import FICTIONAL, FOR_PEOPLE, NOTHING, TAKES, TO_KEEPERS, routes
from tests.approvals.program import PATH, Program, body
from tests.approvals.test_documents import words
from tests.exchange.conftest import forget_registries

ROOT = Path(__file__).parents[2]
SERVICES = ("graduate_settlement", "limited_company", "sole_trader")


@dataclass
class World:
    secrets: sent.Secrets
    applications: list[Application]


@pytest.fixture
def world(furnished: None) -> World:
    """Submitted, and not yet checked."""
    for code in Partner.objects.values_list("code", flat=True):
        endpoints.listen(code, "https://agency.example/hook/")
    assert set(Service.objects.values_list("code", flat=True)) >= set(SERVICES)
    made, secrets = list(sent.applications()), sent.Secrets()
    for application in made:
        secrets.add(application)
    assert len(secrets.names) >= 6 and len(secrets.indices) >= 6
    return World(secrets, made)


@pytest.fixture
def decided(world: World) -> World:
    world.applications = [sent.decided(application) for application in world.applications]
    states = {(a.service_id, str(a.state)) for a in world.applications}
    assert states >= {(service, "approved") for service in SERVICES}
    assert states >= {
        ("sole_trader", "returned"),
        ("graduate_settlement", "review"),
        ("sole_trader", "waiting"),
        ("limited_company", "waiting"),
    }
    return world


def service_of(row: Notice, world: World) -> str:
    numbers = {a.number: a.service_id for a in world.applications}
    kind, _, key = row.subject.partition(":")
    if kind == "application":
        return numbers[key]
    if kind == "filing":
        return numbers[Filing.objects.get(pk=key).certificate.application]
    return numbers[Certificate.objects.get(public_id=key).application]


def test_every_kind_of_notice_for_every_service(decided: World) -> None:
    sent.dispute_everything()
    sent.end_everything()
    kinds: dict[str, set[str]] = defaultdict(set)
    found = []
    for row in Notice.objects.all():
        kinds[row.kind].add(service_of(row, decided))
        data = orjson.loads(row.body)["data"]
        asked = ("approval.requested", "dispute.opened", "dispute.reminded")
        names = {data["applicant"]} if row.kind in asked else set()
        if row.kind.startswith("filing."):
            said = data["certificate"]
            names = {said["holder"], said["fields"]["representative"]}  # as the licence says
        leaks = decided.secrets.found(row.body, names=names, receiver=row.partner_id)
        found += [f"{row.kind} to {row.partner_id}: {leak}" for leak in leaks]
    assert found == []
    assert kinds == {
        "application.decided": set(SERVICES),
        "certificate.changed": set(SERVICES),
        **{f"approval.{how}": set(SERVICES[1:]) for how in ("requested", "reminded")},
        "dispute.opened": set(SERVICES),
        "dispute.reminded": set(SERVICES),
        "dispute.withdrawn": set(SERVICES),
        "filing.pushed": {"limited_company"},  # what is filed for
        "filing.reminded": {"limited_company"},
        "filing.revoked": {"limited_company"},
    }
    # the answer to another city: tests/approvals/test_requests.py makes it and searches it
    assert {*kinds, "approval.answered"} == set(KINDS)


def test_a_notice_of_another_kind_is_not_written(furnished: None) -> None:
    with pytest.raises(ValueError, match="no kind of notice"):
        notice("food", "application.noted", "application:MP1", {}, now())


def test_what_a_receiver_needs_arrives(decided: World) -> None:
    """Masking everything would pass every other test."""
    asked = Notice.objects.filter(kind="approval.requested", partner="food")
    data = [orjson.loads(row.body)["data"] for row in asked]
    assert {d["applicant"] for d in data} == {
        a.applicant_name for a in decided.applications if a.state == "waiting"
    }
    (company,) = (d["answers"] for d in data if "directors" in d["answers"])
    assert company["trade_name"] == "栖云澄" and company["capital"] == "1000000"
    assert all(re.fullmatch(r".\*+", one["name"]) for one in company["directors"])
    (trader,) = (d["answers"] for d in data if "directors" not in d["answers"])
    assert trader["phone"] == "139****5678"
    pushed = Notice.objects.filter(kind="filing.pushed")
    (customs,) = (
        orjson.loads(row.body)["data"]
        for row in pushed.filter(partner="customs")
        if '"contact"' in row.body
    )
    assert customs["data"] == {"contact": sent.CONTACT, "phone": sent.CONTACT_PHONE}
    assert customs["certificate"]["fields"]["capital"] == sent.AMOUNT


def test_registries_get_the_number_that_they_are_asked_about_and_nothing_else(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch, redis_client: Any
) -> None:
    bodies: list[dict[str, Any]] = []

    def post(_session: object, _url: str, body: bytes, _headers: Any, **_limits: Any) -> Any:
        payload = body.split(b".")[1]  # of a JWS, signed by us
        bodies.append(orjson.loads(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4))))
        raise wire.NoReply("timeout")

    monkeypatch.setattr(adapter.wire, "post", post)
    place = {"url": "http://127.0.0.1:9"}
    settings.REGISTRIES = {code: {**c, **place} for code, c in settings.REGISTRIES.items()}
    forget_registries()
    due = set(Check.objects.filter(state="due").values_list("registry", flat=True))
    for registry in sorted(due):
        checks.run(registry=registry, now=now())
    forget_registries()
    assert {one["aud"] for one in bodies} == due and due
    cases = {a.number: a for a in world.applications}
    services = set()
    for one in bodies:
        for subject in one["subjects"]:
            assert subject.keys() <= {"number", "fields", "case", "purpose", "basis", "also"}
            services.add(cases[subject["case"]].service_id)
            asked = subject.pop("number")
            assert identity.index(asked) in world.secrets.indices  # of somebody in a case
        assert world.secrets.found(orjson.dumps(one), names=set()) == []
    assert services == {"graduate_settlement", "limited_company"}  # whose registries are remote


# --- what programs read


def of_program(world: World) -> Iterator[tuple[str, str, set[str]]]:
    """Yield the route, an address, and the names in what this program itself handed in."""
    for a in world.applications:
        own = {a.applicant_name, sent.PHONE}
        own |= {one["name"] for one in a.answers.get("directors", ())}
        own |= {one["name"] for one in a.answers.get("investors", ())}
        if "filings" in a.answers:
            own |= {sent.CONTACT, sent.CONTACT_PHONE}
        yield "api/v1/applications/<str:number>", f"{PATH}/{a.number}", own
        yield "api/v1/applications/<str:number>/receipt", f"{PATH}/{a.number}/receipt", own
        certificates = f"{PATH}/{a.number}/certificates"
        yield "api/v1/applications/<str:number>/certificates", certificates, own
        documents = f"{PATH}/{a.number}/documents"
        yield "api/v1/applications/<str:number>/documents", documents, own
        for entry in listing.of_case(a):
            file = "api/v1/applications/<str:number>/documents/<uuid:key>"
            yield file, f"{documents}/{entry.key}", own
    for c in Certificate.objects.all():
        yield "api/v1/certificates/<str:number>", f"/api/v1/certificates/{c.public_id}", set()
        yield "verify/<path:number>", f"/verify/{c.public_id}", set()
    for service in SERVICES:
        yield "api/v1/services/<str:code>", f"/api/v1/services/{service}", set()
    yield "api/v1/services", "/api/v1/services", set()
    yield "catalogue.jsonld", "/catalogue.jsonld", set()
    for listed in ("applications", "tasks", "lookups", "statistics", "filings"):
        yield f"api/v1/{listed}", f"/api/v1/{listed}", set()
    yield "api/v1/webhooks/endpoints", "/api/v1/webhooks/endpoints", set()
    yield "api/v1/webhooks/deliveries", "/api/v1/webhooks/deliveries", set()
    applicants = {a.applicant_name for a in world.applications}
    yield "api/v1/consents", "/api/v1/consents", applicants
    for purpose in ("revocation", "suspension"):
        yield "status/<str:purpose>/<int:number>", f"/status/{purpose}/0", set()
    yield ".well-known/jwks.json", "/.well-known/jwks.json", set()
    yield ".well-known/pdf-signers.pem", "/.well-known/pdf-signers.pem", set()
    yield "manifest.webmanifest", "/manifest.webmanifest", set()
    yield "worker.js", "/worker.js", set()
    for name in (
        *("openid-credential-issuer/credentials", "oauth-authorization-server/credentials"),
        *("oauth-authorization-server", "oauth-protected-resource", "jwt-vc-issuer", "did.json"),
    ):
        yield f".well-known/{name}", f"/.well-known/{name}", set()
    before = "credentials/.well-known/openid-credential-issuer"
    yield before, f"/{before}", set()
    yield "credentials/types/<str:service>", "/credentials/types/sole_trader", set()
    yield "credentials/status/<int:number>", "/credentials/status/0", set()
    yield "health/", "/health/", set()
    yield "ready/", "/ready/", set()
    yield "api/schema/", "/api/schema/", set()
    yield "api/docs/", "/api/docs/", set()


def test_every_address_for_programs_is_searched(decided: World) -> None:
    program, tax, food = Program("window"), Program("tax"), Program("food")
    tried: dict[str, int] = defaultdict(int)
    found = []
    for route, address, own in of_program(decided):
        others = [tax] * ("filings" in route) + [food] * ("consents" in route)
        for caller in (program, *others):
            reply = caller.get(address)
            assert reply.status in (200, 404 if route.endswith("receipt") else 200), address
            tried[route] += reply.status == 200
            text = words(reply.raw) if reply.raw.startswith(b"%PDF-") else reply.raw
            leaks = decided.secrets.found(text, names=own, index="applications" in route)
            found += [f"{address}: {leak}" for leak in leaks]
    assert found == []
    known = (
        {route for route, count in tried.items() if count}
        | TAKES
        | FICTIONAL
        | TO_KEEPERS
        | NOTHING
    )
    new = {r for r in routes(get_resolver().url_patterns) if not FOR_PEOPLE.match(r)} - known
    assert {r for r in new if not r.startswith("demo/")} == set()
    assert min(tried.values()) > 0


def test_anothers_program_reads_nothing_of_a_case(decided: World) -> None:
    university = Program("university")
    for a in decided.applications:
        for address in (f"{PATH}/{a.number}", f"{PATH}/{a.number}/receipt"):
            reply = university.get(address)
            assert reply.status == 404
            assert decided.secrets.found(reply.raw, names=set()) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"applicant": {"kind": "person", "number": "11010519491231002x", "name": "张<三"}},
        {"service": "none"},
        {"answers": {"phone": sent.PHONE, "address": 3}},
        {"answers": {"phone": "1391234567x"}},
        {"extra": "11010519491231002X"},
        {"edition": sent.PHONE},
    ],
)
def test_a_problem_does_not_repeat_what_was_sent(furnished: None, changes: Any) -> None:
    whole = body("graduate", **changes)
    reply = Program().post(whole)
    assert 400 <= reply.status < 500
    text = sent.decoded(reply.raw)
    private = {whole["applicant"]["number"], whole["applicant"]["name"], sent.PHONE, "张<三"}
    private |= {"11010519491231002X", "1391234567x"}
    assert [one for one in private if one in text] == []


def test_what_a_certificate_says_names_its_holder_alone(decided: World) -> None:
    found = Certificate.objects.all()
    assert found.count() >= len(SERVICES)
    for certificate in found:
        payload = orjson.loads(bytes(certificate.payload))
        own = {payload["holder"]["name"]}  # or the business, and who trades or stands for it
        own |= {f["value"] for f in payload["fields"] if is_of_a_name(f["id"])}
        for body_ in (bytes(certificate.payload), certificate.jws):
            assert decided.secrets.found(body_, names=own) == []


# --- what commands print and write

PRINTS: dict[str, list[str]] = {  # command: what is asked of it
    "sampling": ["list"],
    "scan": ["run", "old_age_allowance"],
    "audit": [],
    "replay": [],
    "partners": ["list"],
    "registry": ["list"],
    "officers": ["list"],
    "city": ["check"],
    "assistants": ["list"],
    "entitlements": ["lists"],
}
OTHERWISE = {
    "heads": "writes a file, below",
    "pack": "prints counts and numbers of applications, below",
    "verify": "prints a document that the caller has",
    "dmn": "runs a published test suite",
    "diagram": "draws the states",
    "engine": "prints nothing of anybody",
    "keys": "prints key ids and writes private keys, see docs/keys.md",
    "migrate": "changes tables",
    "reference": "writes pages of the docs from the code",
    "evidence": "prints what an agency signed, for it: tests/approvals/test_kept_answers.py",
    "metrics": "serves numbers: tests/operations/test_metrics.py",
    "verify_credential": "prints a credential that the caller has",
}


def test_commands_print_nobodys_data(
    decided: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    call_command("heads", "sequence")
    call_command("heads", "export", str(tmp_path / "heads"))
    assert decided.secrets.found((tmp_path / "heads").read_bytes(), names=set()) == []
    for event in Event.objects.filter(subject__startswith="application:")[:3]:
        call_command("heads", "prove", event.subject, str(event.seq))
    for service in SERVICES:
        call_command("pack", "backtest", service)
    for name, arguments in PRINTS.items():
        call_command(name, *arguments)
    printed = capsys.readouterr()
    assert len(printed.out) > 500
    assert decided.secrets.found(printed.out + printed.err, names=set(), index=True) == []


def test_every_command_is_named_here() -> None:
    paths = (path for app in APPS for path in (ROOT / app).glob("management/commands/[a-z]*.py"))
    found = {path.stem for path in paths}
    assert found == PRINTS.keys() | OTHERWISE.keys()


# --- the ways out

# modules that may open a connection to somebody else, and why
WAYS_OUT = {
    "exchange/owners.py": "tells an agency's engineers by e-mail that its endpoint fails",
    "exchange/wire.py": "all that is sent goes through its ``post``",
    "exchange/egress.py": "where webhooks may go",
    "exchange/delivery.py": "sends notices by wire.post",
    "exchange/adapters/agency.py": "asks registries by wire.post",
    "affairs/channels.py": "sends messages to citizens, by e-mail",
    "approvals/workers/engine.py": "names its host",
    "portal/login/provider.py": "asks where people log in: a code, our name and password, nobody's",
    "materials/scanning.py": "hands files to clamd, where one is set up",
    "telemetry/tracing.py": "sends spans, where an address is set: tests/telemetry/test_traces.py",
    "exchange/webhook_client.py": "given to other agencies, to be run by them",
}
NETWORK = {"requests", "urllib3", "urllib.request", "http.client", "smtplib", "aiohttp", "httpx",
           "ftplib", "socket", "django.core.mail",
           "opentelemetry.exporter.otlp.proto.http.trace_exporter"}  # fmt: skip
APPS = ("affairs", "approvals", "assistants", "bulk", "bundles", "certificates", "city", "config",
        "counter", "credentials", "dmn", "entitlements", "exchange", "ledger", "materials",
        "offers", "operations", "people", "portal", "services", "telemetry")  # fmt: skip


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_there_are_three_ways_out() -> None:
    openers, senders = set(), set()
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            name = str(path.relative_to(ROOT))
            if imports(path) & NETWORK:
                openers.add(name)
            if "wire.post(" in path.read_text():
                senders.add(name)
    assert openers <= WAYS_OUT.keys()
    assert senders == {
        "exchange/delivery.py",
        "exchange/adapters/agency.py",
        "exchange/searches.py",  # a text of an address, of no person
    }
