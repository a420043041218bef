"""What agencies have signed is kept with the evidence, proves it to them, and names nobody else."""

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from joserfc import jws
from joserfc.jwk import KeySet

from approvals.admin.casefile import sources
from approvals.models import Application, Decision, Evidence, EvidenceProof
from approvals.records import proofs, replay
from approvals.workers import checks
from exchange import protocol
from exchange.models import SignedAnswer
from exchange.registry_keys import RegistryKeys
from ledger import canonical
from ledger.clock import now
from people import identity
from services import catalogue
from tests.approvals.cases import answer_checks, audited, decide, person, submit
from tests.exchange.conftest import Registry

PEOPLE = ("graduate_23", "graduate_25", "graduate_27")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def approved(
    furnished: None, registry: Registry, close_breakers: Callable[[], None]
) -> list[Application]:
    """Three graduates, asked about in one request a registry over HTTP, and decided."""
    close_breakers()
    cases = [submit(kind) for kind in PEOPLE]
    at = now()
    for name in checks.waiting(at):
        assert checks.run(registry=name, now=at) == len(PEOPLE)
    return decide(*cases)


def receipt(case: Application) -> dict[str, Any]:
    row = Decision.objects.get(application=case)
    found: dict[str, Any] = canonical.loads(bytes(row.receipt))
    return found


def kept(case: Application, registry: str = "education") -> tuple[Evidence, EvidenceProof]:
    row = Evidence.objects.get(application=case, registry=registry)
    return row, proofs.of_evidence([row])[row.id]


def test_one_answer_is_kept_once_and_each_case_has_its_part(approved: list[Application]) -> None:
    assert [case.state for case in approved] == ["approved"] * 3
    remote = sorted({row.registry for row in SignedAnswer.objects.all()})
    assert "education" in remote and SignedAnswer.objects.count() == len(remote) >= 2
    assert EvidenceProof.objects.count() == len(remote) * len(PEOPLE)
    for case in approved:
        for read in receipt(case)["evidence"]:
            is_remote = read["registry"] in remote
            assert read["strength"] == ("signed" if is_remote else "store")
            assert ("proof" in read) == is_remote
        [one] = [e for e in receipt(case)["evidence"] if e["registry"] == "education"]
        _, proof = kept(case)
        assert one["proof"] == json.loads(proofs.named(_named(proof)))
    assert audited() == []
    assert {wrong for _, wrong in replay.differences()} == {""}


def _named(proof: EvidenceProof) -> Any:
    statement, (item,) = protocol.split(proofs.presentation(proof))
    return proofs.Proof(statement, item, proof.answer.kid, proof.answer.algorithm)


def test_what_one_case_keeps_has_no_word_about_the_others(approved: list[Application]) -> None:
    texts = []
    for case in approved:
        _, proof = kept(case)
        statement, (item,) = protocol.split(proofs.presentation(proof))
        parts = [protocol.unb64(part).decode() for part in (*statement.split(".")[:2], item)]
        texts.append(" ".join(parts))
    for place, kind in enumerate(PEOPLE):
        applicant = person(kind)
        assert [applicant.number in text for text in texts] == [n == place for n in range(3)]
        assert [applicant.name in text for text in texts] == [n == place for n in range(3)]
        _, proof = kept(approved[place])
        assert applicant.number.encode() not in bytes(proof.item)  # encrypted at rest
        assert applicant.number not in proof.answer.statement


@pytest.fixture
def proof_file(approved: list[Application], tmp_path: Path, capsys: Any) -> Path:
    capsys.readouterr()
    call_command("evidence", "prove", approved[0].number, "education")
    (tmp_path / "proof.txt").write_text(capsys.readouterr().out)
    published = [protocol.to_jwk(key, public=True) for key in _keys()]
    (tmp_path / "theirs.jwks").write_text(json.dumps({"keys": published}))
    return tmp_path / "proof.txt"


def _keys() -> tuple[protocol.Key, ...]:
    return RegistryKeys("education", "Ed25519").all("answer")


def verified_alone(proof: Path) -> subprocess.CompletedProcess[str]:
    """By the one file that an agency takes: no package of ours, no Django, no database."""
    alone = proof.parent / "protocol.py"
    alone.write_bytes((ROOT / "exchange" / "protocol.py").read_bytes())
    command = [sys.executable, "-I", str(alone), str(proof), "--keys"]
    return subprocess.run(
        [*command, str(proof.parent / "theirs.jwks")],
        capture_output=True,
        text=True,
        check=False,
        cwd=proof.parent,
        env={},
    )


def test_the_agency_verifies_what_it_said_with_one_file_and_with_another_library(
    proof_file: Path,
) -> None:
    done = verified_alone(proof_file)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["registry"], said["proves_to"]) == ("education", "everybody")
    [item] = said["said"]
    assert item["number"] == person(PEOPLE[0]).number and item["outcome"] == "found"
    statement, (disclosure,) = protocol.split(proof_file.read_text().strip())
    public = KeySet.import_key_set(json.loads((proof_file.parent / "theirs.jwks").read_text()))
    claims = json.loads(jws.deserialize_compact(statement, public, algorithms=["Ed25519"]).payload)
    digest = hashlib.sha256(disclosure.encode()).digest()
    assert {"...": base64.urlsafe_b64encode(digest).rstrip(b"=").decode()} in claims["answers"]
    assert json.loads(base64.urlsafe_b64decode(disclosure + "=="))[1] == item


