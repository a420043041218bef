"""``manage.py first_editions``: the demo's first editions, as its officers publish them.

Stands here and not in ``services``, because only this app knows these officers.
"""

import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from city.errors import SourceError
from city.source import read, text_of
from demo import editions
from ledger.clock import now
from people.errors import ActionRejected
from people.models import User
from services.edition import draft
from services.models import Edition


class Command(BaseCommand):
    help = "Publish the first edition of each service of the city that has none, in a demo."
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        if not (settings.DEMO or settings.DEBUG):
            raise CommandError("fictional officers belong in a demo: set DEMO=1")
        try:
            by = editions.officers()
        except User.DoesNotExist as error:
            raise CommandError(
                "make the demo's officers first: manage.py personas --make"
            ) from error
        bad, at = 0, now()
        for path in settings.CITY.packs:
            try:
                text = text_of(path)
                said = self._publish(text, path.name, by, at)
            except SourceError as error:
                bad += len(error.all())
                for fault in error.all():
                    self.stderr.write(str(fault))
            except ActionRejected as error:
                bad += 1
                self.stderr.write(f"{path}: {error}")
            else:
                self.stdout.write(f"{path}: {said}")
        call_command("pack", "words")
        if bad:
            sys.exit(1)

    def _publish(self, text: str, file: str, by: Any, at: Any) -> str:
        """Say what became of a pack; a changed one of a service with editions is left."""
        code = read(text, file).data.get("service")
        latest = Edition.objects.filter(service=code).order_by("-number").first()
        if latest is None:
            edition = editions.publish_first(text, file, by=by, now=at)
            return f"published {edition}, in force from {edition.in_force_from}"
        if draft(text, file, city=settings.CITY).digest() == latest.hash:
            return f"unchanged {latest}"
        return f"not published, {latest} is there: manage.py pack propose"
