"""`manage.py second_factor reset USERNAME`: for an officer who lost the phone and all codes."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from people import second_factor
from people.models import User


class Command(BaseCommand):
    help = "Forget an officer's second factor; the next log-in enrols a new one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["reset"])
        parser.add_argument("username")

    def handle(self, *, username: str, **options: object) -> None:
        user = User.objects.filter(username=username, is_staff=True).first()
        if user is None:
            raise CommandError("There is no officer of that user name.")
        second_factor.reset(user)
        self.stdout.write(f"{username}: the next log-in enrols a new second factor")
