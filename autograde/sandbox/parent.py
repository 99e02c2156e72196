"""The trusted side's hold on its warm parent: starts it, gives it jobs, reads what the children send."""

from __future__ import annotations

import fcntl
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any

from autograde.sandbox.job import Attempt, Limits
from autograde.sandbox.scratch import delete, scratch_folder
from autograde.sandbox.tally import RANG
from autograde.sandbox.wire import BadFrameError, Frame, Reader

GRACE = 2.0  # seconds between the interruption that a child can see and the kill that it cannot
PATIENCE = 30.0  # seconds for a parent to end a child and say so, on a machine that is busy with others
START = 180.0  # seconds for a parent to import TensorFlow from a slow disk
_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from autograde.sandbox import warm; "
    "warm.main(int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5] == 'bare')"
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
Take = Callable[[Frame], bool]


class ParentDiedError(RuntimeError):
    """The warm parent is gone: not a submission's doing, but the machine's or ours."""


class Parent:
    """One warm parent process. `bare`: without TensorFlow, good for nothing but trying the walls out."""

    def __init__(self, exercises: str | None = None, bare: bool = False) -> None:
        self._exercises = exercises
        self._bare = bare
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket
        self._errors: IO[bytes]
        self._home: Path

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> dict[str, Any]:
        """Start the process; what it says of itself. Raises `ParentDiedError`."""
        self.close()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        self._home = Path(tempfile.mkdtemp(prefix=f"autograde-{os.getpid()}-warm-"))
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        path = json.dumps([os.path.abspath(one) for one in sys.path])
        kind = "bare" if self._bare else "warm"
        arguments = [path, str(theirs.fileno()), str(self._home), self._exercises or "", kind]
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-s", "-c", _BOOT, *arguments],
                env=environment(str(self._home)),
                cwd=self._home,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        return self._hear(START)

    def run(self, attempt: Attempt, seconds: float, take: Take, trust: bool) -> str:
        """Do `attempt` in a child; what ended it: a limit, a signal or an exit status. Raises `ParentDiedError`.

        It has at most `seconds`, and at most the limit between one frame that `take` calls a new step and the next. It
        is not handed the inputs for its looks before the cells are done.
        """
        without = replace(attempt, task=replace(attempt.task, cases={slug: {} for slug in attempt.task.cases}))
        task = pickle.dumps(without) + pickle.dumps(attempt.task.cases)
        return self._child({"trust": trust}, attempt.limits, task, take, seconds)

    def prove(self, targets: dict[str, Any]) -> dict[str, list[str]]:
        """Try the walls out in a child; for each wall what got through. Raises `ParentDiedError`."""
        told: list[Frame] = []

        def take(frame: Frame) -> bool:
            told.append(frame)
            return False

        ended = self._child({"trust": True, "prove": targets}, Limits(), b"", take, START)
        if not told or "proved" not in told[0].header:
            raise ParentDiedError(f"the walls could not be tried out: {told[0].header if told else ended}")
        proved: dict[str, list[str]] = told[0].header["proved"]
        return proved

    def _child(self, job: dict[str, Any], limits: Limits, task: bytes, take: Take, seconds: float) -> str:
        with scratch_folder() as scratch, _pipe() as (receive, send), _file(task) as given, _file() as terminal:
            job |= {"scratch": str(scratch), "limits": asdict(limits)}
            fds = [given.fileno(), send.fileno(), terminal.fileno()]
            try:
                socket.send_fds(self._control, [json.dumps(job).encode()], fds)
                send.close()
                cause = follow(receive, limits.seconds + GRACE, time.monotonic() + seconds, take)
                if cause is None and not readable(self._control.fileno(), GRACE):
                    cause = "wire"  # it closed its end and lives on
                if cause:
                    self._control.send(json.dumps({"kill": cause}).encode())
                answer = self._hear(PATIENCE)  # one for each job, or the next job would hear it
            except BaseException:  # Ctrl-C among them: a child whose end nobody heard of must not live on
                self.close()
                raise
            return cause or how(answer)

    def _hear(self, seconds: float) -> dict[str, Any]:
        self._control.settimeout(seconds)
        try:
            data = self._control.recv(1 << 16)
        except OSError as error:
            raise ParentDiedError(f"no answer from the warm parent: {error}") from None
        if not data:
            self._errors.seek(max(0, self._errors.seek(0, os.SEEK_END) - 500))
            raise ParentDiedError(f"the warm parent ended: {self._errors.read().decode('utf-8', 'replace')}".strip())
        message: dict[str, Any] = json.loads(data)
        return message

    def close(self) -> None:
        """End the process and its child, if there is one."""
        if self._process is None:
            return
        self._control.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        self._errors.close()
        delete(self._home)


def follow(receive: IO[bytes], seconds: float, ends: float, take: Take) -> str | None:
    """Read a child's frames until it closes the wire (None) or has to go (why)."""
    reader = Reader()
    deadline = time.monotonic() + seconds
    while True:
        left = min(deadline, ends) - time.monotonic()
        if left <= 0:
            return "seconds" if deadline <= ends else "total_seconds"
        if not readable(receive.fileno(), left):
            continue
        data = os.read(receive.fileno(), 1 << 20)
        if not data:
            return None
        try:
            for frame in reader.feed(data):
                if take(frame):
                    deadline = time.monotonic() + seconds
        except BadFrameError:
            return "wire"


def readable(fd: int, seconds: float) -> bool:
    """Whether there is something to read, or the other end is closed, within `seconds`."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def environment(home: str) -> dict[str, str]:
    """The whole environment of the warm parent: of the grader's own, only where its caches and data are."""
    user = Path.home()
    given = {
        "KERAS_HOME": os.environ.get("KERAS_HOME") or str(user / ".keras"),
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME") or str(user / ".cache"),  # matplotlib's list of fonts
    }
    zone = {"TZ": os.environ["TZ"]} if "TZ" in os.environ else {}
    return _CLEAN | given | zone | {"HOME": home, "TMPDIR": home}


def how(message: dict[str, Any]) -> str:
    """The limit, the alarm, the signal or the exit status that ended a child."""
    if message["cause"]:
        return str(message["cause"])
    if message["rang"]:
        return f"{RANG}{message['rang']}"
    code = os.waitstatus_to_exitcode(int(message["status"]))
    if code == -signal.SIGXCPU:
        return "cpu_seconds"
    if code >= 0:
        return f"exit {code}"
    return signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"


@contextmanager
def _pipe() -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    receive, send = os.pipe()
    with open(receive, "rb", buffering=0) as reading, open(send, "wb", buffering=0) as writing:
        yield reading, writing


@contextmanager
def _file(content: bytes = b"") -> Iterator[IO[bytes]]:
    """A file without a name, opened for appending."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        fcntl.fcntl(file, fcntl.F_SETFL, os.O_APPEND)
        yield file
