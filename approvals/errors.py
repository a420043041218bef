"""What actions of this app reject, in words that a person can act on."""

from django.utils.translation import override

from approvals.states import State
from people.errors import ActionRejected


def not_found() -> ActionRejected:
    """What is not yours and what is not there get the same answer."""
    return ActionRejected(
        "not_found", "没有找到该办件", "There is no such application.", status=404
    )


# edge of states.EDGES, or an action that leaves the state: what cannot be done now
ACTIONS = {
    "submit": ("提交", "be handed in"),
    "grant": ("自动批准", "be approved by the system"),
    "send_back": ("退回补正", "be returned for correction"),
    "await_consent": ("征求其他部门意见", "wait for another agency"),
    "hand_over": ("转人工办理", "be handed to an officer"),
    "resume": ("恢复核验", "be checked again"),
    "check_again": ("重新核验", "be checked again"),
    "approve": ("批准", "be approved"),
    "refuse": ("不予批准", "be refused"),
    "return_": ("退回补正", "be returned for correction"),
    "withdraw": ("撤回", "be withdrawn"),
    "expire": ("逾期办结", "be closed for lateness"),
    "open_procedure": ("启动特别程序", "enter a special procedure"),
    "end_procedure": ("结束特别程序", "end a special procedure"),
    "extend": ("延长期限", "be extended"),
    "reopen": ("申请复核", "be contested"),
    "transfer": ("移送其他部门", "be given to another office"),
    "reassign": ("转交其他人员", "be given to another officer"),
}


def illegal(action: str, state: str) -> ActionRejected:
    """Return what is said where ``states.EDGES`` has no edge ``action`` from ``state``."""
    with override("zh-hans"):
        zh = str(State(state).label)
    with override("en"):
        en = str(State(state).label)
    return ActionRejected(
        "illegal_move",
        f"办件当前状态为“{zh}”，不能{ACTIONS[action][0]}；请刷新页面查看最新状态",
        f'The application is "{en}" and cannot {ACTIONS[action][1]} now. Reload to see its state.',
    )


def stale() -> ActionRejected:
    return ActionRejected(
        "stale",
        "该办件刚被他人处理过，请刷新后再操作",
        "Somebody else has just acted on this application; reload and look again.",
    )
