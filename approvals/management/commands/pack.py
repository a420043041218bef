"""``manage.py pack``, with the subcommand that reads applications: backtest."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from approvals.records import backtest
from approvals.trials import ordering, running
from city.errors import SourceError
from city.source import text_of
from ledger.clock import city_date, now
from people.actors import Actor, officer
from people.errors import ActionRejected
from people.models import User
from services import catalogue, trials
from services.edition import load
from services.management.commands.pack import Command as Packs
from services.models import Proposal, Trial, TrialKind, TrialState
from services.publishable import read
from services.states import OPEN


@dataclass(frozen=True, slots=True)
class Wanted:
    """A text to try: of which service, and what a message calls it."""

    service: str
    text: str
    name: str


class Command(Packs):
    help = "check | test | backtest | publish | list | new: packs, and the editions made from them"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        action = self.actions.add_parser(
            "backtest", help="say what a draft would do to the cases decided so far"
        )
        action.add_argument("service", nargs="?", help="its code, such as sole_trader")
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
        action.add_argument(
            "--store",
            action="store_true",
            help="keep it as a signed trial, which publication asks for; needs --by",
        )
        action.add_argument(
            "--proposed",
            action="store_true",
            help="keep a trial of each proposal that waits and lacks one; needs --by",
        )
        action.add_argument("--by", default="", help="user name of a policy officer")
        action.add_argument(
            "--until",
            type=datetime.date.fromisoformat,
            help="received until this day (with --store; default: yesterday)",
        )

    def do_backtest(
        self,
        service: str | None,
        against: Path | None,
        since: datetime.date | None,
        store: bool,
        **options: Any,
    ) -> None:
        if options["proposed"]:
            self._proposed(service, since, options)
            return
        if service is None:
            raise CommandError("say which service, or --proposed")
        if store:
            path = against or _shipped(service)
            self._store(Wanted(service, text_of(path), str(path)), since, options)
            return
        edition = catalogue.current(service, city_date(now()))
        if edition is None:
            raise CommandError(f"no edition of {service} is in force")
        path = against or _shipped(service)
        try:
            book = load(text_of(path), str(path), city=settings.CITY)
        except SourceError as error:
            self.say(error)
            raise CommandError(f"{path} is no pack yet", returncode=1) from error
        if book.code != service:
            raise CommandError(f"{path} is a pack of {book.code}")
        report = backtest.run(
            catalogue.rulebook(edition.pk),
            book,
            since=since or datetime.date.min,
            sample=options["sample"],
            examples=options["examples"],
        )
        self.stdout.write(f"backtest: {edition} against {path}")
        for line in lines(report):
            self.stdout.write(line)
        if report.wrong:
            raise CommandError(f"SQL and judge disagree on {len(report.wrong)}", returncode=1)

    def _proposed(
        self, service: str | None, since: datetime.date | None, options: dict[str, Any]
    ) -> None:
        waiting = Proposal.objects.filter(state__in=OPEN).order_by("id")
        for one in waiting.filter(service=service) if service else waiting:
            if trials.lacking(one.service_id, one.hash, now()):
                wanted = Wanted(one.service_id, one.source, f"proposal {one.pk}")
                self._store(wanted, since, options)

    def _store(self, wanted: Wanted, since: datetime.date | None, options: dict[str, Any]) -> None:
        """Run a trial to its end here, and keep it; the days are those that the city asks for."""
        at, who = now(), _by(options["by"])
        service, name = wanted.service, wanted.name
        try:
            pack = read(wanted.text, name)
            if pack.pack.service != service:
                raise CommandError(f"{name} is a pack of {pack.pack.service}")
            first, last = ordering.usual_period(service, pack.digest(), at)
            trial = ordering.order(
                text=wanted.text,
                first_day=since or first,
                last_day=options["until"] or last,
                by=who,
                now=at,
                file=name,
            )
        except SourceError as error:
            self.say(error)
            raise CommandError(f"{name} is no pack yet", returncode=1) from error
        except ActionRejected as error:
            raise CommandError(str(error)) from error
        trial = running.run(trial.pk, now=at)
        if trial.state != TrialState.FINISHED:
            raise CommandError(f"trial {trial.pk}: {trial.state} {trial.fault}", returncode=1)
        beside = f"{trial.live} against {name}" if trial.live else f"{name} alone"
        self.stdout.write(f"backtest: {beside}, received {trial.first_day} to {trial.last_day}")
        if trial.kind == TrialKind.BOUNDARY:
            self.stdout.write("no past cases: generated boundary cases stand in")
        for line in kept_lines(trial):
            self.stdout.write(line)
        self.stdout.write(f"trial {trial.pk} {trial.hash} signed with {trial.kid}")
        if trial.disagreements:
            raise CommandError(f"SQL and judge disagree on {trial.disagreements}", returncode=1)


def _by(name: str) -> Actor:
    """Whoever stores a trial; the action itself asks for a policy officer."""
    found = User.objects.filter(username=name, is_active=True).first()
    if found is None:
        raise CommandError(f"{name!r} is no officer with an account: say --by")
    return officer(found)


def kept_lines(trial: Trial) -> list[str]:
    """A stored trial as text, as ``lines`` writes a report."""
    remarks = trial.remarks
    found = [
        f"not in SQL, the same in both: {k}: {why}" for k, why in remarks.get("left", {}).items()
    ]
    found += [
        f"judged without SQL: {n} cases: {why}" for why, n in remarks.get("alone", {}).items()
    ]
    found += [f"not held by {n} cases: {name}" for name, n in remarks.get("unheld", {}).items()]
    for move in trial.moves:
        found.append(f"{move['live'] or '(no edition)'} -> {move['draft']}: {move['cases']}")
        by_cases = sorted(move["conditions"].items(), key=lambda pair: (-pair[1], pair[0]))
        found += [f"  {id_}: {n}" for id_, n in by_cases]
    found += [f"DISAGREE {sentence}" for sentence in remarks.get("wrong", [])]
    return [
        *found,
        f"backtest: {trial.cases} cases, {trial.flips} change, {trial.judged} judged,"
        f" {trial.disagreements} disagreements",
    ]


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
    for (before, after), move in sorted(report.moves.items()):
        found.append(f"{before} -> {after}: {move.cases}")
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
