"""Put this process behind the walls, for good: what the child does before it runs student code."""

from __future__ import annotations

import os
import resource
import signal
import site
import stat
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autograde.sandbox import kernel, landlock, seccomp
from autograde.sandbox.job import Limits

PACKAGE = Path(__file__).resolve().parents[1]
NOBODY = 65534
FIRST_UID = 1_879_048_192  # far from every account, so that each child has a user of its own
SYSTEM = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/localtime", "/etc/fonts"),
    *("/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/fontconfig", "/usr/share/zoneinfo"),
    *("/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system/cpu", "/sys/devices/system/node"),
    *("/dev/zero", "/dev/random", "/dev/urandom"),
)
OWN = "/proc/self/cmdline"  # TensorFlow reads it at its first op, and aborts where it cannot
DEVICES = ("/dev/null", "/dev/full")


@dataclass(frozen=True)
class Plan:
    """What a child may read, and whose rights it has. Made once in the warm parent, so that a child costs little.

    `uid`: the user that a child becomes, None for the one that it is. `reads_all`: that user may read what file modes
    forbid (Landlock still says which paths), because Python itself lies where other users cannot go.
    """

    readable: tuple[Path, ...]
    uid: int | None = None
    reads_all: bool = False


def make_plan() -> Plan:
    """The plan for children of this process: what is imported so far stays readable, but for this package."""
    roots = [*python_folders(), *imported_from(), *map(Path, SYSTEM), fashion_mnist()]
    readable = tuple(path for root in outermost(roots) for path in without(root, PACKAGE))
    if os.geteuid() != 0:
        return Plan(readable)
    needed = [Path(module.__file__ or "").resolve() for module in (os, np)]
    anyone = all(map(open_to_all, needed)) and all(map(passable, Path(tempfile.gettempdir()).resolve().parents))
    if not anyone and not kernel.has_capability(kernel.CAP_DAC_READ_SEARCH):
        return Plan(readable)  # another user could not even read Python
    return Plan(readable, outsider(), reads_all=not anyone)


def python_folders() -> list[Path]:
    """Where this Python and what was installed for it keep their libraries."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    installed = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    found = [*map(sysconfig.get_path, names), *site.getsitepackages(), f"{sys.base_prefix}/lib", *installed]
    return [path for path in dict.fromkeys(Path(one).resolve() for one in found) if path.is_dir()]


def imported_from() -> Iterator[Path]:
    """The package folder or file of every module that this process has imported."""
    for name, module in list(sys.modules.items()):
        origin = getattr(module, "__file__", None)
        if origin and "." not in name and name not in ("autograde", "__main__"):
            path = Path(origin).resolve()
            yield path.parent if path.stem == "__init__" else path


def fashion_mnist() -> Path:
    """The images that a notebook may load by Keras's own loader."""
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser().resolve() / "datasets" / "fashion-mnist"


def outermost(paths: Iterable[Path]) -> list[Path]:
    """`paths` without those that lie inside another of them."""
    found: list[Path] = []
    for path in sorted({one.resolve() for one in paths}):
        if not found or not path.is_relative_to(found[-1]):
            found.append(path)
    return found


def without(root: Path, excluded: Path) -> Iterator[Path]:
    """`root`, or, where `excluded` lies in it, what else lies in it."""
    if root.is_relative_to(excluded):
        return
    if not excluded.is_relative_to(root):
        yield root
        return
    for path in sorted(root.iterdir()):
        yield from without(path, excluded)


def open_to_all(path: Path) -> bool:
    """Whether any user may read the file `path`."""
    return bool(path.stat().st_mode & stat.S_IROTH) and all(map(passable, path.parents))


def passable(folder: Path) -> bool:
    """Whether any user may go through `folder`."""
    return bool(folder.stat().st_mode & stat.S_IXOTH)


def outsider() -> int:
    """A user id that owns nothing, and that no other child has at the same time, as far as there are so many."""
    uid = FIRST_UID + os.getpid()
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        first, _, count = map(int, line.split())
        if first <= uid < first + count:
            return uid
    return NOBODY


def leave_network() -> None:
    """Move this process and its children into namespaces without a network and without shared memory of others.

    Raises `OSError` where the machine does not let this user do so; the system call filter then stands alone.
    """
    uid, gid = os.getuid(), os.getgid()
    namespaces = kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC
    if os.geteuid() == 0:
        with suppress(OSError):
            kernel.unshare(namespaces)
            return
    kernel.unshare(namespaces | kernel.CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def confine(plan: Plan, scratch: Path, limits: Limits, trust: bool) -> None:
    """Put this process behind every wall. Raises `OSError` where one cannot be put up, unless `trust` is given."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")  # if the machine runs out of memory, this goes first
    ruleset = None
    with _tolerating(trust):
        os.open(OWN, os.O_PATH)  # stays open, so that the rule's object is not forgotten for another one
        ruleset = landlock.make_ruleset([*plan.readable, Path(OWN)], map(Path, DEVICES), [scratch])
    alone = change_user(plan, scratch)
    set_limits(limits, alone)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)  # after the change of user, which clears it
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    if ruleset is not None:
        with _tolerating(trust):
            landlock.restrict_self(ruleset)
    with _tolerating(trust):
        seccomp.restrict_self()


@contextmanager
def _tolerating(trust: bool) -> Iterator[None]:
    with suppress(*((OSError,) if trust else ())):
        yield


def change_user(plan: Plan, scratch: Path) -> bool:
    """Become the user of the plan and drop every capability; whether that user is this process's alone.

    A root that may not change users, as in some containers, stays root without capabilities.
    """
    kept = []
    alone = False
    if plan.uid is not None:
        with suppress(OSError):
            os.chown(scratch, plan.uid, plan.uid)
            kernel.prctl(kernel.PR_SET_KEEPCAPS, int(plan.reads_all))
            os.setgroups([])
            os.setresgid(plan.uid, plan.uid, plan.uid)
            os.setresuid(plan.uid, plan.uid, plan.uid)
            alone = plan.uid >= FIRST_UID
            kept = [kernel.CAP_DAC_READ_SEARCH] if plan.reads_all else []
    kernel.keep_capabilities(*kept)
    return alone


def set_limits(limits: Limits, alone: bool) -> None:
    """The limits that the kernel itself holds; the parent watches over the others."""
    hard = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits.file_mib << 20,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    if alone:  # the kernel counts all processes and threads of a user
        hard[resource.RLIMIT_NPROC] = limits.threads
    for kind, value in hard.items():
        _, ceiling = resource.getrlimit(kind)
        value = value if ceiling == resource.RLIM_INFINITY else min(value, ceiling)
        resource.setrlimit(kind, (value, value))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 5))
