"""What is made from the schemas and packs: reference pages, schemas for editors, the catalogue."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from services.reference import catalogue, editors, keys


class Command(BaseCommand):
    help = "make | check: pages and schemas that are made from packs and their schemas"
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["make", "check"])

    def handle(self, *, action: str, **options: Any) -> None:
        bad = 0
        for path, text in (editors.files() | keys.pages() | catalogue.pages(settings.CITY)).items():
            before = path.read_text("utf-8") if path.is_file() else ""
            counted = action == "check" and path == catalogue.PAGE
            if before == text or (counted and catalogue.is_close(before, text)):
                continue
            name = path.relative_to(settings.BASE_DIR)
            if action == "make":
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
                self.stdout.write(f"written {name}")
            else:
                bad += 1
                self.stdout.write(f"{name}: not as made; run: manage.py reference make")
        if bad:
            sys.exit(1)
