"""Every filing of every drawn business, by the rulebook and by the oracle."""

from collections.abc import Iterator

from benchmarks import filings_oracle as oracle
from benchmarks.businesses import Business, answers
from services import filings, schema
from services.inputs import gather_inputs
from services.rulebook import Rulebook


def differences(book: Rulebook, business: Business) -> list[str]:
    """Return where the rulebook differs from the oracle for one business; empty: nowhere.

    A branch whose parent lacks the permit must be refused at exactly that question; for anybody
    else the form must take the answers with exactly the blocks that the oracle opens.
    """
    form = answers(business, oracle.blocks(business))
    lacking = oracle.missing(business)
    try:
        form = schema.validate(book, form, on=business.day, protect=str)
        refused: list[str] = []
    except schema.Invalid as invalid:
        refused = [fault.pointer for fault in invalid.faults]
    if refused != sorted(lacking):
        return [f"refused at {refused}, should be at {lacking}"]
    return [] if lacking else list(_differences(book, business, form))


def _differences(book: Rulebook, business: Business, form: dict[str, object]) -> Iterator[str]:
    want = oracle.expected(business)
    plans = filings.plan(book, gather_inputs(book, form, {}, {}, business.day))
    if [p.item for p in plans] != [item.id for item in oracle.CATALOGUE]:
        yield "the catalogue has other items"
        return
    for plan, item in zip(plans, oracle.CATALOGUE, strict=True):
        excluded = want[item.id]
        words = (plan.why.get("zh", ""), plan.why.get("en", ""))
        if plan.applies == bool(excluded):
            yield f"{item.id} applies: {plan.applies}, should not because of {sorted(excluded)}"
        elif plan.receiver != item.receiver:
            yield f"{item.id} goes to {plan.receiver}, should go to {item.receiver}"
        elif not plan.applies and words not in {oracle.WORDS[reason] for reason in excluded}:
            yield f"{item.id} is excluded with {words}, should be one of {sorted(excluded)}"
        elif not all(words):
            yield f"{item.id} says nothing in one language"
