"""Services that the city offers without being asked (免申即享): scans and what comes of them."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Offers(AppConfig):
    name = "offers"
    verbose_name = _("Services offered unasked")
