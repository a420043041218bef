"""Drawing a stored draw again: every difference is a sentence.

Needs the database and nothing secret. What a draw rests on, decisions and the tree head, the audit
proves by itself (docs/ledger.md); here it is compared with what was drawn of it.
"""

from collections.abc import Iterator

from approvals.models import SampleDraw, SampleReview
from approvals.sampling import plan, population
from ledger import heads, signatures
from ledger.models import TreeHead


def faults(draw: SampleDraw) -> Iterator[str]:
    """Yield what about a draw is not as it follows from decisions and tree head."""
    yield from _head(draw)
    root = bytes(draw.head_root)
    if population.bounds(draw.month) != (draw.begins_at, draw.ends_at):
        yield "its first and last moment are not those of the month in the city"
    cases, late = population.cases(draw.begins_at, draw.ends_at, draw.head_size)
    approvals = [case for case in cases if not case.is_control]
    if (len(approvals), late) != (draw.population, draw.late):
        yield (
            f"the month has {len(approvals)} approvals under the head and {late} beside it,"
            f" the draw {draw.population} and {draw.late}"
        )
    if plan.list_hash(approvals) != bytes(draw.list_hash):
        yield "the list of approvals is not the one that was drawn from"
    yield from _strata(draw, approvals)
    reviews = list(
        SampleReview.objects.filter(draw=draw)
        .select_related("reviewer", "application")
        .order_by("place")
    )
    yield from _chosen(draw, approvals, reviews, root)
    yield from _controls(cases, reviews)
    yield from _assigned(draw, reviews, root)


def _head(draw: SampleDraw) -> Iterator[str]:
    head = TreeHead.objects.filter(size=draw.head_size).first()
    if head is None or bytes(head.root) != bytes(draw.head_root):
        yield f"there is no tree head of {draw.head_size} events with that root"
        return
    statement = heads.statement(head.size, bytes(head.root), head.at)
    if not signatures.verify(head.kid, head.algorithm, statement, bytes(head.signature)):
        yield f"the signature of the tree head of {head.size} events does not hold"
    first = population.head_after(draw.ends_at)
    if first is None or first.size != head.size:
        yield f"the tree head of {head.size} events is not the first after the month"


def _strata(draw: SampleDraw, approvals: list[plan.Case]) -> Iterator[str]:
    there: dict[tuple[str, str, str], int] = {}
    for case in approvals:
        key = (case.office, case.service, str(case.edition))
        there[key] = there.get(key, 0) + 1
    stored = {(s["office"], s["service"], s["edition"]): int(s["population"]) for s in draw.strata}
    for key in sorted(there.keys() | stored.keys()):
        if there.get(key) != stored.get(key):
            name = " ".join(key)
            yield f"{name} has {there.get(key, 0)} approvals, the draw {stored.get(key, 0)}"


def _chosen(
    draw: SampleDraw, approvals: list[plan.Case], reviews: list[SampleReview], root: bytes
) -> Iterator[str]:
    known = {(s["office"], s["service"], int(s["edition"])) for s in draw.strata}
    listed = [c for c in approvals if (c.office, c.service, c.edition) in known]
    due = {case.decision for case in plan.chosen(listed, draw.strata, root)}
    made = {review.decision_id for review in reviews if not review.is_control}
    for decision in sorted(due - made):
        yield f"decision {decision} is to be drawn and was not"
    for decision in sorted(made - due):
        yield f"decision {decision} was drawn and is not to be"
    keys = [plan.order(root, review.decision_id) for review in reviews]
    if keys != sorted(keys) or [r.place for r in reviews] != list(range(len(reviews))):
        yield "the drawn cases are not in the order of the draw"


def _controls(cases: list[plan.Case], reviews: list[SampleReview]) -> Iterator[str]:
    """A control that an officer's return has moved since is none any more, and none of ours."""
    approved = {case.decision for case in cases if not case.is_control}
    for review in reviews:
        if review.is_control and review.decision_id in approved:
            yield f"decision {review.decision_id} is an approval, and was drawn as a control"


def _assigned(draw: SampleDraw, reviews: list[SampleReview], root: bytes) -> Iterator[str]:
    """Who was to look at each; another one does only where that officer is no more there."""
    names = plan.assign(((r.decision_id, r.candidates) for r in reviews), root)
    there = {(clerk.username, clerk.office) for clerk in population.clerks()}
    for review, name in zip(reviews, names, strict=True):
        username = review.reviewer.username if review.reviewer else ""
        if username == name:
            continue
        if review.assigned_at == draw.drawn_at:
            yield f"decision {review.decision_id} is to be looked at by {name or 'nobody'}"
        elif (name, review.application.office_id) in there:
            yield (
                f"decision {review.decision_id} is to be looked at by {name}, who is there,"
                f" and was given to {username or 'nobody'}"
            )
