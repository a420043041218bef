"""What actions of this app reject, in words that a person can act on."""

from people.errors import ActionRejected


def not_found() -> ActionRejected:
    """What is not yours and what is not there get the same answer."""
    return ActionRejected(
        "not_found", "没有找到该证照", "There is no such certificate.", status=404
    )
