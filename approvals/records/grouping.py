"""By which groups past cases are counted: district, age group and legal kind, as SQL. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from city.governance import Groups
from services.rulebook import Rulebook

UNKNOWN = ""  # the case's facts do not say
PERSON = "person"  # the legal kind of a natural person
Names = tuple[str, str, str]  # of the groups of a case: region, age, legal kind


@dataclass(frozen=True, slots=True)
class Grouping:
    """The facts of an edition that say of an applicant when they were born and of which kind."""

    born: str | None
    legal_kind: str | None
    ages: Sequence[int]

    @classmethod
    def of(cls, book: Rulebook, groups: Groups) -> "Grouping":
        named = {(fact.source, fact.field): name for name, fact in book.facts.items()}
        return cls(named.get(groups.born), named.get(groups.legal_kind), groups.ages)

    def columns(self) -> sql.Composed:
        """``region``, ``age`` and ``legal_kind`` of a decision ``d`` and its application ``a``.

        Days are compared as ISO 8601 texts, so that no stored text can end the statement.
        """
        age: sql.Composable = sql.SQL("''")
        if self.born is not None:
            born = sql.SQL("(d.inputs ->> {})").format(sql.Literal(self.born))
            whens = sql.SQL(" ").join(
                sql.SQL("WHEN {born} > (d.as_of - {years} * interval '1 year')::date::text"
                        ' COLLATE "C" THEN {name}').format(
                    born=born, years=sql.Literal(years), name=sql.Literal(name)
                )
                for years, name in zip(self.ages, names(self.ages), strict=False)
            )  # fmt: skip
            age = sql.SQL(
                "CASE WHEN a.applicant_kind <> 'person' OR {born} IS NULL THEN '' {whens}"
                " ELSE {oldest} END"
            ).format(born=born, whens=whens, oldest=sql.Literal(names(self.ages)[-1]))
        kind: sql.Composable = sql.SQL("''")
        if self.legal_kind is not None:
            kind = sql.SQL("left(coalesce(d.inputs ->> {}, ''), 24)").format(
                sql.Literal(self.legal_kind)
            )
        return sql.SQL(
            "coalesce(a.region_id, '') AS region, {age} AS age,"
            " CASE a.applicant_kind WHEN 'person' THEN 'person' ELSE {kind} END AS legal_kind"
        ).format(age=age, kind=kind)


def names(ages: Sequence[int]) -> list[str]:
    """The age groups, youngest first: ``0-17``, ``18-34``, …, ``60-``."""
    starts = [0, *ages]
    ends = [str(next_ - 1) for next_ in ages]
    return [f"{start}-{end}" for start, end in zip(starts, [*ends, ""], strict=True)]
