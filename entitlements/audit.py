"""Auditing payments: each instalment from its facts and edition, each list from its entries."""

import hashlib
from collections.abc import Iterator

from entitlements import rules
from entitlements.actions import paying
from entitlements.models import Instalment, PaymentList
from entitlements.states import InstalmentState, State
from ledger import canonical, signatures
from services import catalogue
from services.models import Edition
from services.rulebook import Rulebook


def faults() -> Iterator[str]:
    """Yield a sentence for every instalment that its basis and edition do not give, and for every
    payment list whose entries are not those that were signed."""
    yield from _instalments()
    yield from _lists()


def _instalments() -> Iterator[str]:
    books: dict[str, Rulebook | None] = {}
    rows = Instalment.objects.filter(amount__isnull=False).select_related("entitlement")
    for one in rows.order_by("id").iterator(chunk_size=1000):
        if one.edition not in books:
            edition = Edition.objects.filter(hash=one.edition).first()
            books[one.edition] = catalogue.rulebook(edition) if edition else None
        if wrong := _fault(one, books[one.edition]):
            yield f"instalment {one.id} of {one.entitlement.subject}: {wrong}"


def _fault(one: Instalment, book: Rulebook | None) -> str:
    if book is None:
        return "its edition is not there"
    try:
        found = rules.again(one.basis, book, one.entitlement.kind)
        on = canonical.loads(one.basis)["inputs"]["as_of"]
    except (ValueError, KeyError, TypeError):
        return "what it rests on cannot be read"
    if found.amount != one.amount:
        return f"its amount is {one.amount}, and its facts give {found.amount}"
    if one.state == InstalmentState.DUE and found.state == State.SUSPENDED:
        return "it is due, and its facts suspend it"
    if on != one.period.isoformat():
        return f"it was judged on {on}, not on its first day"
    return ""


def _lists() -> Iterator[str]:
    for made in PaymentList.objects.order_by("made_at", "id"):
        text = paying.text_of(made)
        if hashlib.sha256(text.encode()).hexdigest() != made.sha256:
            yield f"payment list {made}: its entries are not those that were signed"
        data = canonical.dumps(paying.statement(made))
        signature = bytes(made.signature)
        if not signatures.verify(made.kid, made.algorithm, data, signature, purpose="receipt"):
            yield f"payment list {made}: its signature is over something else"
