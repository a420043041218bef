"""Who acts for which enterprise in tests, a service that enterprises apply for, and a walk."""

import datetime as dt
import html
from typing import Any

from django.test import Client

from approvals import actions
from approvals.actions import capacities
from approvals.models import Application, Mandate
from demo.city import Enterprise
from demo.city.personas import index
from exchange.models import Record
from ledger.clock import city_date, now
from people import identity
from people.actors import Actor
from people.models import User
from portal import capacity
from services.models import Edition
from services.pack.scaffold import pack
from tests.approvals.cases import CITY, person
from tests.counter.desk import enter, hidden
from tests.services.editions import published
from tests.services.packs import changed

SERVICE, OTHER = "shop_sign", "street_works"
APPLY = f"/services/{SERVICE}/apply/"
COMPANY, SHOP = "representative", "proprietor"  # personas; each represents one enterprise
STRANGER = "trader"


def source(code: str = SERVICE) -> str:
    """A pack for enterprises: the scaffold, with an enterprise as applicant."""
    text = changed(
        "applicant: person", "applicant: enterprise\nrepresented_by: [agent]", pack(code)
    )
    text = text[: text.index("registries:")]
    return text + _REST


_REST = """\
registries:
  enterprise:
    zh: 商事主体登记库
    en: Registry of market entities
    basis: 市场主体登记管理条例 §40
    purpose: {zh: 核实主体状态, en: verify that it exists}

form:
  type: object
  additionalProperties: false
  required: [text, consent]
  properties:
    text: {type: string, x-zh: 招牌文字, x-en: Text of the sign, minLength: 1, maxLength: 40}
    phone: {type: string, format: phone, x-zh: 手机号码（选填）, x-en: Mobile number (optional)}
    consent: {type: boolean, const: true, x-zh: 所填内容真实, x-en: What I state is true}

facts:
  state:
    from: enterprise.state
    type: [active, abnormal, closed, bankrupt, revoked, deregistered]
    zh: 主体状态
    en: state
  capital:
    from: enterprise.capital
    type: number
    min: 0
    max: 999999999999
    none: allowed
    zh: 注册资本
    en: capital

requirements:
- id: active
  must: state = "active"
  unmet: return
  zh: 主体状态正常
  en: It is active
  law: 市容条例 §20
- id: paid
  must: capital = null or capital >= 0
  zh: 注册资本已核实
  en: Its capital is known
  law: 公司法 §47

certificate:
  kind: sign_permit
  type21: 11100000000013338W901
  zh: 招牌设置证（样本）
  en: Permit of a sign (specimen)
  number: 'serial:ZP'
  valid: P1Y
  template: approval_letter
  fields:
  - {id: state, zh: 状态, en: State, value: state}

tests:
- name: 正常
  as_of: 2026-07-01
  answers: {text: 恒瑞, consent: true}
  evidence: {enterprise: {state: active, capital: null}}
  expect: approve
- name: 吊销
  like: 正常
  evidence: {enterprise: {state: revoked, capital: null}}
  expect: return
  findings: {active: unmet}
- name: 没有答复
  like: 正常
  evidence: {enterprise: failed}
  expect: refer
  findings: {active: unknown, paid: unknown}
"""


def publish(*codes: str) -> list[Edition]:
    return [published(source(code), now(), file=f"{code}.yaml") for code in codes or (SERVICE,)]


def owned(kind: str) -> Enterprise:
    """Return the one enterprise that a persona represents."""
    (one,) = CITY.owned(index(kind))
    return one


def of_person(kind: str) -> str:
    return identity.index(person(kind).number)


def subject(kind: str) -> str:
    return identity.index(owned(kind).uscc)


def user(kind: str) -> User:
    return User.objects.get(username=kind)


def mark(who: str, of: str) -> str:
    """What stands on a person's pages for the enterprise of another."""
    return capacity.mark(user(who), subject(of))


def actor(who: str, of: str = "") -> Actor:
    """Somebody as they act for an enterprise, if they may."""
    return capacities.take_up(user(who), subject(of or who), now()).actor(user(who))


def write(subject: str, **data: Any) -> None:
    """Let the registry of enterprises have other values of a subject."""
    row = Record.objects.get(subject=subject, registry="enterprise")
    row.data, row.version = {**row.data, **data}, row.version + 1
    Record.objects.filter(subject=subject, registry="enterprise").update(
        data=row.data, version=row.version
    )


def replace(kind: str, new: str, *, how: str = "both") -> None:
    """Let another persona represent the enterprise: in the person's record, its own, or both."""
    one, old = owned(kind), person(kind)
    trade = {
        "uscc": one.uscc, "name": one.name, "role": "法定代表人", "state": one.state,
        "since": one.established.isoformat(),
    }  # fmt: skip
    if how in ("person", "both"):
        write(identity.index(old.number), trades=[])
        write(identity.index(person(new).number), trades=[trade])
    if how in ("enterprise", "both"):
        write(subject(kind), legal_representative=person(new).name, representative=of_person(new))


def mandate(of: str = COMPANY, agent: str = STRANGER, service: str = SERVICE) -> Mandate:
    named = person(agent)
    return actions.give_mandate(
        number=named.number,
        name=named.name,
        service=service,
        until=city_date(now()) + dt.timedelta(days=30),
        by=actor(of),
        now=now(),
    )


class Walk:
    """Somebody's pages for an enterprise, as a browser posts them."""

    def __init__(self, who: str, of: str = "") -> None:
        self.who, self.client, self.page = who, enter(who), ""
        if of:
            assert self.act_for(of).status_code == 302, self.page

    def act_for(self, of: str, onward: str = "/") -> Any:
        chosen = {"enterprise": mark(self.who, of), "next": onward}
        return self._keep(self.client.post("/acting/", chosen))

    def leave(self) -> Any:
        return self.client.post("/acting/leave/", {"next": "/"})

    def get(self, path: str) -> Any:
        return self._keep(self.client.get(path))

    def post(self, path: str, **more: Any) -> Any:
        sent = {**hidden(self.page), **{k.replace("_slash_", "/"): v for k, v in more.items()}}
        return self._keep(self.client.post(path, sent))

    def fill(self, text: str = "恒瑞", path: str = APPLY) -> Any:
        self.get(path)
        return self.post(path, _slash_text=text, step="check")

    def submit(self, path: str = APPLY, **more: str) -> Any:
        return self.post(path, _slash_consent="true", step="submit", **more)

    def apply(self, text: str = "恒瑞", path: str = APPLY, **more: str) -> Application:
        for answer in (self.fill(text, path), self.submit(path, **more)):
            assert answer.status_code in (200, 302), html.unescape(self.page[:4000])
        number = answer["Location"].strip("/").split("/")[-1]
        return Application.objects.get(number=number)

    def _keep(self, answer: Any) -> Any:
        self.page = answer.content.decode(errors="replace") if not answer.streaming else ""
        return answer


def agent(service: str = SERVICE, who: str = STRANGER) -> Walk:
    mandate(service=service, agent=who)
    return Walk(who, COMPANY)


def owner_mark(client: Client) -> str:
    """What a form carries of whose it is, as a page of theirs has it."""
    return str((hidden(client.get("/qualify/").content.decode()).get("owner") or [""])[0])
