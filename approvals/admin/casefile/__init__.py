"""The page of one case: what the desk shows of it, and the moves that it offers."""

from approvals.admin.casefile.file import File, casefile
from approvals.admin.casefile.panel import confirmation

__all__ = ["File", "casefile", "confirmation"]
