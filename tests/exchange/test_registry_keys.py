"""Keys of registries: one set a registry and direction, renewed under way, and never another's."""

import datetime as dt
import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from jwcrypto.jwk import JWK
from sd_jwt.verifier import SDJWTVerifier

from demo.city import City
from exchange import protocol, registry_key_changes, registry_keys
from exchange.checks import every_registry_has_keys
from exchange.queries import Answer
from exchange.registries import query_registries
from exchange.registry_key_changes import Refused
from exchange.registry_keys import ANSWER, QUESTION, RegistryKeys, Unusable
from people.actors import CHECKER
from tests.exchange.conftest import forget_registries, queries
from tests.exchange.signing_agency import SigningAgency, new_key, public_set

pytestmark = pytest.mark.usefixtures("db")
NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
EDUCATION, CREDIT = RegistryKeys("education", "Ed25519"), RegistryKeys("credit", "Ed25519")
TAXATION = RegistryKeys("taxation", "HS256")


@pytest.fixture(autouse=True)
def in_production(settings: Any, tmp_path: Path, keys: None) -> None:
    """Keys in files alone, as without a demo."""
    settings.DEMO = False
    for name in Path(settings.KEYS_DIR).iterdir():
        if name.is_file():
            os.link(name, tmp_path / name.name)
    settings.KEYS_DIR = tmp_path


def files(keys: RegistryKeys) -> tuple[Path, Path]:
    found = (registry_keys.file(keys.registry, one) for one in (QUESTION, ANSWER))
    question, answer = found
    return question, answer


@pytest.fixture
def agency(settings: Any, close_breakers: Any) -> Iterator[SigningAgency]:
    """The education registry, with keys in files, on another agency's side by its libraries."""
    registry_key_changes.make(EDUCATION, now=NOW)
    key = new_key("2026-a")
    registry_key_changes.trust(EDUCATION, public_set(key), overlap=HOUR, now=NOW)
    serving = SigningAgency("education", ours(), key)
    point(settings, "education", serving)
    close_breakers()
    yield serving
    serving.stop()
    forget_registries()


def ours() -> bytes:
    return json.dumps({"keys": registry_key_changes.published(EDUCATION)}).encode()


def point(settings: Any, registry: str, serving: SigningAgency) -> None:
    known = {**settings.REGISTRIES[registry], "url": serving.url}
    settings.REGISTRIES = {**settings.REGISTRIES, registry: known}
    forget_registries()


def ask(city: City, *people: int, registry: str = "education") -> list[Answer]:
    now = dt.datetime.now(dt.UTC)
    return query_registries(queries(city, *people, registry=registry), by=CHECKER, now=now)


def reasons(answers: list[Answer]) -> set[str]:
    return {answer.reason for answer in answers}


def test_an_agency_of_published_libraries_alone_is_asked_and_believed(
    agency: SigningAgency, city: City
) -> None:
    answers = ask(city, 0, 1, 2)
    assert [a.data["name"] for a in answers] == [
        f"持证人{city.person(i).number[-4:]}" for i in (0, 1, 2)
    ]
    assert {a.version for a in answers} == {"7"}
    proofs = [a.proof for a in answers if a.proof]
    assert {p.algorithm for p in proofs} == {"Ed25519"} and {p.kid for p in proofs} == {"2026-a"}
    assert len({p.statement for p in proofs}) == 1  # one answer, of which each keeps its part
    assert len({p.item for p in proofs}) == 3
    presented = protocol.present(proofs[0].statement, proofs[0].item)
    verified = SDJWTVerifier(presented, lambda issuer, header: agency.key).get_verified_payload()
    assert [one["number"] for one in verified["answers"]] == [city.person(0).number]
    [question] = agency.questions
    assert question["aud"] == "education" and len(question["nonce"]) == 32


