"""The warm parent: imports TensorFlow and IPython once, never runs an op, and forks a child for every job.

It never reads a notebook, a result or a seed: a job is a scratch folder, a few limits and descriptors that it hands on
to the child. While the child runs, the parent watches over what it uses.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from autograde import catalog

PRELOADED = (
    "numpy",
    "tensorflow",
    "keras",
    "IPython",
    "matplotlib.pyplot",
    "tqdm.auto",
    "tqdm.notebook",
    "autograde.datasets",
    "autograde.door",
)
TICK_MS = 20
SUBREAPER = 36  # prctl


def main(arguments: list[str]) -> None:
    """Serve jobs until the trusted side goes away. `arguments`: -, sys.path, control socket, folder of exercises."""
    control, exercises = socket.socket(fileno=int(arguments[2])), arguments[3]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if exercises:
        catalog.EXERCISES = Path(exercises)
    shell = warm_up()
    control.send(json.dumps({"ready": threads_of(os.getpid())}).encode())
    while True:
        message, fds, _, _ = socket.recv_fds(control, 1 << 16, 8)
        if not message:
            return
        if fds:  # a job; without them, a kill that came too late
            control.send(json.dumps(serve(control, shell, json.loads(message), fds)).encode())


def warm_up() -> Any:
    """Import what submissions use, and make the shell that every child inherits."""
    for name in PRELOADED:
        with suppress(ImportError):
            importlib.import_module(name)
    from autograde.sandbox import child, shell

    for entry in catalog.entries():
        entry.id  # noqa: B018 - loads it
    for lang in catalog.LANGUAGES:
        catalog.common(lang)
    made = shell.make_shell()
    assert child
    gc.collect()
    gc.freeze()
    return made


def serve(control: socket.socket, shell: Any, job: dict[str, Any], fds: list[int]) -> dict[str, Any]:
    """Run one job in a child; return how it ended: {"status": wait status, "cause": the limit that was met or None}."""
    from autograde.sandbox import child

    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            control.close()
            task, wire = fds
            os.chdir(job["scratch"])
            terminal = os.open(".", os.O_TMPFILE | os.O_RDWR | os.O_APPEND, 0o600)
            null = os.open(os.devnull, os.O_RDONLY)
            for fd, standard in ((null, 0), (terminal, 1), (terminal, 2)):
                os.dup2(fd, standard)
            child.run(child.read_attempt(task), wire, terminal, shell)
        finally:
            os._exit(70)
    for fd in fds:
        os.close(fd)
    return watch(control, pid, job)


def watch(control: socket.socket, pid: int, job: dict[str, Any]) -> dict[str, Any]:
    import select

    poll = select.poll()
    pidfd = os.pidfd_open(pid)
    poll.register(control, select.POLLIN)
    poll.register(pidfd, select.POLLIN)
    cause = None
    while True:
        events = dict(poll.poll(TICK_MS))
        if pidfd in events:
            break
        if control.fileno() in events:
            message = control.recv(1 << 16)
            cause = json.loads(message)["kill"] if message else "gone"
            break
        cause = over(pid, job)
        if cause:
            break
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.close(pidfd)
    _, status = os.waitpid(pid, 0)
    if cause == "gone":
        sys.exit()
    return {"status": status, "cause": cause}


def over(pid: int, job: dict[str, Any]) -> str | None:
    used = 0
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        key, _, value = line.partition(":")
        if key in ("RssAnon", "RssShmem", "VmSwap", "VmPTE"):
            used += int(value.split()[0])
        elif key == "Threads" and int(value) > job["limits"]["threads"]:
            return "threads"
    return "memory_mib" if used > job["limits"]["memory_mib"] << 10 else None


def threads_of(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/task"))
