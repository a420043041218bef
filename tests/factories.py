"""Rows for tests that begin in the middle: factories whose traits are named after states and roles.

What a row must hold by the database's own constraints is filled in; what a test is about, it says.
"""

import datetime as dt
import uuid
from typing import Any

import factory
from factory.django import DjangoModelFactory

from approvals import actions
from approvals.models import Application, Decision
from approvals.states import State
from exchange.models import Endpoint, Notice, Partner, WebhookDelivery
from ledger import clock
from people.actors import ENGINE, Actor, officer
from people.models import Office, User
from tests import officers
from tests.approvals import cases

AT = dt.datetime(2026, 3, 2, 2, 0, tzinfo=dt.UTC)


class PartnerFactory(DjangoModelFactory):
    """Another agency; ``listening`` has a webhook, ``paused`` failed a moment ago."""

    class Meta:
        model = Partner
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"agency{n}")
    name_zh = factory.LazyAttribute(lambda o: f"部门{o.code}")
    name_en = factory.LazyAttribute(lambda o: f"Agency {o.code}")

    class Params:
        inactive = factory.Trait(active=False)


class OfficeFactory(DjangoModelFactory):
    class Meta:
        model = Office
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"office{n}")
    name_zh = factory.LazyAttribute(lambda o: f"{o.code}局")
    name_en = factory.LazyAttribute(lambda o: f"Bureau {o.code}")
    uscc = "11440300MB2C93150L"


class UserFactory(DjangoModelFactory):
    """An account; a trait a role. Clerks have an office, as the database demands."""

    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"user{n}")
    name = factory.LazyAttribute(lambda o: f"{o.username} 科员" if o.is_staff else "")
    role = User.Role.CITIZEN
    is_staff = False

    class Params:
        citizen = factory.Trait(
            role=User.Role.CITIZEN, subject=factory.LazyFunction(lambda: uuid.uuid4().hex)
        )
        clerk = factory.Trait(
            role=User.Role.CLERK, is_staff=True, office=factory.SubFactory(OfficeFactory)
        )
        policy = factory.Trait(role=User.Role.POLICY, is_staff=True)
        administrator = factory.Trait(role=User.Role.ADMINISTRATOR, is_staff=True)
        operator = factory.Trait(role=User.Role.OPERATOR, is_staff=True)
        auditor = factory.Trait(role=User.Role.AUDITOR, is_staff=True)
        supervisor = factory.Trait(
            role=User.Role.SUPERVISOR, is_staff=True, office=factory.SubFactory(OfficeFactory)
        )

        head = factory.Trait(
            role=User.Role.HEAD, is_staff=True, office=factory.SubFactory(OfficeFactory)
        )
        legal = factory.Trait(
            role=User.Role.LEGAL, is_staff=True, office=factory.SubFactory(OfficeFactory)
        )
        technical = factory.Trait(role=User.Role.TECHNICAL, is_staff=True)

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **values: Any) -> User:
        if values["role"] == User.Role.CITIZEN:
            created: User = super()._create(model_class, *args, **values)
            return created
        values.pop("is_staff")
        for name in ("office", "region"):  # objects, of which the codes are written
            if (row := values.pop(name, None)) is not None:
                values[f"{name}_id"] = row.pk
        return officers.make(values.pop("username"), values.pop("role"), **values)


class ApplicationFactory(DjangoModelFactory):
    """A draft of nobody, with no history; say ``edition``.

    The database lets no row begin in a later state. With a trait named after a state, one of the
    city's persons applies, and everybody does what leads to that state, by the product's actions.
    """

    class Meta:
        model = Application
        exclude = ("walk_to",)

    number = factory.Sequence(lambda n: f"T{n:020d}")
    service_id = factory.LazyAttribute(lambda o: o.edition.service_id)
    office = factory.SubFactory(OfficeFactory, code="hrss")
    applicant_kind = "person"
    applicant = "0" * 32
    applicant_number = b""
    applicant_name = "某"
    channel = "api"
    created_at = AT
    walk_to = None  # the state that a trait names

    class Params:
        submitted = factory.Trait(walk_to=State.SUBMITTED)
        waiting = factory.Trait(walk_to=State.WAITING)
        returned = factory.Trait(walk_to=State.RETURNED)
        review = factory.Trait(walk_to=State.REVIEW)
        procedure = factory.Trait(walk_to=State.PROCEDURE)
        approved = factory.Trait(walk_to=State.APPROVED)
        refused = factory.Trait(walk_to=State.REFUSED)
        withdrawn = factory.Trait(walk_to=State.WITHDRAWN)
        expired = factory.Trait(walk_to=State.EXPIRED)

    @classmethod
    def _generate(cls, strategy, params):  # type: ignore[no-untyped-def]  # factory-boy's own hook
        target = next((s for s in State if params.get(s.value)), None)
        return super()._generate(strategy, params) if target is None else WALKS[target]()