def test_shared_secrets_are_two_and_an_answer_by_them_is_only_authenticated(
    settings: Any, city: City, close_breakers: Any
) -> None:
    made = registry_key_changes.make(TAXATION, now=NOW)
    assert made == list(files(TAXATION))
    ours, theirs = (json.loads(path.read_text())["keys"] for path in made)
    assert ours[0]["k"] != theirs[0]["k"]
    secret = JWK(**{k: v for k, v in theirs[0].items() if k != "use"})
    serving = SigningAgency("taxation", json.dumps({"keys": ours}).encode(), secret, "HS256")
    point(settings, "taxation", serving)
    close_breakers()
    try:
        [answer] = ask(city, 0, registry="taxation")
        assert answer.outcome == "found" and answer.proof and answer.proof.algorithm == "HS256"
    finally:
        serving.stop()
        forget_registries()


REGISTRIES = (EDUCATION, CREDIT, TAXATION, RegistryKeys("criminal", "HS256"))
PAIRS = list(itertools.product(itertools.product(REGISTRIES, (QUESTION, ANSWER)), REGISTRIES))


@pytest.fixture
def every_key(settings: Any) -> dict[tuple[str, str], protocol.Key]:
    """What signs in each direction of four registries, in files that name it as they must."""
    found = {}
    for keys in REGISTRIES:
        registry_key_changes.make(keys, now=NOW)
        found[keys.registry, QUESTION] = keys.all(QUESTION)[0]
        if keys.algorithm == "HS256":
            found[keys.registry, ANSWER] = keys.all(ANSWER)[0]
        else:
            own = protocol.generated("Ed25519")
            text = json.dumps({"keys": [protocol.to_jwk(own, public=True)]}).encode()
            registry_key_changes.trust(keys, text, overlap=HOUR, now=NOW)
            found[keys.registry, ANSWER] = own
    return found


def test_every_other_key_is_refused_in_every_place(
    every_key: dict[tuple[str, str], protocol.Key], city: City
) -> None:
    """Eight keys for the answers of four registries, each under its own name and the right one."""
    nonce, subject = "n" * 32, queries(city, 0)[0]
    item = {"number": subject.number, "outcome": "absent", "version": "", "data": {}}
    believed = []
    for (signer, direction), keys in PAIRS:
        key = every_key[signer.registry, direction]
        right = every_key[keys.registry, ANSWER]
        verifying = keys.verifying(NOW)
        for kid in {key.kid, right.kid}:
            named = protocol.Key(kid, key.algorithm, key.material, key.private)
            text = protocol.answer(named, keys.registry, nonce, NOW, [item]).decode()
            statement, _ = protocol.split(text)
            try:
                protocol.verify(statement, verifying, protocol.ANSWER, NOW)
            except protocol.Invalid:
                continue
            believed.append((signer.registry, direction, keys.registry))
    assert believed == [(keys.registry, ANSWER, keys.registry) for keys in REGISTRIES]


def test_a_question_is_no_answer_and_an_answer_no_question(
    every_key: dict[tuple[str, str], protocol.Key],
) -> None:
    for keys in REGISTRIES:
        key = every_key[keys.registry, ANSWER]
        payload = {"iss": keys.registry, "answers": []}
        text = protocol.sign(key, protocol.QUESTION, payload)
        with pytest.raises(protocol.Invalid, match="this is a registry-question"):
            protocol.verify(text, keys.verifying(NOW), protocol.ANSWER, NOW)


def test_the_registry_follows_with_a_new_key_while_both_count(
    agency: SigningAgency, city: City
) -> None:
    now = dt.datetime.now(dt.UTC)
    fresh = new_key("2026-b")
    registry_key_changes.trust(EDUCATION, public_set(fresh), overlap=HOUR, now=now)
    assert ask(city, 0)[0].outcome == "found"  # by the old one, within the overlap
    agency.key = fresh
    assert ask(city, 0)[0].outcome == "found"
    registry_key_changes.end(EDUCATION, "2026-b", now=now)
    assert reasons(ask(city, 0)) == {"unsigned"}


