"""Facts whose values stand in no reason, receipt or page of the applicant."""

from services.pack.model import Pack


def names(pack: Pack) -> frozenset[str]:
    """Return the facts about others, and those of records that anybody may find (``private``)."""
    private = {name for name, entry in pack.registries.items() if entry.is_private}
    return frozenset(
        name for name, fact in pack.facts.items() if fact.of_others or fact.source in private
    )
