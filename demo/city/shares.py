"""How much of what: shares of groups and of planted faults, each between 0 and 1."""

from dataclasses import dataclass

Weights = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Shares:
    """The defaults leave about four in five graduates, and nine in ten workers, without a fault."""

    groups: Weights = (("graduate", 0.40), ("elder", 0.10), ("minor", 0.10))  # the rest work
    graduate: Weights = (
        ("degree_missing", 0.025),
        ("name_mismatch", 0.02),
        ("criminal", 0.015),
        ("credit_hit", 0.02),
        ("already_local", 0.04),
        ("graduated_long_ago", 0.035),
        ("part_time", 0.02),
        ("below_level", 0.01),
        ("degree_revoked", 0.005),
        ("capacity_limited", 0.002),
        ("silent", 0.005),
    )
    worker: Weights = (
        ("banned", 0.025),
        ("ban_over", 0.01),  # no obstacle any more
        ("credit_hit", 0.025),
        ("capacity_limited", 0.01),
        ("criminal", 0.01),
        ("dead", 0.003),
    )
    elder: Weights = (("capacity_limited", 0.03), ("dead", 0.02))
    minor: Weights = ()
    disputed_address: float = 0.03
    gone_address: float = 0.02  # once existed
    residential_address: float = 0.30
    mixed_address: float = 0.25

    def of(self, group: str) -> Weights:
        """Return the planted faults of a group, with the share of persons who have each."""
        return {
            "graduate": self.graduate,
            "worker": self.worker,
            "elder": self.elder,
            "minor": self.minor,
        }[group]
