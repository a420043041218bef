"""What this app rejects, in words a person can act on."""

from people.errors import ActionRejected


def not_found() -> ActionRejected:
    return ActionRejected("not_found", "没有该待遇", "No such entitlement.", status=404)


def stale() -> ActionRejected:
    return ActionRejected(
        "stale",
        "该待遇在您打开页面之后有了变化，请刷新后再办理",
        "It has changed since you opened the page. Reload it first.",
    )
