"""One thing, once (一件事): several services asked for in one form, each its own application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Bundles(AppConfig):
    name = "bundles"
    verbose_name = _("Bundles of services")
