"""Children that die with their parent, whatever kills the parent. Standard library only.

`python -I -S leash.py hold PARENT UID GID SIGNAL -- COMMAND...` drops privileges, asks the
kernel for SIGNAL when PARENT dies, and becomes COMMAND (same pid).

`python -I -S leash.py sweep PARENT` reads `+PGID` and `-PGID` lines from standard input. When
the other end closes it gives the process groups still named GRACE seconds, then kills them:
for what the kernel's signal cannot reach, such as a worker's own children.
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
GRACE = 10.0


def hold(argv: list[str]) -> None:
    """Become COMMAND on a leash: argv is PARENT UID GID SIGNAL -- COMMAND (UID -1 keeps ours)."""
    parent, uid, gid, number = (int(word) for word in argv[:4])
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
        os.umask(0o077)
    # After the change of user: the kernel forgets the request when credentials change.
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:  # the parent died before the leash was on
        sys.exit(1)
    # Python ignores these two and a child would inherit that.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    os.execvp(argv[5], argv[5:])


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def sweep(argv: list[str]) -> None:
    """Follow the list of groups until the parent is gone, then clear what it left."""
    parent, rest = int(argv[0]), b""
    groups: set[int] = set()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends when its parent does, not before
    while os.getppid() == parent:
        if not select.select([0], [], [], 1.0)[0]:
            continue
        got = os.read(0, 4096)
        if not got:
            break
        *lines, rest = (rest + got).split(b"\n")
        for line in lines:
            (groups.add if line[:1] == b"+" else groups.discard)(int(line[1:]))
    ends = time.monotonic() + GRACE
    while any(map(alive, groups)) and time.monotonic() < ends:
        time.sleep(0.05)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    {"hold": hold, "sweep": sweep}[sys.argv[1]](sys.argv[2:])
