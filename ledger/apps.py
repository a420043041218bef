"""What proves history."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Ledger(AppConfig):
    name = "ledger"
    verbose_name = _("Ledger")

    def ready(self) -> None:
        from django.db.backends.signals import connection_created

        from ledger import checks  # noqa: F401 - registers them
        from ledger.clock import read_moments

        connection_created.connect(read_moments)
