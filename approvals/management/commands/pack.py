"""``manage.py pack``, with the subcommand that reads applications: backtest."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from approvals.records import backtest
from city.errors import SourceError
from city.source import text_of
from ledger.clock import city_date, now
from services import catalogue
from services.edition import load
from services.management.commands.pack import Command as Packs


class Command(Packs):
    help = "check | test | backtest | publish | list | new: packs, and the editions made from them"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        action = self.actions.add_parser(
            "backtest", help="say what a draft would do to the cases decided so far"
        )
        action.add_argument("service", help="its code, such as sole_trader")
        action.add_argument("--against", type=Path, help="the draft (default: the one in PACKS)")
        action.add_argument(
            "--since", type=datetime.date.fromisoformat, help="received from this day"
        )
        action.add_argument(
            "--examples", type=int, default=backtest.EXAMPLES, help="for each change"
        )
        action.add_argument(
            "--sample", type=int, default=backtest.SAMPLE, help="unchanged cases to judge as well"
        )

    def do_backtest(
        self,
        service: str,
        against: Path | None,
        since: datetime.date | None,
        examples: int,
        sample: int,
        **options: Any,
    ) -> None:
        edition = catalogue.current(service, city_date(now()))
        if edition is None:
            raise CommandError(f"no edition of {service} is in force")
        path = against or _shipped(service)
        try:
            draft = load(text_of(path), str(path), city=settings.CITY)
        except SourceError as error:
            self._say(error)
            raise CommandError(f"{path} is no pack yet", returncode=1) from error
        if draft.code != service:
            raise CommandError(f"{path} is a pack of {draft.code}")
        report = backtest.run(
            catalogue.rulebook(edition.pk),
            draft,
            since=since or datetime.date.min,
            sample=sample,
            examples=examples,
        )
        self.stdout.write(f"backtest: {edition} against {path}")
        for line in lines(report):
            self.stdout.write(line)
        if report.wrong:
            raise CommandError(f"SQL and judge disagree on {len(report.wrong)}", returncode=1)


def _shipped(service: str) -> Path:
    found = [path for path in settings.CITY.packs if path.stem == service]
    if not found:
        raise CommandError(f"no {service}.yaml in PACKS: name the draft with --against")
    return found[0]


def lines(report: backtest.Report) -> list[str]:
    """The report as text: remarks, each change with its conditions and examples, the sum last."""
    found = [f"not in SQL, the same in both: {id_}: {why}" for id_, why in report.left.items()]
    found += [f"judged without SQL: {n} cases: {why}" for why, n in report.alone.items()]
    found += [f"not held by {n} cases: {name}" for name, n in report.unheld.items()]
    for (live, draft), move in sorted(report.moves.items()):
        found.append(f"{live} -> {draft}: {move.cases}")
        found += [f"  {id_}: {n}" for id_, n in move.conditions.most_common()]
        for example in move.examples:
            results = ", ".join(f"{id_} {a} -> {b}" for id_, (a, b) in example.changes.items())
            found.append(f"  {example.number}: {results}")
    found += [f"DISAGREE {sentence}" for sentence in report.wrong]
    return [
        *found,
        f"backtest: {report.cases} cases, {report.changed} change, {report.judged} judged,"
        f" {len(report.wrong)} disagreements",
    ]
