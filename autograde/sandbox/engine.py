"""The trusted side: owns one warm parent and turns a task into findings."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from autograde import catalog, observe
from autograde.sandbox.job import Attempt, Finding, Findings, Limits, Reason, Task
from autograde.sandbox.parent import Parent, ParentDiedError
from autograde.sandbox.walls import REQUIRED, try_out
from autograde.sandbox.wire import BadFrameError, Frame, decode, decode_raised
from autograde.terms import Raised

MAX_OUTPUTS = 64 << 20  # bytes of outputs kept of one submission
_TIMES = ("seconds", "total_seconds", "cpu_seconds")
_MEMORY = ("memory_mib", "SIGKILL")  # a SIGKILL that is not ours is the kernel's, out of memory


class Unsafe(RuntimeError):  # noqa: N818 - a state of the machine, and the contract's word for it
    """This machine cannot wall off what student code must not reach; `missing` names the walls."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


class Engine:
    """Runs tasks in children of one warm parent process, which starts with the first task (about 3 s).

    Not for several threads at once; an engine for each thread is fine. `exercises`: another folder of exercises than
    the package's own.
    """

    def __init__(self, limits: Limits | None = None, trust: bool = False, exercises: str | None = None) -> None:
        self.limits = limits or Limits()
        self.trust = trust
        self._parent = Parent(exercises)

    def start(self) -> None:
        """Start the warm parent unless it runs. Raises `Unsafe` where student code could reach what it must not."""
        if self._parent.running:
            return
        try:
            standing = try_out(self._parent)
        except ParentDiedError:
            self._parent.close()
            raise
        missing = tuple(name for name in REQUIRED if standing.through[name])
        if missing and not self.trust:
            self._parent.close()
            raise Unsafe(missing)

    def run(self, task: Task) -> Findings:
        """What is seen of `task`. Never raises for what student code does; raises `Unsafe` where walls are missing."""
        self.start()
        started = time.monotonic()
        work = _Work(task)
        for _ in range(len(task.cases) + 3):
            left = self.limits.total_seconds - (time.monotonic() - started)
            attempt = Attempt(task, self.limits, frozenset(work.skip), work.open())
            progress = Progress(work, tuple(attempt.steps()))
            try:
                ended = self._parent.run(attempt, left, progress.take, self.trust)
            except ParentDiedError as died:
                self._parent.close()
                work.error = ("internal", str(died))
                break
            if work.settle(progress, progress.over or ended):
                break
        work.give_up()
        return Findings(work.found, work.outputs, time.monotonic() - started, work.error)

    def close(self) -> None:
        """End the warm parent and whatever runs in it."""
        self._parent.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


@dataclass
class _Work:
    """What is known of one task so far. An attempt that ends early leaves a culprit, and the next goes without it."""

    task: Task
    found: dict[str, Finding] = field(default_factory=dict)
    outputs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    raised: dict[str, Raised] = field(default_factory=dict)
    skip: set[str] = field(default_factory=set)
    error: tuple[str, str] | None = None
    last: Finding = field(default_factory=lambda: Finding(reason="crash"))
    _kept: int = 0

    def open(self) -> tuple[str, ...]:
        return tuple(slug for slug in self.task.cases if slug not in self.found)

    def settle(self, progress: Progress, ended: str) -> bool:
        """Take in how far an attempt came and what ended it; True when nothing is left to try."""
        culprit = progress.current
        if culprit is None:
            return True
        self.last = Finding(reason=reason(ended), detail=ended)
        if not progress.began:
            if self.last.reason == "crash":
                self.error = ("internal", f"the child did not start: {progress.failed or ended}")
            return True
        kind, id = culprit
        if kind == "probe":
            self.found.setdefault(id, self.last)
        else:
            self.leave_out(id)
        return ended == "total_seconds" or not self.open()

    def leave_out(self, id: str) -> None:
        """Go on without this cell; an exercise whose answer it is has the reason."""
        self.skip.add(id)
        self.outputs.setdefault(id, [self._said(self.last.reason or "crash")])
        for cell in self.task.cells:
            if cell.id == id and cell.exercise in self.task.cases:
                self.found.setdefault(str(cell.exercise), self.last)

    def give_up(self) -> None:
        """Whatever was not looked at has the reason of the last end."""
        for slug in self.open():
            self.found[slug] = self.last

    def keep(self, id: str, body: bytes) -> None:
        outputs = decode(body)
        if isinstance(outputs, list) and self._kept + len(body) <= MAX_OUTPUTS:
            self._kept += len(body)
            self.outputs.setdefault(id, [output for output in outputs if valid_output(output)])

    def _said(self, reason: Reason) -> dict[str, Any]:
        """The output of a cell that was stopped and is left out from then on."""
        text = " ".join(catalog.common(self.task.lang).get("sandbox", f"cell_{reason}"))
        return {"output_type": "error", "ename": reason, "evalue": text, "traceback": [text]}


