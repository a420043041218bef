"""The part of ``manage.py pack`` that leads from a pack to an edition; see docs/governance.md."""

from __future__ import annotations

import datetime
import getpass
import sys
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_ssh_private_key,
)
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from city.errors import SourceError
from city.source import text_of
from ledger.clock import now
from people.actors import Actor, officer
from people.errors import ActionRejected
from people.models import User
from services import publish, reviews, signing, trials
from services.edition import draft
from services.models import Proposal, Review, Service
from services.states import ProposalState


def add_arguments(actions: Any) -> None:
    """Add the subcommands."""
    propose = actions.add_parser("propose", help="propose packs as editions, to be reviewed")
    propose.add_argument("files", nargs="*", type=Path, help="packs (default: the city's)")
    publishing = actions.add_parser(
        "publish",
        help="publish an approved proposal, or a pack with two officers' signatures",
    )
    publishing.add_argument("what", nargs="?", help="the number of a proposal, or a pack")
    publishing.add_argument("--all", action="store_true", help="everything that is approved")
    publishing.add_argument(
        "--signature",
        action="append",
        default=[],
        type=Path,
        help="of a pack: a file of pack sign (two of them)",
    )
    for one in (propose, publishing):
        one.add_argument("--by", required=True, help="user name of a policy officer")
        one.add_argument("--rollback", action="store_true", help="an earlier edition's text again")
        one.add_argument("--reason", default="", help="why it is rolled back")
        one.add_argument("--from", dest="start", type=_day, help="of a roll-back: in force from")
        one.add_argument(
            "--until",
            type=_day,
            help="in force until an edition that is published already begins on this day",
        )
        one.add_argument(
            "--correction",
            action="store_true",
            help="it begins in the past, by order of a head of office",
        )
    sign = actions.add_parser("sign", help="approve a pack outside the server, by one's own key")
    sign.add_argument("file", type=Path)
    sign.add_argument(
        "--key", type=Path, required=True, help="private Ed25519 key, in PEM or of OpenSSH"
    )
    sign.add_argument("--role", choices=Review.Role.values, required=True)
    sign.add_argument("--opinion", required=True, help="what one says of it, in words")
    sign.add_argument("--from", dest="start", type=_day, help="of a roll-back: in force from")
    review = actions.add_parser("review", help="approve a proposal by a signature")
    review.add_argument("proposal", type=int, help="its number, which propose printed")
    review.add_argument("--signature", type=Path, required=True, help="a file of pack sign")
    withdraw = actions.add_parser("withdraw", help="take a proposal back")
    withdraw.add_argument("proposal", type=int)
    for name, text in (
        ("retire", "take a service out of the catalogue; cases in hand go on"),
        ("resume", "offer a retired service again"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("service", help="its code")
        action.add_argument("--by", required=True, help="user name of a policy officer")
        action.add_argument("--reason", required=True)
    withdraw.add_argument("--by", required=True, help="user name of a policy officer")
    withdraw.add_argument("--reason", required=True)


def _day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


class Publishing(BaseCommand):
    """What these subcommands do."""

    def do_propose(self, files: list[Path], by: str, **options: Any) -> None:
        bad, at, who = 0, now(), policy_officer(by)
        rollback, terms = _terms(options)
        for path in files or list(settings.CITY.packs):
            try:
                found = publish.propose(
                    text_of(path), by=who, now=at, file=str(path), rollback=rollback, terms=terms
                )
            except SourceError as error:
                bad += self.say(error)
            except ActionRejected as error:
                bad += 1
                self.stderr.write(f"{path}: {error}")
            else:
                self.stdout.write(
                    f"{path}: proposed as {found.pk}, in force from {found.in_force_from}; a legal"
                    f" and a technical officer review it, pack backtest --proposed tries it, then:"
                    f" pack publish {found.pk} --by …"
                )
        if bad:
            sys.exit(1)

    def do_publish(self, what: str | None, signature: list[Path], by: str, **options: Any) -> None:
        approved = Proposal.objects.filter(state=ProposalState.APPROVED).order_by("id")
        for one in approved.values_list("pk", flat=True) if options["all"] else [what]:
            if one is None:
                raise CommandError("say which: the number of a proposal, a pack, or --all")
            self._publish(str(one), signature, policy_officer(by), options)

    def _publish(
        self, what: str, signature: list[Path], who: Actor, options: dict[str, Any]
    ) -> None:
        try:
            if what.isascii() and what.isdigit():
                edition = publish.publish(int(what), by=who, now=now())
            else:
                path, signed = Path(what), [text_of(one) for one in signature]
                pack = signing.Signed(text_of(path), signed, str(path), *_terms(options))
                edition = signing.publish_signed(pack, by=who, now=now())
        except Proposal.DoesNotExist as error:
            raise CommandError(f"there is no proposal {what}") from error
        except SourceError as error:
            self.say(error)
            sys.exit(1)
        except ActionRejected as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"published {edition}, in force from {edition.in_force_from}")
        if edition.trial is not None:  # for the type alone: nothing is published without one
            self.stdout.write(trials.stated(edition.trial).en)

    def do_sign(
        self,
        file: Path,
        key: Path,
        role: str,
        opinion: str,
        start: datetime.date | None,
        **options: Any,
    ) -> None:
        try:
            read = draft(text_of(file), str(file), city=settings.CITY)
        except SourceError as error:
            self.say(error)
            sys.exit(1)
        begins = start or read.pack.in_force_from
        approved = signing.Approved(read.pack.service, read.digest(), begins, role)
        self.stdout.write(signing.sign(approved, opinion, _private(key)))

    def do_review(self, proposal: int, signature: Path, **options: Any) -> None:
        try:
            found = signing.review_signed(proposal, text_of(signature), now=now())
        except Proposal.DoesNotExist as error:
            raise CommandError(f"there is no proposal {proposal}") from error
        except ActionRejected as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{found}: {found.state}")

    def do_withdraw(self, proposal: int, by: str, reason: str, **options: Any) -> None:
        try:
            found = reviews.withdraw(proposal, by=policy_officer(by), now=now(), reason=reason)
        except Proposal.DoesNotExist as error:
            raise CommandError(f"there is no proposal {proposal}") from error
        except ActionRejected as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{found}: {found.state}")

    def do_retire(self, service: str, by: str, reason: str, **options: Any) -> None:
        self._offer(publish.retire, service, by, reason)

    def do_resume(self, service: str, by: str, reason: str, **options: Any) -> None:
        self._offer(publish.resume, service, by, reason)

    def _offer(self, action: Any, service: str, by: str, reason: str) -> None:
        try:
            found = action(service, by=policy_officer(by), now=now(), reason=reason)
        except Service.DoesNotExist as error:
            raise CommandError(f"there is no service {service}") from error
        except ActionRejected as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{found}: {'offered' if found.enabled else 'retired'}")

    def say(self, error: SourceError) -> int:
        for fault in error.all():
            self.stderr.write(str(fault))
        return len(error.all())


def policy_officer(name: str) -> Actor:
    """The officer of this user name; raises ``CommandError`` when there is none with the role."""
    found = User.objects.filter(username=name, is_active=True, role=User.Role.POLICY).first()
    if found is None:
        raise CommandError(f"{name} is no policy officer with an account")
    return officer(found)


def _terms(options: dict[str, Any]) -> tuple[publish.Rollback | None, publish.Terms]:
    again = None
    if options["rollback"]:
        again = publish.Rollback(options["reason"], options["start"])
    return again, publish.Terms(options["until"], options["correction"])


def _private(path: Path) -> Ed25519PrivateKey:
    """Read a private key; an encrypted one asks for its password."""
    data = path.read_bytes()
    load = load_ssh_private_key if b"OPENSSH" in data else load_pem_private_key
    try:
        try:
            key = load(data, None)
        except TypeError:  # it is encrypted
            key = load(data, getpass.getpass().encode())
    except (ValueError, UnsupportedAlgorithm) as error:  # of OpenSSH, none that is encrypted
        raise CommandError(f"{path}: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise CommandError(f"{path}: it is no Ed25519 key")
    return key
