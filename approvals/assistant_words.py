"""What people read of assistants: their names, what they called, and what came of it."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from approvals.models import Assistant
from people.language import in_language

# by the name of the tool, as ``assistants.tools`` has them
CALLS: Mapping[str, str | Promise] = {
    "mandate": _("what it may do"),
    "find_service": _("to find a service"),
    "read_guide": _("the guide to a service"),
    "precheck": _("to judge before anything is handed in"),
    "save_draft": _("to fill in a draft"),
    "submit": _("to hand in an application"),
    "list_cases": _("how applications stand"),
    "case_status": _("how one application stands"),
}
# by the code of what was rejected; all others were simply not done
OUTCOMES: Mapping[str, str | Promise] = {
    "ok": _("done"),
    "not_in_mandate": _("not done: beyond what you let it do"),
    "submissions_used_up": _("not done: it has handed in as many as you let it"),
    "no_mandate": _("not done: its mandate was over"),
    "invalid_answers": _("not done: wrongly filled in"),
    "draft_of_citizen": _("not done: you have a draft of your own"),
    "sign_yourself": _("not done: you sign that yourself"),
    "failed": _("unknown"),
    "duplicate": _("not done: the same is in hand, or was granted"),
}


def name(code: str) -> str:
    """Return the name under which an assistant is registered."""
    return in_language(Assistant.objects.filter(code=code).first()) or code


def call(tool: str) -> str:
    """Return what a call of a tool was for."""
    return str(CALLS.get(tool, tool))


def outcome(code: str) -> str:
    """Return what came of a call; ``code`` as in ``AssistantCall``."""
    return str(OUTCOMES.get(code) or gettext("not done"))
