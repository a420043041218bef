"""Marks between parts of a sentence, as each language sets them."""

from django import template

from people.language import mark

register = template.Library()
register.simple_tag(mark)
