"""The trusted side's hold on its warm parent: starts it, gives it jobs, reads what the children send."""

from __future__ import annotations

import json
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from autograde.sandbox.job import Attempt
from autograde.sandbox.scratch import scratch_folder
from autograde.sandbox.wire import BadFrame, Reader

if TYPE_CHECKING:
    from autograde.sandbox.engine import Progress

GRACE = 2.0  # seconds between the interruption that a child can see and the kill that it cannot
START = 180.0  # seconds for a parent to import TensorFlow on a slow disk
_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from autograde.sandbox import warm; warm.main(sys.argv)"
)
_CLEAN = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "NBGRADER_EXECUTION": "autograde",
    "KERAS_BACKEND": "tensorflow",
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # one thread for each kernel: sums in one order, so that the same answer gives the same arrays
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
_HANDED_ON = ("KERAS_HOME", "TZ")


class ParentDied(RuntimeError):
    """The warm parent is gone: not a submission's doing, but the machine's or ours."""


@dataclass(frozen=True)
class Ended:
    """How one attempt ended: which step it had come to, and the limit, signal or exit status that ended it."""

    progress: Progress
    detail: str


class Parent:
    """One warm parent process, started when it is first needed."""

    def __init__(self, exercises: str | None = None) -> None:
        self._exercises = exercises
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def start(self) -> dict[str, Any]:
        """Start the process unless it runs; what it says of itself."""
        self._home = tempfile.TemporaryDirectory(prefix="autograde-warm-")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        arguments = [json.dumps([os.path.abspath(path) for path in sys.path]), str(theirs.fileno())]
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-s", "-c", _BOOT, *arguments, self._exercises or ""],
                env=environment(self._home.name),
                cwd=self._home.name,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._control = ours
        return self._hear(START)

    def run(self, attempt: Attempt, seconds: float, progress: Progress) -> Ended:
        """Do `attempt` in a child, for at most `seconds`. Raises `ParentDied`."""
        if self._process is None:
            self.start()
        with scratch_folder() as scratch, _pipe() as (receive, send), tempfile.TemporaryFile() as task:
            pickle.dump(attempt, task)
            task.seek(0)
            job = json.dumps({"scratch": str(scratch), "limits": asdict(attempt.limits)}).encode()
            assert self._control is not None
            try:
                socket.send_fds(self._control, [job], [task.fileno(), send.fileno()])
            except OSError as error:
                raise ParentDied(str(error)) from None
            send.close()
            cause = self._follow(receive, attempt.limits.seconds + GRACE, time.monotonic() + seconds, progress)
            if cause is None and not select.select([self._control], [], [], GRACE)[0]:
                cause = "wire"  # it closed its end and lives on
            if cause:
                self._tell({"kill": cause})
            answer = self._hear(GRACE * 5)
            return Ended(progress, cause or progress.over or how(answer))

    def _follow(self, receive: IO[bytes], seconds: float, ends: float, progress: Progress) -> str | None:
        """Read the child's frames until it is gone (None) or has to go (why)."""
        reader = Reader()
        deadline = time.monotonic() + seconds
        poll = select.poll()
        poll.register(receive, select.POLLIN)
        while True:
            left = min(deadline, ends) - time.monotonic()
            if left <= 0:
                return "seconds" if deadline <= ends else "total_seconds"
            if not poll.poll(left * 1000):
                continue
            data = os.read(receive.fileno(), 1 << 20)
            if not data:
                return None
            try:
                for frame in reader.feed(data):
                    if progress.take(frame):
                        deadline = time.monotonic() + seconds
            except BadFrame:
                return "wire"

    def _tell(self, message: dict[str, Any]) -> None:
        assert self._control is not None
        with suppress(OSError):
            self._control.send(json.dumps(message).encode())

    def _hear(self, seconds: float) -> dict[str, Any]:
        assert self._control is not None
        self._control.settimeout(seconds)
        try:
            data = self._control.recv(1 << 16)
        except OSError as error:
            raise ParentDied(str(error)) from None
        if not data:
            raise ParentDied("the warm parent ended")
        message: dict[str, Any] = json.loads(data)
        return message

    def close(self) -> None:
        """End the process and its child, if there is one."""
        if self._process is None or self._control is None:
            return
        self._control.close()
        try:
            self._process.wait(GRACE * 5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = self._control = None
        self._home.cleanup()


def environment(home: str) -> dict[str, str]:
    """The whole environment of the warm parent: nothing of the grader's but where the data are."""
    given = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return _CLEAN | given | {"HOME": home, "TMPDIR": home, "XDG_CACHE_HOME": cache}


def how(message: dict[str, Any]) -> str:
    """The limit, the signal or the exit status that ended a child."""
    if message.get("cause"):
        return str(message["cause"])
    status = int(message["status"])
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return "cpu_seconds" if number == signal.SIGXCPU else signal.Signals(number).name
    return f"exit {os.waitstatus_to_exitcode(status)}"


@contextmanager
def _pipe() -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    receive, send = os.pipe()
    with open(receive, "rb", buffering=0) as reading, open(send, "wb", buffering=0) as writing:
        yield reading, writing
