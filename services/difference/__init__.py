"""What differs between two editions of a service, in words. Pure (docs/differences.md).

``differences``: what an applicant notices, part by part. ``exact``: everything, for officers.
"""

from services.difference.applicant import Difference, Part, differences
from services.difference.exact import Change, Line, exact

__all__ = ["Change", "Difference", "Line", "Part", "differences", "exact"]
