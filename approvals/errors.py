"""What actions of this app reject, in words that a person can act on."""

from django.utils.translation import override

from approvals.states import State
from people.errors import ActionRejected


def not_found() -> ActionRejected:
    """What is not yours and what is not there get the same answer."""
    return ActionRejected(
        "not_found", "没有找到该办件", "There is no such application.", status=404
    )


def illegal(action: str, state: str) -> ActionRejected:
    with override("zh-hans"):
        zh = str(State(state).label)
    with override("en"):
        en = str(State(state).label)
    return ActionRejected(
        "illegal_move",
        f"办件当前状态为“{zh}”，不能执行“{action}”;请刷新页面查看最新状态",
        f'The application is "{en}"; "{action}" is not possible now. Reload to see its state.',
    )


def stale() -> ActionRejected:
    return ActionRejected(
        "stale",
        "该办件刚被他人处理过，请刷新后再操作",
        "Somebody else has just acted on this application; reload and look again.",
    )