def _returned() -> Application:
    return cases.settled("graduate", answers=cases.graduate_answers(address="440305-9999999"))


def _review() -> Application:
    return cases.settled("graduate", by_person=True)


def _taken() -> tuple[Application, Actor]:
    case = _review()
    clerk = officer(UserFactory(clerk=True, office__code=case.office_id))
    actions.take(number=case.number, by=clerk, now=clock.now())
    return case, clerk


def _procedure() -> Application:
    case, clerk = _taken()
    plan = actions.ProcedurePlan("hearing", "7", "行政许可法 §46", "请于下周二上午到场")
    actions.open_procedure(number=case.number, plan=plan, by=clerk, now=clock.now())
    return Application.objects.get(pk=case.pk)


def _refused() -> Application:
    case, clerk = _taken()
    actions.refuse(number=case.number, reason="不符合落户条件", by=clerk, now=clock.now())
    return Application.objects.get(pk=case.pk)


def _withdrawn() -> Application:
    case = _review()
    citizen = cases.citizen(cases.person("graduate"))
    actions.withdraw(number=case.number, by=citizen, now=clock.now())
    return Application.objects.get(pk=case.pk)


def _expired() -> Application:
    case = _returned()
    actions.expire(by=ENGINE, now=clock.now() + dt.timedelta(days=400))
    return Application.objects.get(pk=case.pk)


WALKS = {
    State.SUBMITTED: lambda: cases.submit("graduate"),
    State.WAITING: lambda: cases.settled(
        "trader_food", "sole_trader", answers=cases.trader_answers(scope=["H6210"])
    ),
    State.RETURNED: _returned,
    State.REVIEW: _review,
    State.PROCEDURE: _procedure,
    State.APPROVED: lambda: cases.settled("graduate"),
    State.REFUSED: _refused,
    State.WITHDRAWN: _withdrawn,
    State.EXPIRED: _expired,
}


class DecisionFactory(DjangoModelFactory):
    """A live approval by the machine, whose signature proves nothing. Say ``application``."""

    class Meta:
        model = Decision

    edition = factory.LazyAttribute(lambda o: o.application.edition)
    round = 1
    outcome = "approve"
    live = True
    by = "machine:engine"
    at = AT
    as_of = AT.date()
    inputs = factory.LazyFunction(dict)
    receipt = b"{}"
    kid = "k"
    algorithm = "EdDSA"
    signature = b"s"


class EndpointFactory(DjangoModelFactory):
    """Where a partner takes whatever it is sent. Say ``partner`` or ``partner_id``."""

    class Meta:
        model = Endpoint

    url = "https://agency.example/hook/"
    created_at = AT

    class Params:
        paused = factory.Trait(failures=1, paused_until=AT + dt.timedelta(hours=1))
        gone = factory.Trait(ended=Endpoint.Ended.GONE.value)


class NoticeFactory(DjangoModelFactory):
    """A notice that was given to no endpoint yet. Say ``partner`` or ``partner_id``."""

    class Meta:
        model = Notice

    kind = "application.decided"
    subject = factory.Sequence(lambda n: f"application:{n}")
    body = "{}"
    created_at = AT


class WebhookDeliveryFactory(DjangoModelFactory):
    """A notice that is due to an endpoint now; a trait a state. Say ``endpoint``."""

    class Meta:
        model = WebhookDelivery

    notice = factory.SubFactory(
        NoticeFactory, partner=factory.SelfAttribute("..endpoint.partner"), routed_at=AT
    )
    subject = factory.SelfAttribute("notice.subject")
    place = factory.Sequence(int)
    next_at = AT

    class Params:
        delivered = factory.Trait(state=WebhookDelivery.State.DELIVERED.value, delivered_at=AT)
        dead = factory.Trait(state=WebhookDelivery.State.DEAD.value)
