"""Changing drafts at the desk: begin, save, restore, take over, drop, send for review.

Each changes one draft under its service's lock and writes an Event of the service with the hash of
the text before and after. A draft is saved with faults, and proposed without any.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction

from city import source as sources
from city.characters import UNSAFE
from city.errors import SourceError
from people import text as texts
from people.actors import Actor, Kind
from people.errors import ActionRejected
from people.roles import POLICIES
from services import catalogue, publish
from services.models import Draft, DraftState, DraftText, Edition, Proposal, Service

MOST_OPEN = 50  # drafts of one author at once
_SERVICE = re.compile(r"^service:[ ]*([a-z][a-z0-9_]{0,39})[ ]*$", re.MULTILINE)


def text_hash(text: str) -> str:
    """SHA-256 of a text in UTF-8, in hex: what ``sha256sum`` says of the downloaded file."""
    return hashlib.sha256(text.encode()).hexdigest()


def service_of(text: str) -> str:
    """The service that a pack's text names; empty where it names none. It may have faults."""
    try:
        named = sources.read(text).data.get("service")
    except SourceError:
        found = _SERVICE.search(text)
        return found[1] if found else ""
    return named if isinstance(named, str) and _SERVICE.match(f"service: {named}") else ""


def require_storable(text: str) -> None:
    """Raise ``ActionRejected`` for a text that no draft is kept with: too long, hidden signs."""
    size, most = len(text.encode("utf-8", "surrogatepass")), sources.BYTES // 1000
    if size > sources.BYTES:
        zh = f"文本有 {size // 1000} kB，最多 {most} kB；没有保存"
        en = f"The text has {size // 1000} kB, and {most} kB at most are kept; it was not saved."
        raise ActionRejected("text_too_long", zh, en, status=413, field="/text")
    if hidden := UNSAFE.search(text):
        line, sign = text.count("\n", 0, hidden.start()) + 1, f"U+{ord(hidden[0]):04X}"
        zh = f"第 {line} 行有不允许的隐藏字符 {sign}"
        en = f"Line {line} holds the hidden character {sign}, which is not permitted."
        raise ActionRejected("text_unsafe", zh, en, status=422, field="/text")


def begin(text: str, *, by: Actor, now: datetime.datetime, base: Edition | None = None) -> Draft:
    """Begin a draft with a text, which names its service; ``base`` is the edition it is of.

    Raises ``ActionRejected``: nobody but a policy officer, a text that is no YAML or names no
    service, another service than its edition's, or too many drafts.
    """
    _policy_officer(by)
    require_storable(text)
    code = service_of(text)
    if not code:
        zh, en = "文本没有写明事项（service:）", "The text names no service (service:)."
        raise ActionRejected("no_service", zh, en, status=422, field="/text")
    if base is not None and base.service_id != code:
        raise _other_service(base.service_id, code)
    if Draft.objects.filter(author=str(by), state=DraftState.OPEN).count() >= MOST_OPEN:
        zh, en = f"未完成的草稿已有 {MOST_OPEN} 份，请先放弃用不到的", (
            f"You have {MOST_OPEN} open drafts: drop what is not needed first."
        )  # fmt: skip
        raise ActionRejected("too_many_drafts", zh, en)
    with transaction.atomic():
        Service.objects.bulk_create([Service(code=code)], ignore_conflicts=True)
        service = Service.objects.select_for_update().get(pk=code)
        draft = Draft(
            service=service, base=base, source=text, hash=text_hash(text), author=str(by),
            begun_at=now, changed_at=now,
        )  # fmt: skip
        draft.save(force_insert=True)
        data = {"draft": str(draft.pk), "before": base.hash if base else "", "after": draft.hash}
        publish.record(service, "draft_begun", by=by, now=now, data=data)
        _keep(draft, DraftText.Kind.BEGUN, by, now)
    return draft


def open_edition(service: str, *, by: Actor, now: datetime.datetime, today: datetime.date) -> Draft:
    """Begin a draft with the edition of a service in force; the latest where none is."""
    edition = catalogue.current(service, today)
    latest = Edition.objects.filter(service=service).order_by("-number").first()
    found = edition or latest
    if found is None:
        zh, en = "该事项没有已发布的版本", "No edition of this service is published."
        raise ActionRejected("no_edition", zh, en, status=404)
    return begin(found.source, by=by, now=now, base=found)


@dataclass(frozen=True, slots=True)
class Version:
    """Which draft is meant, and the version of it that its author saw."""

    draft: int
    number: int


def save(version: Version, text: str, *, by: Actor, now: datetime.datetime) -> Draft:
    """Give a draft another text; it may have faults, but it is a text of the same service.

    An equal text changes nothing. Raises ``ActionRejected`` (409, ``draft_changed``) when the draft
    was changed since, and nothing is lost: neither text is written over.
    """
    require_storable(text)
    code = service_of(text)

    def change(draft: Draft) -> tuple[str, DraftText.Kind]:
        if code and code != draft.service_id:
            raise _other_service(draft.service_id, code)
        return text, DraftText.Kind.SAVED

    return _changed(version, change, by=by, now=now)


def restore(version: Version, earlier: int, *, by: Actor, now: datetime.datetime) -> Draft:
    """Give a draft the text again that it had as ``earlier``; what was undone stays kept, too."""

    def change(draft: Draft) -> tuple[str, DraftText.Kind]:
        found = draft.texts.filter(version=earlier).first()
        if found is None:
            zh, en = f"没有第 {earlier} 次的文本", f"There is no text of version {earlier}."
            raise ActionRejected("no_such_text", zh, en, status=404)
        return found.source, DraftText.Kind.RESTORED

    return _changed(version, change, by=by, now=now)


