"""Words of drafts in templates."""

from django import template

from services.desk.examined import in_words

register = template.Library()
register.filter("in_words", in_words)
