"""The table of roles as a document: `manage.py officers roles > docs/roles.md`."""

from collections.abc import Iterator

from people.models import User
from people.roles import (
    ACTIONS,
    HANDLERS,
    LEGALS,
    NAMES,
    OFFICERS,
    OTHERS,
    PAGES,
    SIGHT,
    SUMMARY,
)


def document() -> str:
    """Return docs/roles.md: `manage.py officers roles > docs/roles.md`."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# 角色 Roles"
    yield ""
    yield from (
        "Printed by `manage.py officers roles` from `people/roles.py`; the tests of who may open",
        "and do what are made from the same table (`tests/people/test_roles_table.py`). Nobody has",
        "two roles.",
    )
    yield ""
    yield "| 角色 role | 职责 | duties |"
    yield "|---|---|---|"
    for role, (zh, en) in SUMMARY.items():
        yield f"| {NAMES[role][0]} `{role.value}` | {zh} | {en} |"
    yield ""
    yield "## 个人信息 Personal data"
    yield ""
    yield from (
        "What a case shows of people. ID numbers are masked for everybody. An auditor sees the",
        "names of one case as a clerk does, for one page and after writing why: each such page is",
        "a trace of reading and an Event of its own, with the reason.",
    )
    yield ""
    yield "| 角色 role | 所见 | sees |"
    yield "|---|---|---|"
    for role, (zh, en) in SIGHT.items():
        yield f"| {NAMES[role][0]} `{role.value}` | {zh} | {en} |"
    yield from _pages()
    yield from _actions()


_RULE = "|---" * (len(OFFICERS) + 2) + "|"


def _heads() -> str:
    return " | ".join(f"{NAMES[role][0]}<br>{NAMES[role][1]}" for role in OFFICERS)


def _pages() -> Iterator[str]:
    yield ""
    yield "## 页面 Pages"
    yield ""
    yield from (
        "◐ ends at one's own office and region, for a legal officer at the cases of it that were",
        "referred. A row of a list opens for whoever sees the list, unless it has a line of its",
        "own; (POST): a form of another page is sent there. Each case, certificate and person that",
        "is opened, and each search, leaves a trace of reading.",
    )
    yield ""
    yield f"| 页面 page | 地址 address | {_heads()} |"
    yield _RULE
    for page in PAGES:
        half = HANDLERS | LEGALS if page.within else frozenset()
        marks = [_mark(page.roles, role, role in half) for role in OFFICERS]
        form = " (POST)" if page.posted else ""
        yield f"| {page.zh} {page.en} | `{page.address}`{form} | {' | '.join(marks)} |"


def _actions() -> Iterator[str]:
    yield ""
    yield "## 操作 Actions"
    yield ""
    yield "② a second person of the role confirms, and PostgreSQL refuses it otherwise."
    yield ""
    yield f"| 操作 action | 名称 name | {_heads()} |"
    yield _RULE
    rows = [(a.zh, a.en, f"`{a.name}`", a.roles, a.second) for a in ACTIONS]
    rows += [(zh, en, "", roles, second) for zh, en, roles, second in OTHERS]
    for zh, en, name, roles, second in rows:
        marks = [_mark(roles, role, False) + ("②" if second and role in roles else "")
                 for role in OFFICERS]  # fmt: skip
        yield f"| {zh} {en} | {name} | {' | '.join(marks)} |"
    yield ""
    yield from (
        "The first two administrators of an empty database need nobody (`manage.py officers add`).",
        "A case whose officer has opened nothing at the desk for `TAKEN_RELEASE_SECONDS` is put",
        "back into the queue by itself. Another officer than whoever decided, alone or as one of",
        "two, decides what is contested.",
    )


def _mark(roles: frozenset[User.Role], role: User.Role, half: bool) -> str:
    return "" if role not in roles else "◐" if half else "●"
