"""Try the walls out: run in a child that stands behind them, and report what got through."""

from __future__ import annotations

import ctypes
import mmap
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from autograde.sandbox import kernel
from autograde.sandbox.confine import PACKAGE

Report = dict[str, list[str]]
Attempts = Mapping[str, Callable[[], Any]]
_PTRACE = {kernel.X86_64: 101, kernel.AARCH64: 117}
_SHMGET = {kernel.X86_64: 29, kernel.AARCH64: 194}
_UNSHARE = {kernel.X86_64: 272, kernel.AARCH64: 97}
_IO_URING_SETUP, _PIDFD_OPEN = 425, 434


def prove(outside: Path, abstract: str, port: int) -> Report:
    """For each wall the attempts that got through. `outside`: a folder with a file "secret", open to every user;
    `abstract` and `port`: where a socket and a server on loopback listen."""
    walls = {"files": files(outside), "network": network(abstract, port), "processes": processes(), "kernel": deeper()}
    through = {
        wall: [name for name, attempt in attempts.items() if succeeds(attempt)] for wall, attempts in walls.items()
    }
    through["python"] = [name for name, need in needs().items() if not succeeds(need)]
    through["user"] = [] if os.geteuid() else ["root"]
    return through


def succeeds(attempt: Callable[[], Any]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def files(outside: Path) -> Attempts:
    secret = outside / "secret"
    return {
        "read": secret.read_bytes,
        "list": lambda: os.listdir(outside),
        "write": lambda: secret.open("ab"),
        "create": lambda: (outside / "new").open("xb"),
        "truncate": lambda: os.truncate(secret, 0),
        "empty": lambda: os.open(secret, os.O_RDONLY | os.O_TRUNC),
        "rename": lambda: secret.rename(outside / "renamed"),
        "delete": secret.unlink,
        "link": lambda: os.link(secret, "link"),
        "package": lambda: os.listdir(PACKAGE),
        "accounts": lambda: open("/etc/passwd", "rb"),
        "parent": lambda: open(f"/proc/{os.getppid()}/status", "rb"),
        "shared memory": lambda: os.open("/dev/shm/autograde", os.O_CREAT | os.O_RDWR),
    }


def network(abstract: str, port: int) -> Attempts:
    def connect(family: int, kind: int, address: Any) -> None:
        with socket.socket(family, kind) as client:
            client.settimeout(1)
            client.connect(address)

    return {
        "tcp": lambda: connect(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", port)),
        "udp": lambda: connect(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", port)),
        "tcp6": lambda: connect(socket.AF_INET6, socket.SOCK_STREAM, ("::1", port)),
        "abstract": lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + abstract),
        "datagram pair": lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM),
    }


def processes() -> Attempts:
    def fork() -> None:
        if os.fork() == 0:
            os._exit(0)

    return {
        "signal": lambda: os.kill(os.getppid(), 0),
        "signal all": lambda: os.kill(-1, 0),
        "fork": fork,
        "execute": lambda: os.execv("/bin/true", ["true"]),
        "session": os.setsid,
        "handle": lambda: kernel.syscall(_PIDFD_OPEN, os.getppid(), 0),
    }


def deeper() -> Attempts:
    if kernel.MACHINE not in _PTRACE:
        return {"an unknown processor": lambda: None}
    return {
        "trace": lambda: kernel.syscall(_PTRACE[kernel.MACHINE], 16, os.getppid(), None, None),
        "shared segment": lambda: kernel.syscall(_SHMGET[kernel.MACHINE], 0, 4096, 0o1600),
        "namespace": lambda: kernel.syscall(_UNSHARE[kernel.MACHINE], kernel.CLONE_NEWUSER),
        "io_uring": lambda: kernel.syscall(_IO_URING_SETUP, 1, ctypes.create_string_buffer(120)),
        "memory file": lambda: os.memfd_create("memory"),
    }


def needs() -> Attempts:
    """What has to work all the same."""

    def stream_pair() -> None:
        for end in socket.socketpair():
            end.close()

    return {
        "library": lambda: open(os.__file__, "rb").close(),
        "scratch": lambda: Path("proof").write_text("proof"),
        "memory": lambda: mmap.mmap(-1, 1 << 20).close(),
        "stream pair": stream_pair,
        "own signal": lambda: os.kill(os.getpid(), 0),
    }
