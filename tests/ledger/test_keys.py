"""Keys change under load: nothing fails verification, everything stays readable."""

import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ledger import encryption, keys, rotation, signatures
from ledger.models import PublicKey
from people import identity

NUMBER = "11010519491231002X"


@pytest.fixture(autouse=True)
def only_keys_of_the_ledger(settings: Any) -> None:
    settings.KEY_MAKERS = ()  # the certificates that sign PDFs have tests of their own


@pytest.fixture
def folder(settings: object, tmp_path: Path) -> Iterator[Path]:
    """An empty key folder of this test alone."""
    settings.KEYS_DIR = tmp_path / "keys"  # type: ignore[attr-defined]
    keys.cache.forget()
    yield tmp_path / "keys"
    keys.cache.forget()


ED25519 = [purpose for purpose in keys.SIGNING if purpose not in keys.CURVE]


@pytest.mark.parametrize("purpose", ED25519)
def test_while_keys_rotate_under_load_nothing_fails_verification(
    purpose: str, committed: None, django_db_blocker: object, folder: Path, now: dt.datetime
) -> None:
    rotation.make(now)
    failed: list[str] = []
    counts = [0, 0, 0]
    kids: set[str] = set()
    stop = threading.Event()
    old = keys.signer(purpose)  # a worker that has not looked at the folder since the beginning

    def worker(which: int) -> None:
        try:
            while not stop.is_set():
                data = f"{which}:{counts[which]}".encode()
                signature = signatures.sign(purpose, data)
                kids.add(signature.kid)
                if not signatures.verify(
                    *signature[:2], data, signature.signature, purpose=purpose
                ):
                    failed.append(f"{signature.kid} after {counts[which]}")
                if not signatures.verify(old.kid, "Ed25519", data, old.private.sign(data)):
                    failed.append("the old worker's")
                signatures.verify_jws(signatures.sign_jws(purpose, data, "t"), purpose=purpose)
                counts[which] += 1
        except Exception as error:
            failed.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=worker, args=(n,)) for n in range(len(counts))]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            rotation.rotate(purpose, now)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failed == []
    assert min(counts) > 0 and len(kids) > 1
    live = PublicKey.objects.filter(purpose=purpose, retired_at=None)
    assert live.count() == 1 and PublicKey.objects.filter(purpose=purpose).count() == 21
    assert [path.name for path in folder.glob(f"{purpose}-*.pem")] == [f"{purpose}-0021.pem"]
    assert len(keys.public_in_folder(purpose)) == 21


def test_what_was_encrypted_with_earlier_field_keys_stays_readable(
    db: None, folder: Path, now: dt.datetime
) -> None:
    rotation.make(now)
    encrypted, subject = [], identity.index(NUMBER)
    for _ in range(20):
        encrypted.append(identity.encrypt(NUMBER))
        rotation.rotate("identity", now)
    encrypted.append(identity.encrypt(NUMBER))
    assert len({value[1:5] for value in encrypted}) == 21
    keys.cache.forget()
    assert {identity.decrypt(value, subject) for value in encrypted} == {NUMBER}
    assert identity.index(NUMBER) == subject


def test_another_process_s_rotation_is_noticed_at_once_by_those_who_read(
    db: None, folder: Path, now: dt.datetime
) -> None:
    rotation.make(now)
    value, signature = identity.encrypt(NUMBER), signatures.sign("receipt", b"x")
    assert signatures.verify(*signature[:2], b"x", signature.signature)
    ring, keys.cache = keys.cache, keys._Cache()  # the other process
    try:
        rotation.rotate("identity", now)
        rotation.rotate("receipt", now)
        newer, after = identity.encrypt(NUMBER), signatures.sign("receipt", b"x")
    finally:
        keys.cache = ring
    assert signatures.verify(*after[:2], b"x", after.signature) and after.kid != signature.kid
    assert identity.decrypt(newer) == NUMBER == identity.decrypt(value)


def test_making_is_idempotent_and_publishes_known_files_in_a_new_database(
    db: None, folder: Path, now: dt.datetime
) -> None:
    assert rotation.make(now) == list(keys.PURPOSES)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert rotation.make(now) == []
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert PublicKey.objects.count() == len(keys.SIGNING)
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in before)
    assert folder.stat().st_mode & 0o077 == 0


def test_a_file_that_everybody_may_read_or_nobody_understands_is_refused(
    db: None, folder: Path, now: dt.datetime
) -> None:
    rotation.make(now)
    path = folder / "head-0001.pem"
    path.chmod(0o604)
    keys.cache.forget()
    with pytest.raises(keys.KeyUnusable, match="everybody may read"):
        signatures.sign("receipt", b"x")
    path.chmod(0o600)
    path.write_text("not a key")
    with pytest.raises(keys.KeyUnusable, match="head-0001"):
        signatures.sign("receipt", b"x")


def test_without_keys_the_message_says_what_to_do(folder: Path) -> None:
    with pytest.raises(keys.KeyUnusable, match="keys make"):
        signatures.sign("receipt", b"x")


def test_the_index_key_cannot_be_rotated(db: None, folder: Path, now: dt.datetime) -> None:
    with pytest.raises(keys.KeyUnusable, match="cannot be rotated"):
        rotation.rotate("index", now)


def test_the_command_makes_rotates_and_lists(
    db: None, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("keys", "make")
    call_command("keys", "rotate", "receipt")
    call_command("keys", "list")
    listed = capsys.readouterr().out.splitlines()[2:]
    assert len(listed) == len(keys.SIGNING) + 1
    assert sum("in use" in line for line in listed) == len(keys.SIGNING)
    with pytest.raises(CommandError):
        call_command("keys", "rotate", "index")


@pytest.mark.parametrize("at", range(0, 68, 5))
def test_an_encrypted_value_with_one_changed_byte_is_refused(at: int, keys: None) -> None:
    value = bytearray(identity.encrypt(NUMBER))
    value[at] ^= 1
    with pytest.raises(encryption.DecryptionError):
        identity.decrypt(bytes(value))


def test_an_encrypted_value_of_another_purpose_or_row_is_refused(keys: None) -> None:
    value = encryption.encrypt("partner", b"secret", b"food")
    assert encryption.decrypt("partner", value) == (b"secret", b"food")
    with pytest.raises(encryption.DecryptionError):
        encryption.decrypt("identity", value)
    with pytest.raises(encryption.DecryptionError):
        encryption.decrypt("partner", b"")
    with pytest.raises(encryption.DecryptionError, match="another row"):
        identity.decrypt(identity.encrypt(NUMBER), identity.index("440524188001010014"))
