"""Regression cases (回归案例): overturned automatic approvals, as tests of later editions.

``masking`` replaces who a case is about and proves that no condition notices; ``judging`` holds a
draft against the accepted cases; ``actions`` is what officers do with them; ``printing`` writes
them as tests of the pack. docs/regressions.md tells the whole.
"""

from services.regressions.judging import Judged, Result, against, faults, judged, remarks

__all__ = ["Judged", "Result", "against", "faults", "judged", "remarks"]
