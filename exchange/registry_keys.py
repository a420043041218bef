"""Keys of other agencies' registries: a set for each registry and direction, in files.

``KEYS_DIR/registries/CODE/question.jwks`` has what signs our questions, ``answer.jwks`` what
verifies its answers: its public keys, or secrets that we share with it for answers alone. Both
are JWK sets (RFC 7517), mode 0600, with ``nbf`` and ``exp`` where a key begins or ends, so several
are active while one follows another. ``manage.py registry keys`` writes them.

Whatever is missing, ended, of another algorithm than the city says, or also a key of another
registry or direction, is ``Unusable``: nothing is asked then. A demo without files has keys that
follow from its secret, so that its processes need not exchange any.
"""

import datetime
import hmac
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from exchange import protocol
from exchange.protocol import Key

QUESTION, ANSWER = "question", "answer"
DIRECTIONS = (QUESTION, ANSWER)
ENDED_AT = 1_577_836_800  # of a demo's ended keys: 2020-01-01
Both = tuple[Key, tuple[Key, ...]]  # what signs a question, and what verifies the answers
_read: dict[Path, tuple[int, tuple[Key, ...]]] = {}  # when it was written, what stands in it


class Unusable(Exception):
    """There is no key that may be used; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class RegistryKeys:
    """The keys of one registry; ``algorithm``: what the city says that its keeper can."""

    registry: str
    algorithm: str

    def both(self, at: datetime.datetime) -> Both:
        """Return what a question and its answer need; raises ``Unusable``."""
        return self.signing(at), self.verifying(at)

    def signing(self, at: datetime.datetime) -> Key:
        """Return the key that signs a question now: of those that are active, the newest."""
        active = [key for key in self.all(QUESTION) if key.is_active(at) and key.signs]
        if not active:
            raise Unusable(
                f"no key signs questions to {self.registry}: `manage.py registry keys make`"
            )
        return max(active, key=lambda key: key.begins or 0)

    def verifying(self, at: datetime.datetime) -> tuple[Key, ...]:
        """Return the keys of its answers, ended ones too; one at least is active."""
        keys = self.all(ANSWER)
        if not any(key.is_active(at) for key in keys):
            raise Unusable(
                f"no key verifies answers of {self.registry}: `manage.py registry keys trust`"
            )
        return keys

    def all(self, direction: str) -> tuple[Key, ...]:
        """Return all keys of a direction, in the order of their file; raises ``Unusable``."""
        path = file(self.registry, direction)
        if settings.DEMO and not path.exists():
            return tuple(
                demo_key(self.registry, direction, self.algorithm, is_ended=ended)
                for ended in (True, False)
            )
        keys = _keys_of(path)
        if any(key.algorithm != self.algorithm for key in keys):
            raise Unusable(f"{path}: the city says {self.algorithm} for {self.registry}")
        if direction == ANSWER and any(key.private is not None for key in keys):
            raise Unusable(f"{path} has a private key: the registry's own stays with it")
        return keys


def folder() -> Path:
    return Path(settings.KEYS_DIR) / "registries"


def file(registry: str, direction: str) -> Path:
    return folder() / registry / f"{direction}.jwks"


def _keys_of(path: Path) -> tuple[Key, ...]:
    try:
        stat = path.stat()
        read_at, keys = _read.get(path, (-1, ()))
        if read_at != stat.st_mtime_ns:
            if stat.st_mode & 0o007:
                raise Unusable(f"everybody may read {path}: chmod 600 it")
            keys = tuple(protocol.read_jwks(path.read_bytes()))
            if elsewhere := shared(path, keys):
                raise Unusable(f"{path} has a key that {elsewhere} has too: each has its own")
            _read[path] = stat.st_mtime_ns, keys
    except FileNotFoundError:
        return ()
    except (OSError, protocol.Invalid) as error:
        raise Unusable(f"{path}: {error}") from None
    return keys


def shared(path: Path, keys: tuple[Key, ...]) -> Path | None:
    """Return another set in which one of ``keys`` stands too, or None."""
    ours = {key.material for key in keys}
    for other in sorted(folder().glob("*/*.jwks")):
        if other == path:
            continue
        try:
            theirs = {key.material for key in protocol.read_jwks(other.read_bytes())}
        except (OSError, protocol.Invalid):
            continue  # of no use to anybody, and said where it is read
        if ours & theirs:
            return other
    return None


def demo_key(registry: str, direction: str, algorithm: str, *, is_ended: bool = False) -> Key:
    """Return a key of a demo, that of both sides; an ended one precedes each."""
    name = f"{registry}.{direction}.{'ended' if is_ended else 'active'}"
    seed = hmac.digest(settings.SECRET_KEY.encode(), name.encode(), "sha256")
    return protocol.from_seed(algorithm, seed, ends=ENDED_AT if is_ended else None)
