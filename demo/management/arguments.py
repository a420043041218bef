"""Arguments that several commands share."""

from django.core.management.base import CommandParser


def city_arguments(parser: CommandParser) -> None:
    """Add what says which synthetic city is meant."""
    parser.add_argument("--persons", type=int, default=20_000)
    parser.add_argument("--enterprises", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=2026)
