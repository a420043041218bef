"""The actions on an application: keyword-only, ``by`` and ``now``, one transaction each.

Lock (applications in order of id, then what hangs on them) or claim, policy, django-fsm edge, write
the named fields and the Event, announce after commit.
"""

from approvals.actions.absences import away, mark_away, mark_back
from approvals.actions.applicants import Applicant
from approvals.actions.checks import record_checks
from approvals.actions.claims import Claimed, claim
from approvals.actions.confirming import confirm, overdue
from approvals.actions.consents import answer_consent, await_consent, cosign, remind_agencies
from approvals.actions.corrections import resubmit
from approvals.actions.deadlines import accept, escalate, expire, follow_calendar, stop_waiting
from approvals.actions.delivery import DeliveryRecord, agree_delivery, record_delivery
from approvals.actions.dispute_effects import remind
from approvals.actions.disputes import Claim, answer_dispute, open_dispute, withdraw_dispute
from approvals.actions.extension import GovernmentApproval, extend, is_extensible
from approvals.actions.findings import find_in_materials
from approvals.actions.hands import reassign, release, release_absent, release_for, take
from approvals.actions.inspections import Outcome as Inspected
from approvals.actions.inspections import enter_credit, inspect
from approvals.actions.inspections import escalate as escalate_inspections
from approvals.actions.intakes import Presence, Representative
from approvals.actions.joint_submission import submit_together
from approvals.actions.legal_review import (
    agree_review,
    open_review,
    propose_refusal,
    send_back_review,
)
from approvals.actions.machine import decide, decide_claimed, hand_over
from approvals.actions.mandates import end as end_mandate
from approvals.actions.mandates import give as give_mandate
from approvals.actions.officer import approve, refuse
from approvals.actions.procedures import ProcedurePlan, end_procedure, open_procedure
from approvals.actions.quotas import move_up
from approvals.actions.reopening import reopen
from approvals.actions.representations import Represents
from approvals.actions.requests import take_request
from approvals.actions.returning import (
    ask_second_return,
    deny_second_return,
    needs_permission,
    open_request,
    permission,
    permit_second_return,
    require_parts,
    return_,
)
from approvals.actions.second_officer import (
    confirm_approval,
    is_against_verdict,
    open_proposal,
    propose_approval,
    send_back_approval,
)
from approvals.actions.submission import (
    NewApplication,
    Within,
    earlier,
    made_with,
    submit,
)
from approvals.actions.together import MOST as TOGETHER
from approvals.actions.together import Shared, decide_together, require_equal
from approvals.actions.transfer import targets, transfer
from approvals.actions.undertakings import hand_in, lapse, withdraw_commitment
from approvals.actions.undertakings import remind as remind_of_promises
from approvals.actions.withdrawal import withdraw

__all__ = [
    "TOGETHER",
    "Applicant",
    "Claim",
    "Claimed",
    "DeliveryRecord",
    "GovernmentApproval",
    "Inspected",
    "NewApplication",
    "Presence",
    "ProcedurePlan",
    "Representative",
    "Represents",
    "Shared",
    "Within",
    "accept",
    "agree_delivery",
    "agree_review",
    "answer_consent",
    "answer_dispute",
    "approve",
    "ask_second_return",
    "await_consent",
    "away",
    "claim",
    "confirm",
    "confirm_approval",
    "cosign",
    "decide",
    "decide_claimed",
    "decide_together",
    "deny_second_return",
    "earlier",
    "end_mandate",
    "end_procedure",
    "enter_credit",
    "escalate",
    "escalate_inspections",
    "expire",
    "extend",
    "find_in_materials",
    "follow_calendar",
    "give_mandate",
    "hand_in",
    "hand_over",
    "inspect",
    "is_against_verdict",
    "is_extensible",
    "lapse",
    "made_with",
    "mark_away",
    "mark_back",
    "move_up",
    "needs_permission",
    "open_dispute",
    "open_procedure",
    "open_proposal",
    "open_request",
    "open_review",
    "overdue",
    "permission",
    "permit_second_return",
    "propose_approval",
    "propose_refusal",
    "reassign",
    "record_checks",
    "record_delivery",
    "refuse",
    "release",
    "release_absent",
    "release_for",
    "remind",
    "remind_agencies",
    "remind_of_promises",
    "reopen",
    "require_equal",
    "require_parts",
    "resubmit",
    "return_",
    "send_back_approval",
    "send_back_review",
    "stop_waiting",
    "submit",
    "submit_together",
    "take",
    "take_request",
    "targets",
    "transfer",
    "withdraw",
    "withdraw_commitment",
    "withdraw_dispute",
]
