"""Child processes that end with their parent, however it ends. Standard library only.

`python -I -S parent_watch.py exec PARENT UID GID SIGNAL -- COMMAND...` drops privileges, asks the
kernel to send SIGNAL when PARENT ends, and becomes COMMAND (same pid).

`python -I -S parent_watch.py clean PARENT` reads `+PGID` and `-PGID` lines from standard input.
When the other end closes, the process groups that are still listed get GRACE_SECONDS to end and
are then killed: the kernel's signal reaches a child, but not the children of that child.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
import time

PR_SET_PDEATHSIG = 1  # prctl(2)
GRACE_SECONDS = 10.0


def exec_command(argv: list[str]) -> None:
    """Become COMMAND: argv is PARENT UID GID SIGNAL -- COMMAND... (UID -1 keeps the user)."""
    parent, uid, gid, number = (int(word) for word in argv[:4])
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
        os.umask(0o077)
    # After the change of user: the kernel forgets the request when credentials change.
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:  # the parent ended before the request was made
        sys.exit(1)
    # Python ignores these two and a child would inherit that.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    os.execvp(argv[5], argv[5:])


def group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def clean_groups(argv: list[str]) -> None:
    """Keep the list of groups until the parent has ended, then end those that remain."""
    parent, rest = int(argv[0]), b""
    groups: set[int] = set()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends when its parent does, not before
    while True:
        # looked at before what it wrote: a parent that ended at once may have written groups
        is_there = os.getppid() == parent
        if not select.select([0], [], [], 1.0 if is_there else 0.0)[0]:
            if is_there:
                continue
            break
        chunk = os.read(0, 4096)
        if not chunk:
            break
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            (groups.add if line[:1] == b"+" else groups.discard)(int(line[1:]))
    deadline = time.monotonic() + GRACE_SECONDS
    while any(map(group_exists, groups)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    {"exec": exec_command, "clean": clean_groups}[sys.argv[1]](sys.argv[2:])