class Progress:
    """The steps of one attempt as its frames tell them. Frames out of turn are ignored: they earn nothing."""

    def __init__(self, work: _Work, steps: tuple[tuple[str, str], ...]) -> None:
        self.work = work
        self.steps = steps
        self.at = -1
        self.ended = False
        self.over: str | None = None
        self.failed = ""

    @property
    def began(self) -> bool:
        return self.at >= 0

    @property
    def current(self) -> tuple[str, str] | None:
        """The step at which the attempt ended, None when it did all of them."""
        at = self.at + 1 if self.ended else max(self.at, 0)
        return self.steps[at] if at < len(self.steps) else None

    def take(self, frame: Frame) -> bool:
        """Take in a frame; True when a new step begins. Raises `BadFrameError` for what is none of ours."""
        header = frame.header
        if header.get("over") == "output_kib":
            self.over = "output_kib"
        elif "failed" in header:
            self.failed = str(header["failed"])
        elif "begin" in header and header["begin"] == self.at + 1 < len(self.steps):
            self.at, self.ended = self.at + 1, False
            return True
        elif "end" in header and header["end"] == self.at and not self.ended:
            self.ended = True
            self._end(header, frame.body)
        return False

    def _end(self, header: Mapping[str, Any], body: bytes) -> None:
        kind, id = self.steps[self.at]
        late = Finding(reason="timeout", detail="seconds")
        work = self.work
        if kind == "probe":
            finding = late if header.get("late") else self._seen(id, body)
            work.found.setdefault(id, finding)
            return
        work.keep(id, body)
        for slug in (cell.exercise for cell in work.task.cells if cell.id == id and cell.exercise):
            raised = decode_raised(header.get("raised"))
            if header.get("late") and slug in work.task.cases:
                work.found.setdefault(slug, late)
            elif raised:
                work.raised[slug] = raised

    def _seen(self, slug: str, body: bytes) -> Finding:
        try:
            return Finding(observe.from_bytes(body), raised=self.work.raised.get(slug))
        except ValueError:
            raise BadFrameError("not an observation") from None


def reason(detail: str) -> Reason:
    """The reason that stands behind a limit's name, a signal or an exit status."""
    return "timeout" if detail in _TIMES else "memory" if detail in _MEMORY else "crash"


def valid_output(output: Any) -> bool:
    """Whether `output` has the form of an nbformat output; what it says is nobody's word but the student's."""
    if not isinstance(output, dict):
        return False
    match output.get("output_type"):
        case "stream":
            return output.get("name") in ("stdout", "stderr") and isinstance(output.get("text"), str)
        case "error":
            lines = output.get("traceback")
            texts = [output.get("ename"), output.get("evalue"), *(lines if isinstance(lines, list) else [None])]
            return all(isinstance(text, str) for text in texts)
        case "display_data" | "execute_result":
            return isinstance(output.get("data"), dict) and isinstance(output.get("metadata"), dict)
    return False