def test_a_key_that_has_ended_proves_what_it_signed_and_nothing_new(
    agency: SigningAgency, city: City
) -> None:
    [before] = ask(city, 0)
    now = dt.datetime.now(dt.UTC)
    registry_key_changes.trust(
        EDUCATION, public_set(new_key("2026-b")), overlap=dt.timedelta(0), now=now
    )
    assert reasons(ask(city, 0)) == {"unsigned"}
    assert before.proof is not None
    text = protocol.present(before.proof.statement, before.proof.item)
    earlier = now - HOUR
    statement, disclosures = protocol.split(text)
    signed = protocol.verify(statement, EDUCATION.all(ANSWER), protocol.ANSWER, earlier)
    assert protocol.disclosed(signed.payload, disclosures)[0]["outcome"] == "found"


def test_a_key_that_has_ended_is_not_trusted_again_though_it_is_still_listed(
    agency: SigningAgency, city: City
) -> None:
    now = dt.datetime.now(dt.UTC)
    registry_key_changes.end(EDUCATION, "2026-a", now=now)  # it has leaked
    listed = [json.loads(public_set(key))["keys"][0] for key in (agency.key, new_key("2026-b"))]
    text = json.dumps({"keys": listed}).encode()
    registry_key_changes.trust(EDUCATION, text, overlap=HOUR, now=now)
    assert reasons(ask(city, 0)) == {"unsigned"}  # by the first
    assert [key.kid for key in EDUCATION.all(ANSWER) if key.is_active(now)] == ["2026-b"]


def test_our_new_key_signs_when_the_registry_has_had_time_to_take_it_up(
    agency: SigningAgency, city: City
) -> None:
    now = dt.datetime.now(dt.UTC)
    old = EDUCATION.signing(now)
    registry_key_changes.renew(EDUCATION, QUESTION, overlap=HOUR, now=now)
    assert EDUCATION.signing(now) == EDUCATION.signing(now + HOUR - dt.timedelta(seconds=2))
    assert EDUCATION.signing(now).kid == old.kid
    fresh = EDUCATION.signing(now + HOUR)
    assert fresh.kid != old.kid
    assert [key.kid for key in EDUCATION.all(QUESTION)] == [old.kid, fresh.kid]
    ends = now + HOUR + registry_key_changes.IN_FLIGHT
    assert EDUCATION.all(QUESTION)[0].is_active(ends - dt.timedelta(seconds=2))
    assert not EDUCATION.all(QUESTION)[0].is_active(ends)
    agency.ours = ours()  # it takes up both, and still verifies the one that is in use
    assert ask(city, 0)[0].outcome == "found"
    registry_key_changes.renew(EDUCATION, QUESTION, overlap=dt.timedelta(0), now=now)
    agency.ours = ours()
    assert ask(city, 0)[0].outcome == "found"
    assert len(registry_key_changes.published(EDUCATION)) == 3
    assert all("d" not in jwk for jwk in registry_key_changes.published(EDUCATION))


def test_nothing_is_asked_without_a_key_of_each_direction(
    agency: SigningAgency, city: City
) -> None:
    question, answer = files(EDUCATION)
    for path in (question, answer):
        kept = path.read_bytes()
        path.unlink()
        assert reasons(ask(city, 0, 1)) == {"not_configured"}
        path.write_bytes(kept)
        path.chmod(0o600)
        assert ask(city, 0)[0].outcome == "found"
    now = dt.datetime.now(dt.UTC)
    asked = len(agency.questions)
    registry_key_changes.end(EDUCATION, "2026-a", now=now)
    assert reasons(ask(city, 0)) == {"not_configured"}
    assert len(agency.questions) == asked


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda path: path.chmod(0o644), "everybody may read"),
        (lambda path: path.write_text("{"), "not a set of keys"),
        (lambda path: path.write_text('{"keys": [{"kty": "EC", "crv": "P-256"}]}'), "only Ed25519"),
        (lambda path: path.write_text(_small_order()), "not an Ed25519 public key"),
        (lambda path: path.write_text(_oct()), "the city says Ed25519"),
        (lambda path: path.write_text(_private()), "stays with it"),
    ],
)
def test_a_set_that_cannot_be_relied_on_is_none(
    agency: SigningAgency, city: City, spoil: Any, says: str
) -> None:
    path = files(EDUCATION)[1]
    spoil(path)
    os.utime(path, (1, 1))  # read again, whatever the clock's grain
    with pytest.raises(Unusable, match=says):
        EDUCATION.all(ANSWER)
    assert reasons(ask(city, 0)) == {"not_configured"}
    assert agency.questions == []


