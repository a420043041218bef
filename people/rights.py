"""What each role may do in the admin, as Django groups and permissions.

Whose cases a clerk may see is not decided here but row by row (office and region); these are the
kinds of things that a role has to do with at all. Nobody may delete anything, except an
administrator the lock on somebody's log-in. Roles are separate persons: who manages users decides
no cases, who keeps the rules manages no users, and an auditor changes nothing.
"""

from collections.abc import Mapping

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from people.models import User

Rights = Mapping[str, tuple[str, ...]]  # "app.model" or "app.*": actions

RIGHTS: Mapping[str, Rights] = {
    # no events, lookups or evidence: those pages know no office, and a clerk's sight ends there
    User.Role.CLERK: {"approvals.application": ("view",)},
    User.Role.SUPERVISOR: {"approvals.application": ("view",)},
    User.Role.HEAD: {"approvals.application": ("view",)},
    User.Role.LEGAL: {"approvals.application": ("view",)},
    User.Role.POLICY: {
        "services.service": ("view", "change"),
        "services.edition": ("view", "add"),
        "services.clausetask": ("view", "change"),
        "people.office": ("view",),
        "people.region": ("view",),
    },
    User.Role.TECHNICAL: {
        "services.service": ("view",),
        "services.edition": ("view",),
        "services.clausetask": ("view",),
    },
    User.Role.ADMINISTRATOR: {
        "people.user": ("view", "change"),  # of citizens; officers by two administrators:
        "people.officerchange": ("view", "add"),
        "people.office": ("view", "add", "change"),
        "people.region": ("view", "add", "change"),
        "axes.accessattempt": ("view", "delete"),  # deleting one lets a locked-out officer in
        "axes.accessfailurelog": ("view",),
    },
    User.Role.OPERATOR: {
        "people.office": ("view",),
        "people.region": ("view",),
        "exchange.partner": ("view", "add", "change"),
        "exchange.client": ("view", "change"),
        "exchange.endpoint": ("view", "add", "change"),
        "exchange.notice": ("view",),
        "exchange.webhookdelivery": ("view", "change"),
        "exchange.webhookattempt": ("view",),
        "exchange.message": ("view",),
        "exchange.reusedid": ("view",),
        "exchange.lookup": ("view",),
        "approvals.heartbeat": ("view",),
    },
    User.Role.AUDITOR: {
        f"{app}.*": ("view",)
        for app in (
            *("ledger", "people", "exchange", "services", "certificates", "approvals", "offers"),
            *("entitlements", "axes"),
        )
    },
}


def write_groups() -> None:
    """Write the groups and their permissions as the table above says; safe to repeat."""
    for role, rights in RIGHTS.items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set(Permission.objects.filter(_wanted(rights)))


def _wanted(rights: Rights) -> Q:
    wanted = Q(pk__in=[])
    for name, actions in rights.items():
        app, model = name.split(".")
        for action in actions:
            start = f"{action}_" if model == "*" else f"{action}_{model}"
            match = "startswith" if model == "*" else "exact"
            wanted |= Q(content_type__app_label=app, **{f"codename__{match}": start})
    return wanted
