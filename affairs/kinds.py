"""Kinds of messages to a person, and which Event brings which."""

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _


class MessageKind(models.TextChoices):
    """The label is the title of a message and the subject of its e-mail: it names nobody."""

    ACCEPTED = "accepted", _("Your application is accepted")
    RETURNED = "returned", _("Please correct your application")
    WITH_OFFICER = "with_officer", _("An officer has your application")
    DECIDED = "decided", _("Your application is decided")
    EXPIRED = "expired", _("Your application is closed: what was missing did not come in time")
    EXTENDED = "extended", _("The time to decide was extended")
    PROCEDURE = "procedure", _("A special procedure of your application began or ended")
    TRANSFERRED = "transferred", _("Another office has your application")
    CONFIRMED = "confirmed", _("What was granted to you provisionally is confirmed")
    REOPENED = "reopened", _("Your application was opened again")
    DISPUTE_OPENED = "dispute_opened", _("What you call wrong is with an officer")
    DISPUTE_ANSWERED = "dispute_answered", _("The keeper of a disputed record has answered")
    DELIVERED = "delivered", _("The decision was delivered")
    SIGNED = "signed", _("One of those who must sign has answered")
    HANDED_IN_FOR_YOU = "handed_in_for_you", _("Somebody has applied for you")
    ASSISTANT_APPLIED = "assistant_applied", _("An assistant has applied for you")
    ASSISTANT_MANDATED = "assistant_mandated", _("You have let an assistant act for you")
    MANDATE_GIVEN = "mandate_given", _("Somebody has given you a mandate")
    MANDATE_ENDED = "mandate_ended", _("A mandate is over")
    SIGNATURE_GIVEN = "signature_given", _("Your answer to a request to sign is recorded")
    SIGNATURE_ASKED = "signature_asked", _("Your signature is asked for")
    CERTIFICATE_CHANGED = "certificate_changed", _("The state of a certificate has changed")
    ENTITLEMENT_CHANGED = "entitlement_changed", _("What is paid to you has changed")
    ENTITLEMENT_OVERPAID = "entitlement_overpaid", _("Something was paid too much")
    CERTIFICATE_ENDING = "certificate_ending", _("A certificate of yours ends soon")
    ENDORSEMENT_DUE = "endorsement_due", _("A certificate of yours has to be endorsed soon")
    APPOINTMENT_BOOKED = "appointment_booked", _("Your appointment is booked")
    APPOINTMENT_MOVED = "appointment_moved", _("Your appointment was moved")
    APPOINTMENT_CANCELLED = "appointment_cancelled", _("Your appointment was cancelled")
    DRAFT_ENDING = "draft_ending", _("A draft of yours will be deleted soon")
    PROMISE_DUE = "promise_due", _("A file that you promised is still to be handed in")
    PROMISE_LAPSED = "promise_lapsed", _("A file that you promised did not come in time")
    INSPECTED = "inspected", _("What was granted to you was inspected")
    CREDIT_RECORDED = "credit_recorded", _("A commitment was entered in your credit record")
    RATING_ANSWERED = "rating_answered", _("The office has answered your rating")
    OFFER_MADE = "offer_made", _("You may have something without applying for it")
    OFFER_ENDED = "offer_ended", _("What the city offered you is no longer open")
    BUNDLE_FOLLOWED = "bundle_followed", _("A step was granted; the next was handed in for you")
    BUNDLE_STOPPED = "bundle_stopped", _("A step of what you asked for together cannot follow")
    BUNDLE_DONE = "bundle_done", _("All that you asked for together is decided")


# of what happens to an application (approvals.words.EVENTS), to its applicant
OF_APPLICATION: Mapping[str, MessageKind] = {
    "accepted": MessageKind.ACCEPTED,
    "returned": MessageKind.RETURNED,
    "handed_over": MessageKind.WITH_OFFICER,
    "approved": MessageKind.DECIDED,
    "refused": MessageKind.DECIDED,
    "confirmed": MessageKind.CONFIRMED,
    "expired": MessageKind.EXPIRED,
    "extended": MessageKind.EXTENDED,
    "procedure_opened": MessageKind.PROCEDURE,
    "procedure_ended": MessageKind.PROCEDURE,
    "transferred": MessageKind.TRANSFERRED,
    "reopened": MessageKind.REOPENED,
    "dispute_opened": MessageKind.DISPUTE_OPENED,
    "dispute_answered": MessageKind.DISPUTE_ANSWERED,
    "promise_due": MessageKind.PROMISE_DUE,
    "promise_lapsed": MessageKind.PROMISE_LAPSED,
    "inspected": MessageKind.INSPECTED,
    "credit_recorded": MessageKind.CREDIT_RECORDED,
    "delivered": MessageKind.DELIVERED,  # not of what is delivered on the page: it is there
}
# where one of several who sign has answered, the last of whom lets the case go on
OF_SIGNERS = ("consent_answered", "resumed", "handed_over")
# of what happens to a certificate (certificates.actions.transitions), to whoever applied for it
OF_CERTIFICATE = ("suspended", "restored", "revoked", "cancelled", "expired")
# of what happens to an entitlement (entitlements.words.EVENTS), to its holder
OF_ENTITLEMENT: Mapping[str, MessageKind] = {
    "amount_changed": MessageKind.ENTITLEMENT_CHANGED,
    "suspended": MessageKind.ENTITLEMENT_CHANGED,
    "held": MessageKind.ENTITLEMENT_CHANGED,
    "resumed": MessageKind.ENTITLEMENT_CHANGED,
    "ended": MessageKind.ENTITLEMENT_CHANGED,
    "payment_returned": MessageKind.ENTITLEMENT_CHANGED,
    "overpaid": MessageKind.ENTITLEMENT_OVERPAID,
    "recovery_decided": MessageKind.ENTITLEMENT_OVERPAID,
}
# events that bring their applicant no message, and why
NO_MESSAGE: Mapping[str, str] = {
    "submitted": "the applicant has just done it",
    "resubmitted": "the applicant has just done it",
    "withdrawn": "the applicant has just done it",
    "commitment_withdrawn": "the applicant has just done it",
    "material_handed_in": "the applicant has just done it",
    "delivery_agreed": "the applicant has just done it",
    "dispute_withdrawn": "the applicant has just done it",
    "awaiting": "whoever must sign has a message; an agency is asked by itself",
    "consent_reminded": "an agency has it still, and the page of the case has the day",
    "consent_answered": "an agency's answer: what comes of it has a message of its own",
    "moved_up": "it is judged at once, which has a message",
    "checked_again": "it is judged at once, which has a message",
    "resumed": "it is judged at once, which has a message",
    "taken": "an officer has it: said when it was handed over",
    "released": "an officer has it: said when it was handed over",
    "reassigned": "an officer has it: said when it was handed over",
    "deadline_changed": "the page of the case has the day",
    "approval_proposed": "between officers",
    "approval_sent_back": "between officers",
    "material_read": "what it leads to is told",
    "second_return_asked": "between officers",
    "second_return_permitted": "between officers",
    "second_return_denied": "between officers",
    "legal_review_asked": "between officers",
    "legal_review_agreed": "between officers",
    "legal_review_sent_back": "between officers",
    "escalated": "between officers",
}


class Channel(models.TextChoices):
    """Ways out beside the inbox."""

    EMAIL = "email", _("e-mail")
    SMS = "sms", _("text message")
