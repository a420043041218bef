"""Enrolling, naming, removing and using passkeys. Each but a use that succeeds is an Event of the
owner's own chain, ``officer:USERNAME`` or ``citizen:INDEX``, which names the passkey by its
fingerprint.
"""

import datetime
from typing import Any

from django.db import transaction

import bulk
from ledger import encryption, events
from ledger.models import Event
from people import text
from people.actors import citizen, officer
from people.errors import ActionRejected
from people.models import User
from people.passkeys import ceremony
from people.passkeys.ceremony import Purpose, log
from people.passkeys.rows import Passkey

MOST = 10  # of one person
LONGEST_NAME = 64


def enrol(
    *, by: User, answer: str, challenge: str, name: str, now: datetime.datetime, level: int = 0
) -> Passkey:
    """Keep a passkey that its owner's browser has made, who logged in lately: the caller knows.

    ``challenge`` is the key of the one that it signed; ``answer`` the browser's JSON; ``level``, of
    a citizen, how surely it is known who is logged in (1 to 3). Raises ``ActionRejected``.
    """
    name = _named(name)
    sent = ceremony.take(challenge, Purpose.ENROL, by, now)
    passkey = ceremony.verify_new(by, answer, sent, level)
    passkey.name = name
    with transaction.atomic():
        _lock(by)
        if Passkey.objects.filter(user=by).count() >= MOST:
            raise ActionRejected(
                "passkeys_many",
                f"每人最多 {MOST} 个通行密钥，请先删除不用的",
                f"Nobody has more than {MOST} passkeys; remove one that you do not use.",
            )
        if Passkey.objects.filter(credential=passkey.credential).exists():
            raise ActionRejected(
                "passkey_known", "该通行密钥已登记", "That passkey is enrolled already."
            )
        passkey.save(force_insert=True)
        _record("passkey_enrolled", passkey, by, now, synced="yes" if passkey.is_synced else "no")
    return passkey


def rename(*, by: User, passkey: int, name: str, now: datetime.datetime) -> Passkey:
    """Name one's own passkey anew; raises ``ActionRejected``."""
    name = _named(name)
    with transaction.atomic():
        found = _passkey_of(by, passkey)
        found.name = name
        found.save(update_fields=["name"])
        _record("passkey_renamed", found, by, now)
    return found


def remove(*, by: User, passkey: int, now: datetime.datetime) -> Passkey:
    """Forget one's own passkey: from now on it opens nothing. Raises ``ActionRejected``."""
    with transaction.atomic():
        found = _passkey_of(by, passkey)
        _record("passkey_removed", found, by, now)
        Passkey.objects.filter(pk=found.pk).delete()
    return found


def use(
    *,
    purpose: Purpose,
    user: User | None,
    answer: str,
    challenge: str,
    now: datetime.datetime,
    of_citizen: bool = False,
) -> Passkey:
    """Return the passkey that signed the challenge; whose it is, is its ``user``.

    ``user`` has given the password, or is None for a log-in by the passkey alone. ``of_citizen``: a
    citizen's, for the portal; else an officer's, for the desk. A signature whose
    count is not above the last one comes from a copy (section 6.1.1): refused, and an Event. Raises
    ``ActionRejected``.
    """
    sent = ceremony.take(challenge, purpose, user, now)
    read = ceremony.read(answer)
    with transaction.atomic():
        passkey = _signing(read.raw_id, user, of_citizen)
        try:
            key = passkey.key()
        except encryption.DecryptionError as error:
            log.error("passkey %s was not enrolled here: %s", passkey.fingerprint, error)
            raise ceremony.refused() from None
        signed = ceremony.verify(passkey, key, read, purpose, sent)
        count = signed.new_sign_count
        is_copy = (count or passkey.sign_count) and count <= passkey.sign_count
        if is_copy:
            log.error("passkey %s of user %s was copied", passkey.fingerprint, passkey.user_id)
            _lock(passkey.user)
            counts = {"count": str(count), "last": str(passkey.sign_count)}
            _record("passkey_copy_refused", passkey, passkey.user, now, **counts)
        else:
            passkey.sign_count = count
            passkey.encrypt(key)  # a rotated key comes into use
            passkey.set_last_used_timestamp(commit=False)
            passkey.save(update_fields=["sign_count", "public_key", "last_used_at"])
    if is_copy:
        raise ActionRejected(
            "passkey_copied",
            "该通行密钥疑似被复制，已拒绝；请用其他方式登录并删除它",
            "That passkey seems to be a copy and is refused; log in another way and remove it.",
            status=422,
        )
    return passkey


def _signing(credential: bytes, user: User | None, of_citizen: bool) -> Passkey:
    """Return the locked passkey of that id; two signatures of it are compared one after another."""
    found = (
        Passkey.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(credential=credential, confirmed=True)
        .first()
    )
    if found is None or (user is not None and found.user_id != user.pk):
        raise ceremony.refused()
    owner = found.user
    is_citizens = ceremony.is_citizen(owner) and bool(owner.subject) and found.level > 0
    is_officers = owner.is_staff and found.level == 0
    if not owner.is_active or not (is_citizens if of_citizen else is_officers):
        raise ceremony.refused()
    return found


def _passkey_of(by: User, passkey: int) -> Passkey:
    _lock(by)
    found = Passkey.objects.select_for_update().filter(user=by, pk=passkey).first()
    if found is None:
        raise ActionRejected("not_found", "没有该通行密钥", "There is no such passkey.", status=404)
    return found


def _lock(user: User) -> None:
    """Lock the owner's row, on which the chain of their events hangs."""
    list(User.objects.select_for_update().filter(pk=user.pk).values_list("pk"))


def _named(name: str) -> str:
    name = text.clean(name, longest=LONGEST_NAME, field="/name")
    if not name:
        raise ActionRejected(
            "name", "请为通行密钥命名", "Give the passkey a name.", status=422, field="/name"
        )
    return name


def _record(kind: str, passkey: Passkey, by: User, now: datetime.datetime, **more: str) -> None:
    name = str(citizen(by) if ceremony.is_citizen(by) else officer(by))
    chain = events.Rowless.named(name)
    data: dict[str, Any] = {"passkey": passkey.fingerprint, "name": passkey.name, **more}
    bulk.insert(Event, [events.append(chain, name, kind, by=name, now=now, data=data)])
