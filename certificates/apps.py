"""What is issued."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Certificates(AppConfig):
    name = "certificates"
    verbose_name = _("Certificates")
