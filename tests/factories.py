"""Rows for tests that begin in the middle: factories whose traits are named after states and roles.

What a row must hold by the database's own constraints is filled in; what a test is about, it says.
"""

import datetime as dt
import uuid

import factory
from factory.django import DjangoModelFactory

from approvals.models import Application, Decision
from exchange.models import Notice, Partner
from people.models import Office, User

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
        listening = factory.Trait(webhook_url="https://agency.example/hook/")
        paused = factory.Trait(failures=1, paused_until=AT + dt.timedelta(hours=1))
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
        operator = factory.Trait(role=User.Role.OPERATOR, is_staff=True)
        auditor = factory.Trait(role=User.Role.AUDITOR, is_staff=True)


class ApplicationFactory(DjangoModelFactory):
    """A draft of nobody, with no history. Say ``edition``.

    The database lets no application begin in any other state: see ``tests.approvals.cases``.
    """

    class Meta:
        model = Application

    number = factory.Sequence(lambda n: f"T{n:020d}")
    service_id = factory.LazyAttribute(lambda o: o.edition.service_id)
    office = factory.SubFactory(OfficeFactory, code="hrss")
    applicant_kind = "person"
    applicant = "0" * 32
    applicant_number = b""
    applicant_name = "某"
    channel = "api"
    created_at = AT


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


class NoticeFactory(DjangoModelFactory):
    """A notice that is due now; a trait a state. Say ``partner`` or ``partner_id``."""

    class Meta:
        model = Notice

    kind = "application.decided"
    subject = factory.Sequence(lambda n: f"application:{n}")
    body = "{}"
    next_at = AT
    created_at = factory.SelfAttribute("next_at")

    class Params:
        delivered = factory.Trait(state=Notice.State.DELIVERED.value, delivered_at=AT)
        dead = factory.Trait(state=Notice.State.DEAD.value)
