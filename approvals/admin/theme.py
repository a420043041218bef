"""Texts of the desk's theme and of django-axes that have no Chinese; our catalogue has it.

They are listed so that ``make messages`` keeps them; nothing imports them.
"""

from django.utils.translation import gettext_noop as _

TEXTS = (
    _("All applications"),
    _("Apply Filters"),
    _("Cancel"),
    _("Click to download"),
    _("Dark"),
    _("Expand row"),
    _("False"),
    _("Filters"),
    _("Go back"),
    _("Light"),
    _("Loading more results..."),
    _("More actions"),
    _("Next"),
    _("No data"),
    _("No recent searches"),
    _("No results found"),
    _("No results matching your query"),
    _("Previous"),
    _("Recent searches"),
    _("Reset filters"),
    _("Return to site"),
    _("Search apps and models..."),
    _("Select all rows"),
    _("System"),
    _("This page yielded into no results. Create a new item or reset your filters."),
    _("Toggle password visibility"),
    _("True"),
    _("Type to search"),
    _("Welcome back to"),
    _("You have been successfully logged out from the administration"),
    _("Run"),
    _("Select action"),
    _("Select action to run"),
    # django-axes
    _("access attempt"),
    _("access attempts"),
    _("access failure"),
    _("access failures"),
    _("access log"),
    _("access logs"),
)