def test_a_proof_that_was_touched_proves_nothing(proof_file: Path) -> None:
    text = proof_file.read_text().strip()
    statement, (item,) = protocol.split(text)
    head, payload, _ = statement.split(".")
    assert protocol.check_proof(text, _keys())
    places = range(0, len(text), 7)
    for place in places:
        other = "A" if text[place] != "A" else "B"
        with pytest.raises(protocol.Invalid):
            protocol.check_proof(text[:place] + other + text[place + 1 :], _keys())
    salt, said = json.loads(protocol.unb64(item))
    lie = protocol.b64(json.dumps([salt, {**said, "data": {"level": "博士"}}]).encode())
    foreign = protocol.generated("Ed25519")
    for wrong in (
        protocol.present(statement, lie),
        protocol.present(f"{head}.{payload}.", item),
        protocol.answer(foreign, "education", "n" * 32, now(), [said]).decode(),
    ):
        proof_file.write_text(wrong)
        done = verified_alone(proof_file)
        assert done.returncode == 1 and done.stderr.startswith("not proved: "), done.stdout


def test_what_is_kept_is_held_against_the_evidence(approved: list[Application]) -> None:
    (row, proof), (_, another) = kept(approved[0]), kept(approved[1])
    keys, subject = proofs.KeySets(), approved[0].applicant
    assert proofs.fault(row, proof, subject, keys) == ""
    assert proofs.fault(row, None, subject, keys) == "what proves it is gone"
    assert "another evidence's" in proofs.fault(row, _with(proof, item=another.item), subject, keys)
    other = approved[1].applicant
    assert proofs.fault(row, proof, other, keys) == "its proof is of another person"
    for change, says in (
        ({"outcome": "absent"}, "another outcome or version"),
        ({"version": "2"}, "another outcome or version"),
        ({"registry": "criminal"}, "of another registry"),
        ({"facts": row.facts.replace('"level":"', '"level":"博')}, "other facts"),
        ({"proof": row.proof.replace('"item":"', '"item":"0')}, "another than it names"),
    ):
        assert change != {"facts": row.facts}
        wrong = proofs.fault(_with(row, **change), proof, subject, keys)
        assert says in wrong, (change, wrong)
    early = _with(proof.answer, received_at=now().replace(year=1999))
    assert proofs.fault(row, _with(proof, answer=early), subject, keys) == ""  # keys without nbf
    text = proof.answer.statement
    broken = _with(proof.answer, statement=text[:-1] + ("A" if text[-1] != "A" else "B"))
    assert "does not hold" in proofs.fault(row, _with(proof, answer=broken), subject, keys)


def _with(row: Any, **changes: Any) -> Any:
    fields = {f.name: getattr(row, f.name) for f in row._meta.concrete_fields}
    return type(row)(**{**fields, **changes})


def test_recording_takes_three_statements_however_many_cases(
    furnished: None, registry: Registry, close_breakers: Callable[[], None]
) -> None:
    counted = []
    for kinds in (PEOPLE[:1], PEOPLE[1:]):
        close_breakers()
        for kind in kinds:
            submit(kind)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert checks.run(registry="education", now=now()) == len(kinds)
        writes = [q["sql"] for q in seen if "approvals_evidenceproof" in q["sql"]]
        assert len(writes) == 1 and "exchange_signedanswer" in writes[0]
        counted.append(len(seen))
    assert counted[0] == counted[1]


def test_an_answer_by_a_shared_secret_is_authenticated_and_no_more(furnished: None) -> None:
    case = submit("graduate")
    answer_checks(case)
    row, _ = kept(case)
    hmac = _with(row, proof=row.proof.replace("Ed25519", "HS256"))
    assert proofs.of_receipt(hmac)["strength"] == "authenticated"
    assert proofs.of_receipt(row)["strength"] == "signed"
    shown = sources.source(hmac, catalogue.rulebook(case.edition_id), "zh", "")
    assert shown.strength == "以共享密钥认证，不能向他人证明"
    silent = Evidence(registry="education", outcome="failed", proof="")
    assert proofs.of_receipt(silent) == {}


def test_what_nobody_has_signed_is_not_proved(approved: list[Application]) -> None:
    with pytest.raises(CommandError, match="has signed nothing here"):
        call_command("evidence", "prove", approved[0].number, "population")
    with pytest.raises(CommandError, match="no evidence of a case"):
        call_command("evidence", "list", "GS0000")


def test_numbers_are_found_by_index_alone(approved: list[Application], capsys: Any) -> None:
    call_command("evidence", "list", approved[0].number)
    out = capsys.readouterr().out
    assert "education" in out and "signed" in out and "store" in out
    number = person(PEOPLE[0]).number
    assert number not in out and identity.mask(number) not in out
