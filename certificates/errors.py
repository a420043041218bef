"""What actions of this app reject, in words that a person can act on."""

from people.errors import ActionRejected


def stale() -> ActionRejected:
    """What the page showed is no longer so: somebody else was first."""
    return ActionRejected(
        "stale",
        "该证照刚被他人处理过，请刷新后再操作",
        "Somebody else has just acted on this certificate; reload and look again.",
    )


def not_found() -> ActionRejected:
    """What is not yours and what is not there get the same answer."""
    return ActionRejected(
        "not_found", "没有找到该证照", "There is no such certificate.", status=404
    )
