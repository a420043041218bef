"""What a pack does to certificates that exist already: ``changes`` and ``consumes``, read.

A service may be about a certificate of another service: it issues its next version, which keeps
number and identifier, or it ends it. And it may use up what its applicant holds, as a licence does
the reservation of its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from city.errors import SourceError
from city.source import Source
from services.pack.model import ChangedCertificate, Pack
from services.pack.types import words

HELD = "held"  # the scheme of a number that the certificate has already


def read(part: Mapping[str, Any] | None) -> ChangedCertificate | None:
    """What the service changes; None: no certificate of before."""
    if part is None:
        return None
    return ChangedCertificate(
        kind=part["certificate"],
        effect=part["effect"],
        **words(part),
        law=part["law"],
        number=part.get("number", "").removeprefix("answers."),
        paper=part.get("paper") == "allowed",
    )


def faults(source: Source, pack: Pack) -> Iterator[SourceError]:
    """What contradicts itself in ``changes`` and ``consumes``."""
    yield from _changes(source, pack)
    if pack.consumes and not any(guard.is_shared for guard in pack.guards):
        zh = "consumes 须有与其他事项共用 scope 的 guards：占用随证照转移"
        en = "consumes needs a guard whose scope is shared: what is held passes on by it"
        yield source.error(("consumes",), zh, en)


def _changes(source: Source, pack: Pack) -> Iterator[SourceError]:
    changed, issued = pack.changes, pack.certificate
    if changed is None:
        if issued is not None and issued.number == HELD:
            zh = "编号 held 是被变更证照的编号，须有 changes"
            en = "the number held is that of a certificate that the service changes: say changes"
            yield source.error(("certificate", "number"), zh, en)
        return
    if issued is None:
        zh, en = "changes 须写明 certificate", "changes needs the certificate that is issued"
        yield source.error(("changes",), zh, en)
    elif (issued.kind == changed.kind) != (changed.effect == "replace"):
        zh = "replace 签发同种证照的新版本；end 签发另一种证照"
        en = "replace issues the next version of the same kind; end issues another kind"
        yield source.error(("changes", "effect"), zh, en)
    elif (issued.number == HELD) != (changed.effect == "replace"):
        zh = "新版本沿用原编号，certificate.number 须为 held；其他证照有自己的编号"
        en = "the next version keeps its number (certificate.number: held); others have their own"
        yield source.error(("certificate", "number"), zh, en)
    properties = pack.form.get("properties", {})
    asked = properties.get(changed.number) if isinstance(properties, dict) else None
    if changed.number and not (isinstance(asked, dict) and asked.get("type") == "string"):
        zh = f"表单中没有文字问题 {changed.number}"
        en = f"the form has no question {changed.number} that is answered by a text"
        yield source.error(("changes", "number"), zh, en)
    if not changed.number and pack.applicant != "enterprise":
        zh = "申请人是个人时，须写明证照编号由哪个问题填写（number: answers.…）"
        en = "where a person applies, say which answer has its number (number: answers.…)"
        yield source.error(("changes",), zh, en)
    if changed.paper and changed.number:
        zh = "只有以申请人自己的代码为编号的证照才能写 paper"
        en = "paper is for certificates whose number is the applicant's own code"
        yield source.error(("changes", "paper"), zh, en)
