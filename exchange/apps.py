"""The border with other agencies."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Exchange(AppConfig):
    name = "exchange"
    verbose_name = _("Exchange")

    def ready(self) -> None:
        from exchange import checks  # noqa: F401 - registers them
