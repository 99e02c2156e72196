"""The warm parent: imports TensorFlow and IPython once, never runs an op, and forks a child for every job.

It never reads a notebook, a result or a seed: a job is a scratch folder, its limits, and descriptors that it hands on
to the child. While the child runs, the parent watches what it uses; when it ends, nothing of it is left.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import autograde
from autograde import catalog
from autograde.sandbox import kernel
from autograde.sandbox.alarm import Alarms
from autograde.sandbox.confine import Plan, confine, leave_network, make_plan
from autograde.sandbox.job import Limits
from autograde.sandbox.prove import prove
from autograde.sandbox.scratch import delete
from autograde.sandbox.watch import Watch
from autograde.sandbox.wire import sender
from autograde.terms import Forbidden


@dataclass(frozen=True)
class Warm:
    """What a parent that has imported everything hands on: how a child runs its attempt, and which alarm, if any, a
    wait status tells of."""

    run: Callable[[int, int, int], NoReturn]
    what_rang: Callable[[int], str | None]


PRELOADED = (
    *("numpy", "tensorflow", "keras", "IPython", "matplotlib.pyplot", "tqdm.auto", "tqdm.notebook", "ipywidgets"),
    *("autograde.datasets", "autograde.display", "autograde.loops"),
)
TICK_MS = 20


def main(control_fd: int, folder: str, exercises: str, bare: bool) -> None:
    """Serve jobs until the trusted side goes away, then delete `folder`, which was made for this process.

    `exercises`: another folder of exercises than the package's, or "". A bare parent imports no more than it needs to
    try the walls out.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the trusted side's to answer
    control = socket.socket(fileno=control_fd)
    if exercises:
        catalog.EXERCISES = Path(exercises)
    try:
        work(control, None if bare else warm_up())
    finally:
        delete(Path(folder))


def work(control: socket.socket, warm: Warm | None) -> None:
    """Go apart from the network, and serve one job after the other."""
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    plan = make_plan()
    apart = True
    try:
        leave_network()
    except OSError:
        apart = False
    gc.collect()
    gc.freeze()  # the collector of a child leaves these objects alone, and the pages stay shared
    answer(control, {"namespaces": apart})
    while True:
        message, fds, _, _ = socket.recv_fds(control, 1 << 16, 8)
        if not message:
            return
        if fds:  # without them it is a kill that came too late
            answer(control, serve(control, json.loads(message), fds, plan, warm))


def answer(control: socket.socket, message: dict[str, Any]) -> None:
    control.send(json.dumps(message).encode())


def warm_up() -> Warm:
    """Import what submissions use, wire the alarms, and make the shell that every child inherits.

    Starts no thread and runs no op: a process that has threads must not fork.
    """
    for name in PRELOADED:
        with suppress(ImportError):
            importlib.import_module(name)
    for name in autograde.__all__:  # a child cannot read the package any more
        with suppress(ImportError):
            getattr(autograde, name)
    keras = sys.modules["keras"]
    keras.config.set_floatx("float32")  # whatever the grader's own keras.json says
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")
    for slug in catalog.slugs():
        with suppress(Exception):  # one that is being written must not keep the others from being graded
            catalog.load(slug)
    for lang in catalog.LANGUAGES:
        catalog.common(lang)
    with suppress(ImportError):
        importlib.import_module("autograde.datasets").load_fashion_mnist()
    from autograde.sandbox import child, shell

    alarms = Alarms(forbidden())
    return Warm(partial(child.run, shell=shell.make_shell(), alarms=alarms), alarms.what_rang)


def forbidden() -> Iterator[Forbidden]:
    """What any exercise forbids."""
    for slug in catalog.slugs():
        with suppress(Exception):
            yield from getattr(catalog.load(slug).about, "forbids", ())


def serve(control: socket.socket, job: dict[str, Any], fds: list[int], plan: Plan, warm: Warm | None) -> dict[str, Any]:
    """Run one job in a child; return {"status": its wait status, "cause": the limit that it passed or None, "rang": the
    alarm that ended it or None}."""
    parent, short_before, end = os.getpid(), times_short_of_memory(), os._exit
    pid = os.fork()
    if pid == 0:
        try:
            become_child(job, fds, plan, warm, parent)
        except BaseException as error:
            sender(fds[1])({"failed": f"{type(error).__name__}: {error}"[:1000]})
        finally:
            end(70)  # not by a name that student code can reach
    for fd in fds:
        os.close(fd)
    cause = wait(control, pid, Watch(pid, Path(job["scratch"]), Limits(**job["limits"])))
    for kill in (os.killpg, os.kill):  # the group does not exist before the child has made it
        with suppress(ProcessLookupError):
            kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    sweep()
    if cause is None and os.WIFSIGNALED(status) and times_short_of_memory() > short_before:
        cause = "memory_mib"
    if cause == "gone":
        delete(Path(job["scratch"]))
        sys.exit()
    return {"status": status, "cause": cause, "rang": warm and warm.what_rang(status)}


def become_child(job: dict[str, Any], fds: list[int], plan: Plan, warm: Warm | None, parent: int) -> None:
    """Go behind the walls and do the job: run the attempt, or try the walls out."""
    os.setsid()
    task, wire, terminal = fds
    for fd, standard in ((os.open(os.devnull, os.O_RDONLY), 0), (terminal, 1), (terminal, 2)):
        os.dup2(fd, standard)
    for low, high in pairwise(sorted((2, *fds, 1 << 20))):
        os.closerange(low + 1, high)
    os.chdir(job["scratch"])
    confine(plan, Path(job["scratch"]), Limits(**job["limits"]), job["trust"])
    if os.getppid() != parent:  # it died before its death could be a signal
        return
    if warm is None or "prove" in job:
        sender(wire)({"proved": prove(Path(job["prove"]["outside"]), job["prove"]["abstract"], job["prove"]["port"])})
    else:
        warm.run(task, wire, terminal)


def wait(control: socket.socket, pid: int, watch: Watch) -> str | None:
    """Wait for the child's end (None), or for a reason to end it."""
    child = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(child, select.POLLIN)
    try:
        while True:
            events = dict(poll.poll(TICK_MS))
            if child in events:
                return None
            if control.fileno() in events:
                message = control.recv(1 << 16)
                return str(json.loads(message)["kill"]) if message else "gone"
            if passed := watch.over():
                return passed
    finally:
        os.close(child)


def times_short_of_memory() -> int:
    """How often the kernel has ended a process for want of memory since it started; 0 where it does not say."""
    with suppress(OSError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def sweep() -> None:
    """End whatever a child left behind: orphans of it come to this process."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    with suppress(FileNotFoundError):  # a kernel that does not list them
        while orphans := children.read_text().split():
            for pid in map(int, orphans):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
