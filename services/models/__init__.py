"""What can be applied for, and how its rules are kept: one module a subject."""

from services.models.catalogue import Edition, Pinyin, Proposal, Service

__all__ = ["Edition", "Pinyin", "Proposal", "Service"]