def take_over(version: Version, reason: str, *, by: Actor, now: datetime.datetime) -> Draft:
    """Become the author of somebody else's draft, with a reason that its author reads."""
    _policy_officer(by)
    reason = texts.reason(reason, longest=400)
    with _locked(version) as (service, draft):
        if draft.author == str(by):
            zh, en = "这是您自己的草稿", "It is your own draft already."
            raise ActionRejected("own_draft", zh, en)
        data = _data(draft, draft.hash) | {"from": draft.author, "reason": reason}
        publish.record(service, "draft_taken_over", by=by, now=now, data=data)
        draft.author, draft.version, draft.changed_at = str(by), draft.version + 1, now
        _keep(draft, DraftText.Kind.TAKEN_OVER, by, now, reason)
        draft.save(update_fields=["author", "version", "changed_at"])
    return draft


def drop(version: Version, *, by: Actor, now: datetime.datetime) -> Draft:
    """Give a draft up; its texts stay readable, and another may begin with one of them."""
    with _locked(version) as (service, draft):
        _own(draft, by)
        publish.record(service, "draft_dropped", by=by, now=now, data=_data(draft, draft.hash))
        draft.mark_dropped()
        draft.changed_at = now
        draft.save(update_fields=["state", "changed_at"])
    return draft


def send_for_review(
    version: Version,
    *,
    by: Actor,
    now: datetime.datetime,
    until: datetime.date | None = None,
) -> Proposal:
    """Propose a draft's text as the next edition; afterwards it cannot be changed any more.

    Raises what ``publish.propose`` does: ``SourceError`` while the text has faults, and
    ``ActionRejected``; then the draft stays open.
    """
    _policy_officer(by)
    seen = Draft.objects.filter(pk=version.draft).first()
    if seen is None:
        raise _no_draft()
    _require_unchanged(seen, version)
    _own(seen, by)
    with transaction.atomic():
        proposal = publish.propose(
            seen.source,
            by=by,
            now=now,
            file=f"{seen.service_id}.yaml",
            terms=publish.Terms(until),
        )
        with _locked(version) as (service, draft):
            _own(draft, by)
            data = _data(draft, draft.hash) | {"proposal": str(proposal.pk)}
            publish.record(service, "draft_proposed", by=by, now=now, data=data)
            draft.mark_proposed()
            draft.proposal, draft.changed_at = proposal, now
            draft.save(update_fields=["state", "proposal", "changed_at"])
    return proposal


def _changed(
    version: Version,
    change: Callable[[Draft], tuple[str, DraftText.Kind]],
    *,
    by: Actor,
    now: datetime.datetime,
) -> Draft:
    with _locked(version) as (service, draft):
        _own(draft, by)
        text, kind = change(draft)
        if text == draft.source:
            return draft
        data = _data(draft, text_hash(text))
        publish.record(service, f"draft_{kind}", by=by, now=now, data=data)
        draft.source, draft.hash = text, text_hash(text)
        draft.version, draft.changed_at = draft.version + 1, now
        _keep(draft, kind, by, now)
        draft.save(update_fields=["source", "hash", "version", "changed_at"])
    return draft


@contextmanager
def _locked(version: Version) -> Iterator[tuple[Service, Draft]]:
    """An open draft in the version that was seen, and its service, both locked."""
    with transaction.atomic():
        known = Draft.objects.filter(pk=version.draft).first()
        if known is None:
            raise _no_draft()
        service = Service.objects.select_for_update().get(pk=known.service_id)
        draft = Draft.objects.select_for_update().get(pk=known.pk)
        _require_unchanged(draft, version)
        yield service, draft


def _require_unchanged(draft: Draft, version: Version) -> None:
    if draft.state != DraftState.OPEN:
        zh, en = "草稿已送审或已放弃，不能再修改", (
            "The draft was sent for review, or dropped: it cannot be changed any more."
        )  # fmt: skip
        raise ActionRejected("draft_closed", zh, en)
    if draft.version != version.number:
        zh = "草稿在您打开之后已被修改（也许在另一个窗口），这次没有保存"
        en = "The draft was changed after you opened it, perhaps in another tab: not saved."
        raise ActionRejected("draft_changed", zh, en)


def _keep(
    draft: Draft, kind: DraftText.Kind, by: Actor, now: datetime.datetime, reason: str = ""
) -> None:
    DraftText(
        draft=draft, version=draft.version, kind=kind, source=draft.source, hash=draft.hash,
        by=str(by), at=now, reason=reason,
    ).save(force_insert=True)  # fmt: skip


def _data(draft: Draft, after: str) -> dict[str, str]:
    """What every event of a draft says: which, and the hash of its text before and after."""
    return {"draft": str(draft.pk), "before": draft.hash, "after": after}


def _policy_officer(by: Actor) -> None:
    if by.kind != Kind.OFFICER or by.role not in POLICIES:
        zh, en = "草稿由政策人员修改", "Drafts are changed by policy officers."
        raise ActionRejected("not_a_policy_officer", zh, en, status=403)


def _own(draft: Draft, by: Actor) -> None:
    _policy_officer(by)
    if draft.author != str(by):
        zh = f"这是 {draft.author} 的草稿，只能查看；接手须说明理由"
        en = f"It is the draft of {draft.author}, for reading only: take it over with a reason."
        raise ActionRejected("not_the_author", zh, en, status=403)


def _other_service(wanted: str, found: str) -> ActionRejected:
    zh = f"这是事项 {found} 的规则文件，草稿属于 {wanted}"
    en = f"It is a pack of {found}, and the draft is of {wanted}."
    return ActionRejected("other_service", zh, en, status=422, field="/text")


def _no_draft() -> ActionRejected:
    return ActionRejected("no_draft", "没有这份草稿", "There is no such draft.", status=404)
