"""Making, renewing, trusting and ending keys of registries: what ``manage.py registry keys`` does.

A file is written whole or not at all, by whoever has the lock beside it; processes read it again
at their next question. A key that has ended stays in its file: what it signed is still checked.
Each change is an Event of the ledger, written with the file (``registry_key_history``).
"""

import contextlib
import datetime
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from django.db import transaction

from exchange import protocol, registry_key_history, registry_keys
from exchange.protocol import Key
from exchange.registry_keys import ANSWER, DIRECTIONS, QUESTION, RegistryKeys

IN_FLIGHT = datetime.timedelta(seconds=2 * protocol.TOLERANCE)  # a question that is on its way


class Refused(ValueError):
    """The change cannot be made; the message says why."""


def make(keys: RegistryKeys, *, now: datetime.datetime) -> list[Path]:
    """Make what is missing on our side; returns the files that were written.

    What signs our questions, and, of a registry with shared secrets, the one of its answers.
    """
    made = []
    for direction in _made_here(keys):
        path = registry_keys.file(keys.registry, direction)
        with _locked(path):
            if not path.exists():
                _replace(keys, direction, "made", [protocol.generated(keys.algorithm)], now)
                made.append(path)
    return made


def renew(
    keys: RegistryKeys, direction: str, *, overlap: datetime.timedelta, now: datetime.datetime
) -> Path:
    """Add a key of ours and let the others end; both count for ``overlap``.

    Questions are signed with the new one when ``overlap`` has passed, so that the registry has the
    time to take it up. An answer may be signed with either until then.
    """
    if direction not in _made_here(keys):
        raise Refused(f"{keys.registry} makes its own keys: `manage.py registry keys trust`")
    path, change = registry_keys.file(keys.registry, direction), _seconds(now + overlap)
    begins, ends = None, change
    if direction == QUESTION:
        begins, ends = change, _seconds(now + overlap + IN_FLIGHT)
    with _locked(path):
        ending = [_ended(key, ends) for key in keys.all(direction)]
        renewed = [*ending, protocol.generated(keys.algorithm, begins=begins)]
        _replace(keys, direction, "renewed", renewed, now)
    return path


def trust(
    keys: RegistryKeys, text: bytes, *, overlap: datetime.timedelta, now: datetime.datetime
) -> Path:
    """Take a registry's public keys (JWK set) for its answers; others end after ``overlap``.

    A key that has ended here stays ended, whoever still lists it: it may have leaked. Raises
    ``Refused`` for anything but Ed25519 public keys that no other registry or direction has.
    """
    if keys.algorithm != protocol.ED25519:
        raise Refused(f"{keys.registry} shares a secret with us: `make` or `renew` writes it")
    path = registry_keys.file(keys.registry, ANSWER)
    try:
        given = protocol.read_jwks(text)
    except protocol.Invalid as error:
        raise Refused(str(error)) from None
    if not given or any(key.algorithm != protocol.ED25519 for key in given):
        raise Refused("Ed25519 keys are needed")
    if any(key.private is not None for key in given):
        raise Refused("this is a private key: it stays with the registry, which must renew it now")
    if elsewhere := registry_keys.shared(path, tuple(given)):
        raise Refused(f"one of the keys is in {elsewhere} too: each registry has its own")
    with _locked(path):
        before = {key.kid: key for key in (keys.all(ANSWER) if path.exists() else ())}
        if any(key.kid in before and before[key.kid].material != key.material for key in given):
            raise Refused("another key has this kid already")
        over = {kid: key for kid, key in before.items() if _is_over(key, now)}
        given = [over.get(key.kid, key) for key in given]
        fresh = {key.kid for key in given}
        ends = _seconds(now + overlap)
        ending = [_ended(key, ends) for kid, key in before.items() if kid not in fresh]
        _replace(keys, ANSWER, "trusted", [*ending, *given], now)
    return path


def end(keys: RegistryKeys, kid: str, *, now: datetime.datetime) -> Path:
    """End a key at once, because it has leaked."""
    for direction in DIRECTIONS:
        path = registry_keys.file(keys.registry, direction)
        with _locked(path):
            known = keys.all(direction) if path.exists() else ()
            if any(key.kid == kid for key in known):
                ends = _seconds(now)
                left = [_ended(key, ends) if key.kid == kid else key for key in known]
                _replace(keys, direction, "ended", left, now)
                return path
    raise Refused(f"{keys.registry} has no key {kid} in a file")


def published(keys: RegistryKeys) -> list[protocol.Json]:
    """Return our public keys for a registry's engineers, as JWKs; none where secrets are shared."""
    if keys.algorithm != protocol.ED25519:
        return []
    return [protocol.to_jwk(key, public=True) for key in keys.all(QUESTION)]


def _made_here(keys: RegistryKeys) -> tuple[str, ...]:
    return DIRECTIONS if keys.algorithm == protocol.HS256 else (QUESTION,)


def _ended(key: Key, ends: int) -> Key:
    return replace(key, ends=ends if key.ends is None else min(key.ends, ends))


def _is_over(key: Key, now: datetime.datetime) -> bool:
    return key.ends is not None and key.ends <= now.timestamp()


def _seconds(at: datetime.datetime) -> int:
    return int(at.timestamp())


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path.parent / "lock", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(
    keys: RegistryKeys, direction: str, kind: str, new: list[Key], now: datetime.datetime
) -> None:
    """Write a set with its Event: without the ledger nothing is changed.

    Between file and commit a fault leaves a file without its Event, which the audit names.
    """
    with transaction.atomic():
        registry_key_history.record(keys.registry, direction, kind, new, now)
        _write(registry_keys.file(keys.registry, direction), new)


def _write(path: Path, keys: list[Key]) -> None:
    text = json.dumps({"keys": [protocol.to_jwk(key) for key in keys]}, indent=1)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def of_city() -> list[RegistryKeys]:
    """Return the registries that another agency answers, in the order of the city's file."""
    return [
        RegistryKeys(registry.code, registry.signature)
        for registry in settings.CITY.registries.values()
        if registry.answered_by == "agency"
    ]
