"""What messages say: in the reader's language, with no personal data but the case's number."""

from collections.abc import Mapping

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from affairs.kinds import MessageKind
from affairs.models import Message
from people.language import in_language

K = MessageKind
SENTENCES: Mapping[MessageKind, str | Promise] = {
    K.ACCEPTED: _("The office has accepted it. The time to decide runs; you need do nothing."),
    K.RETURNED: _("Something is missing. Its page says what, and until when you can correct it."),
    K.WITH_OFFICER: _("An officer decides it. You need do nothing; its page says until when."),
    K.DECIDED: _("The decision, its reasons and what you can do now are on its page."),
    K.CONFIRMED: _("You need do nothing. The confirmed certificate is on its page."),
    K.EXPIRED: _("What was missing did not come in time. You may apply again at any time."),
    K.PROMISE_DUE: _("Its page says which, and by which day. Hand it in there."),
    K.PROMISE_LAPSED: _("Its page says what follows from it."),
    K.INSPECTED: _("What was found, what follows and what you can do is on its page."),
    K.CREDIT_RECORDED: _("Its page says until when you can sign no commitment."),
    K.EXTENDED: _("The head of the office has extended it. Why, and until when, is on its page."),
    K.PROCEDURE: _("Its page says what is held, and when the time to decide goes on."),
    K.TRANSFERRED: _("Its page says which office decides now, and why."),
    K.REOPENED: _("The decision does not stand for now. An officer decides again."),
    K.DISPUTE_OPENED: _("Its page says who was asked, and until when they answer."),
    K.DISPUTE_ANSWERED: _("Its page says what they answered, and what comes of it."),
    K.DELIVERED: _("How and on which day is on its page. Terms to contest it run from that day."),
    K.SIGNED: _("Its page says who has signed and whom it waits for."),
    K.SIGNATURE_ASKED: _("Somebody applies for something that you must sign too. Please answer."),
    K.HANDED_IN_FOR_YOU: _(
        "Whoever it was acts by your mandate. See what was handed in on its page; you may withdraw"
        " it, and end the mandate."
    ),
    K.ASSISTANT_APPLIED: _(
        "It acts by your mandate. See what was handed in on its page; you may withdraw it, and end"
        " the mandate at any time."
    ),
    K.ASSISTANT_MANDATED: _(
        "For which services and until when is under “My affairs”, My assistants. If it was not you,"
        " end it there at once."
    ),
    K.MANDATE_GIVEN: _("For which service and until when is under “My affairs”, Mandates."),
    K.MANDATE_ENDED: _("Nothing more can be handed in by it. What was handed in stays."),
    K.SIGNATURE_GIVEN: _("It is kept with the application, and its applicant knows of it."),
    K.CERTIFICATE_CHANGED: _("Its page says what holds now, and what you can do."),
    K.ENTITLEMENT_CHANGED: _("Its page says how much is paid now, or why it is not."),
    K.ENTITLEMENT_OVERPAID: _("For which periods, and how to contest it, is on its page."),
    K.CERTIFICATE_ENDING: _("See on its page whether it can be renewed."),
    K.ENDORSEMENT_DUE: _("Until when is on its page. Without it nobody may rely on it any more."),
    K.APPOINTMENT_BOOKED: _("When, where and what to bring is on its page."),
    K.APPOINTMENT_MOVED: _("When, where and what to bring is on its page."),
    K.APPOINTMENT_CANCELLED: _("The time is free for others. You may book another."),
    K.DRAFT_ENDING: _("Go on with it if you want to keep it. Nothing of it was handed in."),
    K.RATING_ANSWERED: _("What came of it is beside your rating."),
    K.OFFER_MADE: _(
        "By what the registries say you meet all conditions. Its page says what it is and how we"
        " found you; one tap is enough, and nothing happens without it."
    ),
    K.OFFER_ENDED: _("Its page says why. You may apply for the service at any time."),
    K.BUNDLE_FOLLOWED: _("You need do nothing. How far each step is, is on its page."),
    K.BUNDLE_STOPPED: _(
        "Its page says why, and what you can do. The other steps stay as they are."
    ),
    K.BUNDLE_DONE: _("What became of each step is on its page."),
}


def title(message: Message) -> str:
    return str(MessageKind(message.kind).label)


def sentence(message: Message) -> str:
    return str(SENTENCES[MessageKind(message.kind)])


def page(message: Message) -> str:
    """Return the address of what the message is of."""
    what, _colon, key = message.topic.partition(":")
    match what:
        case "application" if message.kind == K.SIGNATURE_ASKED:
            return reverse("portal:sign", args=[key])
        case "application" if message.kind == K.SIGNATURE_GIVEN:
            return reverse("portal:cases")  # the case itself is its applicant's
        case "application":
            return reverse("portal:case", args=[key])
        case "assistants":
            return reverse("assistants:list")
        case "mandate":
            return reverse("portal:mandates")
        case "entitlement":
            return reverse("portal:entitlement", args=[key])
        case "certificate":
            return reverse("certificates:certificate", args=[key])
        case "appointment":
            return reverse("counter:appointment", args=[key])
        case "rating":
            return reverse("portal:rate", args=[key])
        case "offer":
            return reverse("portal:offer", args=[key])
        case "bundle":
            return reverse("portal:bundle-case", args=[key])
        case "draft":
            return reverse("portal:apply", args=[key.partition(":")[0]])
    return reverse("portal:cases")


def full(message: Message) -> str:
    """Return the text of an e-mail, which names the case and leads to our own page of the message.

    It asks for nothing and says so: messages in our name that do are false.
    """
    lines = [
        title(message),
        sentence(message),
        gettext("Reference: %(number)s") % {"number": message.case} if message.case else "",
        gettext("Read it after logging in: %(address)s")
        % {"address": f"{settings.SITE_URL}{reverse('portal:message', args=[message.pk])}"},
        gettext("We never ask for a password, a code or money in a message."),
        in_language(settings.CITY),
    ]
    return "\n\n".join(line for line in lines if line)


def short(message: Message) -> str:
    """Return a text message."""
    named = {"city": in_language(settings.CITY), "what": title(message), "number": message.case}
    if message.case:
        return gettext("[%(city)s] %(what)s (%(number)s). Log in to read more.") % named
    return gettext("[%(city)s] %(what)s. Log in to read more.") % named
