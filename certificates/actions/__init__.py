"""The verbs on certificates and filings; see each module."""

from certificates.actions.issuing import Order, issue

__all__ = ["Order", "issue"]
