"""Officers' accounts: one administrator proposes every change, another one confirms it.

PostgreSQL keeps it (``people.guards``): no account of an officer is made or changed without a
confirmed ``OfficerChange`` of just these values, which serves once. A new password has two halves,
one for each of the two administrators: neither of them can log in as the officer.
"""

import datetime
import secrets
import uuid
from dataclasses import dataclass, replace

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from ledger import encryption
from ledger.clock import city_date
from ledger.clock import now as clock_now
from people import actions, identity, second_factor, text
from people.errors import ActionRejected
from people.models import Office, OfficerChange, Region, User
from people.numbers import id_number_ok

Kind = OfficerChange.Kind
ROLES = tuple(role for role in User.Role if role is not User.Role.CITIZEN)
FIRST = 2  # administrators of an empty database; from then on every change takes two persons
HALF = 9  # random bytes of each half of a password


@dataclass(frozen=True, slots=True)
class Duties:
    """What an officer's account shall be; ``office`` and ``region`` are codes, or empty.

    ``number`` is the officer's ID number, of which its keyed index is kept: one person has one
    active account, so that whoever proposes and whoever confirms are two. Empty: as it was.
    """

    name: str
    role: str
    office: str
    region: str = ""
    is_active: bool = True
    number: str = ""


def duties_of(user: User) -> Duties:
    return Duties(user.name, user.role, user.office_id or "", user.region_id or "", user.is_active)


def propose(
    *, kind: str, username: str, by: User, now: datetime.datetime, duties: Duties | None = None
) -> tuple[OfficerChange, str]:
    """Propose a change; returns it with the first half of the new password, or an empty text.

    ``duties`` are needed to enrol and to change, and for nothing else. Raises ``ActionRejected``.
    """
    _require_administrator(by)
    username = text.clean(username, longest=150, field="/username")
    if username == by.username:
        raise ActionRejected(
            "own_account", "不能变更自己的账号", "Nobody changes their own account.", status=403
        )
    wanted = _wanted(Kind(kind), username, duties)
    change = OfficerChange(
        kind=kind,
        username=username,
        person=_person(wanted, username),
        role=wanted.role,
        name=wanted.name,
        office_id=wanted.office or None,
        region_id=wanted.region or None,
        is_active=wanted.is_active,
        proposed_by=by,
        proposed_at=now,
    )
    half = ""
    if kind in (Kind.ENROL, Kind.PASSWORD):
        half = secrets.token_urlsafe(HALF)
        change.half = encryption.encrypt("authenticator", half.encode(), change.pk.bytes)
    try:
        with transaction.atomic():
            change.save(force_insert=True)
    except IntegrityError as error:
        if "officer_one_open_change" not in str(error):
            raise
        raise ActionRejected(
            "proposed",
            "该账号已有待确认的变更",
            "A change of this account waits for its confirmation already.",
        ) from None
    return change, half


def confirm(*, change: uuid.UUID, by: User, now: datetime.datetime) -> tuple[User, str]:
    """Carry out what another administrator has proposed; returns the officer, and a second half."""
    _require_administrator(by)
    with transaction.atomic():
        found = _open(change)
        if found.proposed_by_id == by.pk:
            raise ActionRejected(
                "same_administrator",
                "提出人不能自己确认，须由另一名系统管理员确认",
                "Whoever proposed it cannot confirm it; another administrator has to.",
                status=403,
            )
        if found.username == by.username:
            raise ActionRejected(
                "own_account", "不能变更自己的账号", "Nobody changes their own account.", status=403
            )
        half, password = "", None
        if found.half is not None:
            first, _bound = encryption.decrypt("authenticator", found.half)
            half = secrets.token_urlsafe(HALF)
            password = make_password(first.decode() + half)
        user = _settle(found, by, now, password)
    return user, half


def drop(*, change: uuid.UUID, by: User, now: datetime.datetime) -> OfficerChange:
    """Say no to a proposal, one's own or another's; the account stays as it is."""
    _require_administrator(by)
    with transaction.atomic():
        found = _open(change)
        found.settled_by, found.settled_at, found.confirmed, found.half = by, now, False, None
        found.save(update_fields=["settled_by", "settled_at", "confirmed", "half"])
    return found


@transaction.atomic
def enrol_first(*, username: str, duties: Duties, password: str) -> User:
    """Make one of the first two administrators of an empty database; ``password`` is hashed.

    Raises ``ActionRejected`` when there are two, or for another role.
    """
    taken = max(
        OfficerChange.objects.filter(first__isnull=False, role=User.Role.ADMINISTRATOR).count(),
        User.objects.filter(role=User.Role.ADMINISTRATOR).count(),
    )
    if taken >= FIRST or duties.role != User.Role.ADMINISTRATOR:
        raise ActionRejected(
            "second_administrator_required",
            "须由两名系统管理员办理：一人提出，一人确认",
            "It takes two administrators: one proposes, another confirms.",
            status=403,
        )
    at = clock_now()
    change = OfficerChange(
        kind=Kind.ENROL,
        username=username,
        person=_person(duties, username),
        role=duties.role,
        name=text.clean(duties.name, longest=80, field="/name"),
        office_id=duties.office or None,
        region_id=duties.region or None,
        first=taken + 1,
        proposed_at=at,
        settled_at=at,
        confirmed=True,
    )
    change.save(force_insert=True)
    return _apply(change, password)


@transaction.atomic
def enrol(
    *, username: str, duties: Duties, password: str, proposed_by: User, confirmed_by: User
) -> User:
    """Make an officer by a command that names both administrators; ``password`` is hashed."""
    at = clock_now()
    change, _half = propose(
        kind=Kind.ENROL, username=username, by=proposed_by, now=at, duties=duties
    )
    return _carry_out(change, confirmed_by, at, password)