def _small_order() -> str:
    x = protocol.b64(bytes.fromhex("01" + "00" * 31))
    return json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x}]})


def _oct() -> str:
    return json.dumps({"keys": [protocol.to_jwk(protocol.generated("HS256"))]})


def _private() -> str:
    return json.dumps({"keys": [protocol.to_jwk(protocol.generated("Ed25519"))]})


def test_one_key_in_two_places_is_no_key_in_the_second(agency: SigningAgency, city: City) -> None:
    registry_key_changes.make(CREDIT, now=NOW)
    with pytest.raises(Refused, match="each registry has its own"):
        registry_key_changes.trust(CREDIT, public_set(agency.key), overlap=HOUR, now=NOW)
    copied = files(CREDIT)[1]
    copied.write_bytes(files(EDUCATION)[1].read_bytes())  # by hand, past the command
    copied.chmod(0o600)
    with pytest.raises(Unusable, match="each has its own"):
        CREDIT.verifying(NOW)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"{}", "not a set of keys"),
        (b'{"keys": []}', "Ed25519 keys are needed"),
        (_private().encode(), "must renew it now"),
        (_oct().encode(), "Ed25519 keys are needed"),
    ],
)
def test_what_is_no_public_key_is_not_trusted(text: bytes, says: str) -> None:
    with pytest.raises(Refused, match=says):
        registry_key_changes.trust(EDUCATION, text, overlap=HOUR, now=NOW)
    assert not files(EDUCATION)[1].exists()


def test_a_new_registry_is_set_up_by_the_commands(tmp_path: Path, capsys: Any) -> None:
    given = tmp_path / "theirs.json"
    given.write_bytes(public_set(new_key("k1")))
    call_command("registry", "keys", "make")
    call_command("registry", "keys", "trust", "education", str(given))
    capsys.readouterr()
    call_command("registry", "keys", "list")
    lines = capsys.readouterr().out.splitlines()
    listed = [line for line in lines if line.startswith("education")]
    assert [line.split()[1:4] for line in listed] == [
        ["question", "Ed25519", "active"],
        ["answer", "Ed25519", "active"],
    ]
    assert any(
        line.split() == ["credit", "answer", "missing:", "nothing", "is", "asked"] for line in lines
    )
    call_command("registry", "keys", "publish", "education")
    [jwk] = json.loads(capsys.readouterr().out)["keys"]
    assert jwk["kid"] == EDUCATION.signing(dt.datetime.now(dt.UTC)).kid and "d" not in jwk
    call_command("registry", "keys", "renew", "education", "--hours", "1")
    assert len(EDUCATION.all(QUESTION)) == 2
    with pytest.raises(CommandError, match="makes its own keys"):
        call_command("registry", "keys", "renew", "education", "--direction", "answer")
    with pytest.raises(CommandError, match="no key nobody"):
        call_command("registry", "keys", "end", "education", "nobody")
    assert {path.stat().st_mode & 0o077 for path in files(EDUCATION)} == {0}


def test_a_command_says_at_its_start_which_registries_are_not_asked(agency: SigningAgency) -> None:
    [warning] = every_registry_has_keys()
    assert "no key signs questions to credit" in warning.msg and "education" not in warning.msg
    registry_key_changes.end(EDUCATION, "2026-a", now=dt.datetime.now(dt.UTC))
    [warning] = every_registry_has_keys()
    assert "no key verifies answers of education" in warning.msg
