from django.apps import AppConfig
from django.conf import settings

from telemetry import tracing


class Telemetry(AppConfig):
    name = "telemetry"

    def ready(self) -> None:
        """Every process of ours passes here once, before it forks any other."""
        tracing.set_up(settings.TRACES_URL, settings.TRACES_SHARE)