@transaction.atomic
def change_at_once(
    *,
    kind: str,
    username: str,
    proposed_by: User,
    confirmed_by: User,
    duties: Duties | None = None,
    password: str | None = None,
) -> User:
    """Change an officer by a command that names both administrators."""
    at = clock_now()
    change, _half = propose(kind=kind, username=username, by=proposed_by, now=at, duties=duties)
    return _carry_out(change, confirmed_by, at, password)


def _carry_out(
    change: OfficerChange, by: User, now: datetime.datetime, password: str | None
) -> User:
    _require_administrator(by)
    if by.pk == change.proposed_by_id or by.username == change.username:
        raise ActionRejected(
            "same_administrator",
            "提出人与确认人不能是同一人，也不能是本人",
            "Proposer and confirmer are two administrators, and neither is the officer concerned.",
            status=403,
        )
    return _settle(change, by, now, password)


def _settle(found: OfficerChange, by: User, now: datetime.datetime, password: str | None) -> User:
    found.settled_by, found.settled_at, found.confirmed, found.half = by, now, True, None
    found.save(update_fields=["settled_by", "settled_at", "confirmed", "half"])
    return _apply(found, password)


def _apply(change: OfficerChange, password: str | None) -> User:
    """Write the account as the confirmed change says."""
    user = User.objects.select_for_update().filter(username=change.username).first()
    if change.kind == Kind.ENROL:
        if user is not None:
            raise _exists()
        user = User(username=change.username, password=make_password(None))
    assert user is not None, "only an account that is there is proposed to be changed"
    user.name, user.role, user.is_active = change.name, change.role, change.is_active
    user.office_id, user.region_id = change.office_id, change.region_id
    user.person, user.is_staff, user.change = change.person, True, change
    if password is not None:
        user.password = password
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        if "officer_one_per_person" not in str(error):
            raise
        raise _has_account(change.person) from None
    actions.put_in_role(user=user)
    if change.kind == Kind.SECOND_FACTOR:
        second_factor.reset(user)
    return user


def _wanted(kind: Kind, username: str, duties: Duties | None) -> Duties:
    user = User.objects.filter(username=username).first()
    if kind is Kind.ENROL:
        if user is not None:
            raise _exists()
        _require_name_of_user(username)
    elif user is None or user.role == User.Role.CITIZEN:
        raise ActionRejected("not_found", "没有该工作人员", "There is no such officer.", status=404)
    if kind in (Kind.ENROL, Kind.CHANGE):
        if duties is None or duties.role not in ROLES:
            raise ActionRejected("role", "请选择角色", "Choose a role.", status=422, field="/role")
        return _checked(duties, user)
    assert user is not None
    active = {Kind.BAR: False, Kind.ADMIT: True}.get(kind, user.is_active)
    return replace(duties_of(user), is_active=active)


def _require_name_of_user(username: str) -> None:
    try:
        User.username_validator(username)
    except ValidationError:
        raise ActionRejected(
            "username",
            "用户名只能含字母、数字和 @ . + - _",
            "A user name has letters, digits and @ . + - _ alone.",
            status=422,
            field="/username",
        ) from None


def _checked(duties: Duties, user: User | None) -> Duties:
    name = text.clean(duties.name, longest=80, field="/name")
    if not name:
        raise ActionRejected("name", "请填写姓名", "Give a name.", status=422, field="/name")
    if not Office.objects.filter(pk=duties.office).exists():
        zh, en = "没有该部门", "There is no such office."
        raise ActionRejected("office", zh, en, status=422, field="/office")
    if duties.region and not Region.objects.filter(pk=duties.region).exists():
        zh, en = "没有该区划", "There is no such region."
        raise ActionRejected("region", zh, en, status=422, field="/region")
    return replace(duties, name=name, is_active=user.is_active if user else True)


def _person(duties: Duties, username: str) -> str:
    """Return the keyed index of whose account it is; raises where it is nobody's or has another."""
    number = duties.number.strip().upper()
    if not number:
        user = User.objects.filter(username=username).first()
        if user is not None:
            return user.person
    if not id_number_ok(number, city_date(clock_now())):
        raise ActionRejected(
            "number",
            "请填写该人员的居民身份证号码",
            "Give the officer's ID number.",
            status=422,
            field="/number",
        )
    person = identity.index(number)
    if User.objects.filter(person=person, is_active=True).exclude(username=username).exists():
        raise _has_account(person)
    return person


def _has_account(person: str) -> ActionRejected:
    found = User.objects.filter(person=person, is_active=True).values_list("username", flat=True)
    name = found[0] if found else ""
    return ActionRejected(
        "person_has_account",
        f"该人员已有账号 {name}，一人只能有一个账号；请变更或停用原账号",
        f"That person has the account {name}, and nobody has two: change or bar that one.",
        field="/number",
    )


def _require_administrator(by: User) -> None:
    if by.role != User.Role.ADMINISTRATOR or not by.is_active:
        raise ActionRejected(
            "administrators_only",
            "人员账号由系统管理员办理",
            "Officers' accounts are kept by administrators.",
            status=403,
        )


def _open(change: uuid.UUID) -> OfficerChange:
    found = OfficerChange.objects.select_for_update().filter(pk=change).first()
    if found is None:
        raise ActionRejected("not_found", "没有该变更", "There is no such change.", status=404)
    if found.settled_at is not None:
        raise ActionRejected("settled", "该变更已处理", "That change is settled already.")
    return found


def _exists() -> ActionRejected:
    return ActionRejected(
        "exists", "该用户名已有账号", "There is an account of that name.", field="/username"
    )
