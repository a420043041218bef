"""A refusal that a person can act on, in Chinese and English; doors turn it into a 4xx."""

from django.utils.translation import override

from approvals.states import State


class Refused(Exception):
    """A verb would not do what it was asked.

    ``code`` is stable and machine-readable, ``status`` the HTTP status a door answers with,
    ``field`` the JSON pointer of what is wrong, where one thing is.
    """

    def __init__(self, code: str, zh: str, en: str, *, status: int = 409, field: str = "") -> None:
        super().__init__(f"{en} / {zh}")
        self.code, self.zh, self.en, self.status, self.field = code, zh, en, status, field
        self.faults: list[dict[str, str]] = []


def not_found() -> Refused:
    """What is not yours and what is not there get the same answer."""
    return Refused("not_found", "没有找到该办件", "There is no such application.", status=404)


def illegal(verb: str, state: str) -> Refused:
    with override("zh-hans"):
        zh = str(State(state).label)
    with override("en"):
        en = str(State(state).label)
    return Refused(
        "illegal_move",
        f"办件当前状态为“{zh}”，不能执行“{verb}”;请刷新页面查看最新状态",
        f'The application is "{en}"; "{verb}" is not possible now. Reload to see its state.',
    )


def stale() -> Refused:
    return Refused(
        "stale",
        "该办件刚被他人处理过，请刷新后再操作",
        "Somebody else has just acted on this application; reload and look again.",
    )
