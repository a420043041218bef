"""Taking a file in, and letting it go: what is refused leaves nothing behind."""

import datetime
import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Sum

from bulk.connections import give_back
from ledger import encryption
from ledger.identifiers import uuid7
from materials import isolation, scanning, storage
from materials.content import LARGEST, RejectedFile, sized
from materials.models import Material
from people import text
from people.actors import Actor, Kind
from people.errors import ActionRejected

NAME_LONGEST = 80  # characters
MOST_FILES, MOST_BYTES = 60, 200_000_000  # that one citizen keeps without a case
ORPHANED = datetime.timedelta(days=1)  # a file without a row: its upload broke off


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came. ``allowed``: the kinds that the question takes, up to ``largest`` bytes.

    ``field``: what is at fault, where it is refused.
    """

    data: bytes
    name: str
    allowed: Collection[str]
    largest: int = LARGEST
    field: str = ""


def keep(*, upload: Upload, by: Actor, now: datetime.datetime) -> Material:
    """Look at a file, store it encrypted, and return its row; the same file twice is one.

    Raises ``ActionRejected``: 422 with the reason, 503 while too many are looked at; then nothing
    is stored. It is deleted when drafts end, unless a case has it by then.
    """
    try:
        kind = sized(upload.data, upload.allowed, upload.largest)
        digest = hashlib.sha256(upload.data).hexdigest()
        if (known := _known(digest, by, now)) is not None:
            return known
        _require_room(len(upload.data), by)
        give_back()  # what follows waits for others, some seconds
        scanned_by = scanning.scan(upload.data)  # before a parser sees it
        found = isolation.inspected(upload.data)
    except RejectedFile as error:
        raise ActionRejected(
            f"material_{error.code}", error.zh, error.en, status=422, field=upload.field
        ) from None
    except isolation.NoCapacity:
        raise ActionRejected(
            "material_busy",
            "正在处理的文件较多，请稍后再上传",
            "Many files are being looked at; send it again in a moment.",
            status=503,
            field=upload.field,
        ) from None
    row = Material(
        id=uuid7(),
        by=by.owner,
        sha256=digest,
        stored=storage.write(upload.data),
        kind=kind.value,
        size=len(upload.data),
        pages=found.pages,
        name=_encrypted(upload.name, digest),
        scanned_by=scanned_by,
        at=now,
        kept_until=_until(now),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # the same file came twice at the same moment
        storage.delete(row.stored)
        return Material.objects.get(by=by.owner, sha256=digest)
    return row


def _known(digest: str, by: Actor, now: datetime.datetime) -> Material | None:
    """Return the row of the same file of the same person, kept as long as if it were new."""
    found = Material.objects.filter(by=by.owner, sha256=digest).first()
    if found is not None:
        renew([digest], by=by, until=_until(now))
    return found


def _until(now: datetime.datetime) -> datetime.datetime:
    return now + datetime.timedelta(days=settings.CITY.drafts.days)


def _require_room(size: int, by: Actor) -> None:
    if by.kind is not Kind.CITIZEN:
        return
    loose = Material.objects.filter(by=by.owner, kept_until__isnull=False)
    held = loose.aggregate(bytes=Sum("size"))["bytes"] or 0
    if loose.count() >= MOST_FILES or held + size > MOST_BYTES:
        raise RejectedFile(
            "room",
            "您尚未提交的文件过多，请先移除不需要的文件",
            "You keep too many files that were not handed in; remove some first.",
        )


def _encrypted(name: str, digest: str) -> bytes:
    try:
        cleaned = text.clean(_last_part(name), longest=200)
    except ActionRejected:  # an ID number, often enough, or what no text may hold
        cleaned = ""
    stem, dot, end = cleaned.rpartition(".")
    if len(cleaned) > NAME_LONGEST:
        cleaned = stem[: NAME_LONGEST - len(end) - 1] + dot + end[-8:] if dot else cleaned
    return encryption.encrypt("identity", cleaned[:NAME_LONGEST].encode(), bytes.fromhex(digest))


def _last_part(name: str) -> str:
    """Return a file's name, its end at most, without the folders that some browsers send."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return last[-200:]


def name_of(material: Material) -> str:
    """Return what a file was called."""
    try:
        data, bound = encryption.decrypt("identity", material.name)
    except encryption.DecryptionError:
        return ""
    return data.decode() if bound.hex() == material.sha256 else ""


def renew(digests: Iterable[str], *, by: Actor, until: datetime.datetime) -> None:
    """Keep files as long as the draft that names them; what a case has is kept anyway."""
    rows = Material.objects.filter(by=by.owner, sha256__in=list(digests), kept_until__lt=until)
    rows.update(kept_until=until)


def drop(digests: Iterable[str], *, by: Actor) -> int:
    """Delete one's own files that no case has; returns how many."""
    return _delete(Material.objects.filter(by=by.owner, sha256__in=list(digests)))


def expire(now: datetime.datetime) -> int:
    """Delete the files whose time is over; returns how many."""
    return _delete(Material.objects.filter(kept_until__lte=now))


def delete_orphans(now: datetime.datetime, folder: int) -> None:
    """Delete what uploads that broke off have left in one of the folders of ``storage``."""
    left = {file.name: file for file in storage.written_before(now - ORPHANED, folder)}
    rows = Material.objects.filter(stored__in=list(left))
    for name in left.keys() - set(rows.values_list("stored", flat=True)):
        left[name].unlink(missing_ok=True)


def _delete(rows: QuerySet[Material]) -> int:
    """Delete rows that no case has, and after the commit their files."""
    with transaction.atomic():
        loose = list(rows.filter(kept_until__isnull=False).select_for_update())
        Material.objects.filter(pk__in=[row.pk for row in loose]).delete()
        for row in loose:
            transaction.on_commit(partial(storage.delete, row.stored))
    return len(loose)
