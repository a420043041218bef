"""Re-reviews at the desk: a reviewer's page, which is blind until answered; findings; rates."""

from approvals.admin.sampling.blind import BlindCertificates, BlindFilings
from approvals.admin.sampling.findings import FindingAdmin
from approvals.admin.sampling.rates import RatesAdmin
from approvals.admin.sampling.reviews import ReviewAdmin

__all__ = ["BlindCertificates", "BlindFilings", "FindingAdmin", "RatesAdmin", "ReviewAdmin"]
