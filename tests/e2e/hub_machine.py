"""A server of its own for the hub: another view of this machine's files, with users who exist in it only.

`unshare` gives a process tree its own mounts and process ids. In them `/etc`, `/home`, `/opt` and `/srv` are copies or
empty, so that users can be made and files written as on a real server; when the tree ends, all of it is gone. The
network is this machine's: a browser outside sees the hub. Needs root, and a machine that lets root do this.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.e2e.servers import ROOT

PROXY = "configurable-http-proxy@4.6.3"  # what docs/server.md installs
PROGRAMS = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
UNSHARE = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private")


def obstacle() -> str:
    """Why no such server can be made here; empty where it can."""
    if os.getuid() != 0:
        return "only root can make users and let a hub act for them"
    tried = subprocess.run([*UNSHARE, "true"], capture_output=True, text=True)
    return tried.stderr.strip() if tried.returncode else ""


def proxy() -> Path:
    """The hub's proxy from npm, installed beside the environment when it is first needed."""
    folder = Path(sys.prefix) / "proxy"
    if not (folder / "node_modules" / ".bin" / "configurable-http-proxy").exists():
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), PROXY]
        subprocess.run(command, check=True, capture_output=True)
    return folder


@dataclass(frozen=True)
class Machine:
    """The server. `process` is the first of its processes, seen from outside; `going` is left when it has ended."""

    process: int
    going: ExitStack

    def command(self, user: str, line: str) -> list[str]:
        """What runs a line of the shell there, as a user who has just logged in.

        In a session of its own: a program that signals its process group must not reach out of the server.
        """
        login = ["runuser", "--login", user, "--command", line] if user != "root" else ["bash", "--login", "-c", line]
        clean = f"setsid --wait env -i HOME=/root PATH={PROGRAMS} LC_ALL=C.UTF-8".split()
        return ["nsenter", f"--target={self.process}", "--mount", "--pid", *clean, *login]

    def run(self, user: str, line: str, input: str | None = None) -> str:
        """Run a line; what it printed. It has to succeed."""
        done = self.attempt(user, line, input)
        assert done.returncode == 0, f"{user}: {line}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def attempt(self, user: str, line: str, input: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(user, line), input=input or "", capture_output=True, text=True)

    def write(self, user: str, path: str, text: str) -> None:
        self.run(user, f"mkdir -p {shlex.quote(str(Path(path).parent))} && cat > {shlex.quote(path)}", text)

    def start(self, user: str, line: str) -> IO[str]:
        """Start a line that goes on until the server ends; what it says."""
        output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        started = self.going.enter_context(
            subprocess.Popen(self.command(user, line), stdin=subprocess.DEVNULL, **output)
        )
        assert started.stdout is not None
        return started.stdout


@contextmanager
def machine() -> Iterator[Machine]:
    """A server with `/opt/course` and `/opt/proxy` as docs/server.md installs them, and in `/opt/clone`, for root only,
    what the teacher has of the course's sources."""
    started = subprocess.Popen(
        [*UNSHARE, "bash", "-euc", _script(proxy())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert started.stdin is not None
    assert started.stdout is not None
    with ExitStack() as going:
        try:
            assert started.stdout.readline() == "ready\n"
            child = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()
            yield Machine(int(child[0]), going)
        finally:
            started.stdin.close()  # the first process waits for this, and takes all others with it
            started.wait()
            started.stdout.close()


def _script(proxy: Path) -> str:
    """Put the places of a real server where they belong. Nothing of this repository is there but the package."""
    lines = [
        "keep=$(mktemp -d)",
        "mount -t tmpfs -o mode=0700 keep $keep",
        "cp -a /etc $keep/etc",
        f"mkdir $keep/clone && cp -a {shlex.quote(str(ROOT / 'solutions'))} $keep/clone",
        *(
            f"mkdir $keep/{name} && mount --bind {shlex.quote(path)} $keep/{name}"
            for name, path in _kept(proxy).items()
        ),
        "mount --bind $keep/etc /etc",
        "for place in /home /opt /srv /mnt; do mount -t tmpfs -o mode=0755 place $place; done",
        *(f"mount -t tmpfs -o mode=0755 hidden {shlex.quote(str(place))}" for place in _hidden()),
        *(
            f"mkdir -p {shlex.quote(path)} && mount --bind $keep/{name} {shlex.quote(path)}"
            for name, path in _kept(proxy).items()
        ),
        f"ln -s {shlex.quote(sys.prefix)} /opt/course && ln -s {shlex.quote(str(proxy))} /opt/proxy",
        "mv $keep/clone /opt/clone && chmod 0700 /opt/clone",
        "echo ready",
        "read -r _ || true",
    ]
    return "\n".join(lines)


def _kept(proxy: Path) -> dict[str, str]:
    """What students' programs need of this machine, which may lie in folders that are closed to them."""
    places = {"python": sys.base_prefix, "course": sys.prefix, "package": str(ROOT / "autograde"), "proxy": str(proxy)}
    return {name: str(Path(path).resolve()) for name, path in places.items()}


def _hidden() -> list[Path]:
    """Folders to be covered: this repository, and whatever is closed on the way to what is kept."""
    closed = {ROOT}
    for path in map(Path, _kept(proxy()).values()):
        closed |= {parent for parent in path.parents if parent != Path("/") and not os.stat(parent).st_mode & 0o001}
    return sorted(place for place in closed if not any(other in place.parents for other in closed))
