"""Who did something, as people read it: ``officer:li`` is 李敏（li）."""

from django import template

from people.language import language
from people.models import User

register = template.Library()
OFFICER = "officer:"


@register.filter
def named(by: str) -> str:
    """The name and user name of an officer; whoever is none is named as they are."""
    if not by.startswith(OFFICER):
        return by
    username = by.removeprefix(OFFICER)
    name = User.objects.filter(username=username).values_list("name", flat=True).first()
    if not name or name == username:
        return username
    return f"{name} ({username})" if language() == "en" else f"{name}（{username}）"
