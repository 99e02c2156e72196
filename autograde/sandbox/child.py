"""The confined child: runs a submission's cells, then looks at each exercise, and sends what it saw.

Everything here runs in one process with student code, which may patch what it likes: nothing in this process is
trusted by anyone. It holds inputs, no answers, and ends with `os._exit` so that no exit hook runs.
"""

from __future__ import annotations

import json
import os
import pickle
import random
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, NoReturn

import numpy as np

from autograde import catalog
from autograde.observe import Cases, TooLargeError, describe, observe, to_bytes
from autograde.sandbox.alarm import Alarms
from autograde.sandbox.job import Attempt, Cell
from autograde.sandbox.pristine import Pristine
from autograde.sandbox.shell import GradingShell, Recorder, Stream
from autograde.sandbox.wire import MAX_BODY, encode_raised, sender
from autograde.terms import Exercise, Observation, Raised


class Late(KeyboardInterrupt):
    """The time of a cell or probe is over."""


def run(task: int, wire: int, terminal: int, shell: GradingShell, alarms: Alarms) -> NoReturn:
    """Read an attempt from the descriptor `task`, do its steps and leave; what is seen goes to `wire`.

    A cell that raises, or that can be interrupted, does not stop the next.
    """
    status, end = 70, os._exit
    try:
        with os.fdopen(task, "rb") as file:
            attempt = pickle.load(file)  # written by the trusted side, and read before any student code runs
            inputs = file.read()
        settle_in(attempt.task.env)
        Runner(attempt, wire, terminal, shell, alarms).run(lambda: pickle.loads(inputs))
        status = 0
    finally:
        end(status)


def settle_in(env: Mapping[str, str]) -> None:
    """Make the scratch folder, where this process stands, the home of everything that would write elsewhere."""
    here = os.getcwd()
    del os.environ["XDG_CACHE_HOME"]
    os.environ.update({"HOME": here, "TMPDIR": here, "MPLCONFIGDIR": here, "USER": "student"} | dict(env))
    tempfile.tempdir = None
    sys.path.insert(0, "")
    seed_everything()


class Runner:
    """Runs the steps of one attempt in this process."""

    def __init__(self, attempt: Attempt, wire: int, terminal: int, shell: GradingShell, alarms: Alarms) -> None:
        self.attempt = attempt
        self.shell = shell
        self.send = sender(wire)
        self.terminal = terminal
        self.alarms = alarms
        self.recorder = shell.recorder = Recorder(attempt.limits.output_kib << 10, flooded(self.send))
        self.late: set[str] = set()
        entries = [catalog.load(slug) for slug in attempt.task.cases]
        self.exercises = {one.id: (one.about, one.probe) for one in entries if isinstance(one.about, Exercise)}
        self.course = Pristine("autograde", [entry.module for entry in entries])
        shell.no_commands = " ".join(catalog.common(attempt.task.lang).get("sandbox", "no_commands"))
        sys.stdout, sys.stderr = Stream("stdout", self.recorder), Stream("stderr", self.recorder)

    def run(self, cases: Callable[[], Mapping[str, Cases]]) -> None:
        """Do the steps; `cases` gives the inputs for the looks, once the cells are done."""
        inputs: Mapping[str, Cases] = {}
        for number, step in enumerate(self.attempt.steps()):
            if isinstance(step, Cell):
                self.send({"begin": number})
                self.run_cell(number, step)
                continue
            if self.attempt.armed:
                self.alarms.arm(self.exercises[step][0].forbids)
            self.course.restore()
            inputs = inputs or cases()
            self.send({"begin": number})
            self.probe(number, step, inputs[step])
        self.send({"done": True})

    def run_cell(self, number: int, cell: Cell) -> None:
        """Run one cell as a notebook does; send its outputs and how it ended."""
        self.recorder.start()
        late, result = self.timed(lambda: self.shell.run_cell(cell.source, store_history=True))
        error = None if result is None else result.error_before_exec or result.error_in_exec
        if late and cell.exercise:
            self.late.add(cell.exercise)
        header = {"end": number, "late": late, "raised": encode_raised(told(error)) if error is not None else None}
        self.read_terminal()
        outputs = self.recorder.finish()
        body = json.dumps(outputs, default=str).encode()
        self.send(header, body if len(body) <= MAX_BODY else b"[]")

    def probe(self, number: int, slug: str, cases: Cases) -> None:
        """Look at one exercise; send the observation."""
        exercise, look = self.exercises[slug]
        self.recorder.start()
        late, seen, send = slug in self.late, None, self.send

        def notice(case: str, name: str) -> None:
            send({"noticed": [case, name]})

        if not late:
            seed_everything()
            late, seen = self.timed(lambda: observe(look, self.shell.user_ns, exercise.asks_for, cases, notice))
        try:
            body = to_bytes(seen or Observation())
        except TooLargeError as error:
            body = to_bytes(Observation(raised={next(iter(cases), ""): describe(error)}))
        self.send({"end": number, "late": late}, body)

    def timed(self, call: Callable[[], Any]) -> tuple[bool, Any]:
        """Whether the time ran out, and what `call` returned. The interruption is soft: code that swallows it, or that
        never comes back to Python, is ended from outside a moment later."""
        late = False

        def ring(number: int, frame: FrameType | None) -> None:
            nonlocal late
            late = True
            raise Late

        try:
            signal.signal(signal.SIGALRM, ring)
            signal.setitimer(signal.ITIMER_REAL, self.attempt.limits.seconds)
            result = call()
            signal.setitimer(signal.ITIMER_REAL, 0)
        except BaseException:  # student code runs here; what it throws past IPython is its own outcome
            signal.setitimer(signal.ITIMER_REAL, 0)
            return late, None
        return late, result

    def read_terminal(self) -> None:
        """Add what C code wrote to the standard descriptors, which Python's streams do not see (`tf.print`)."""
        size = os.lseek(self.terminal, 0, os.SEEK_END)
        if size:
            text = os.pread(self.terminal, self.recorder.room, 0).decode("utf-8", "replace")
            os.ftruncate(self.terminal, 0)
            self.recorder.write("stderr", text)


def flooded(send: Callable[..., None]) -> Callable[[], NoReturn]:
    """What ends a child whose output will not stop."""

    def end() -> NoReturn:
        send({"over": "output_kib"})
        os._exit(0)

    return end


def told(error: BaseException) -> Raised:
    """An exception with its place; a syntax error names its place itself."""
    raised = describe(error)
    if isinstance(error, SyntaxError):
        return Raised(raised.type, str(error.msg)[:1000], error.lineno, (error.text or "").strip()[:200])
    return raised


def seed_everything() -> None:
    """The same random numbers in every run, whatever the cells before drew or patched."""
    random.seed(0)
    np.random.seed(0)
    keras = sys.modules.get("keras")
    if keras is not None:
        keras.utils.set_random_seed(0)
