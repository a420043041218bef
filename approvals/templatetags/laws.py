"""Laws on the desk's pages, as documents of the state write them."""

from django import template

from approvals.documents.law import in_words

register = template.Library()
register.filter("law", in_words)
