"""The trusted side: owns one warm parent and turns a task into findings."""

from __future__ import annotations

import time
from types import TracebackType

from autograde.sandbox.job import Findings, Limits, Task
from autograde.sandbox.parent import Parent, ParentDiedError
from autograde.sandbox.tally import Progress, Tally
from autograde.sandbox.walls import REQUIRED, try_out


class Unsafe(RuntimeError):  # noqa: N818 - a state of the machine, and the contract's word for it
    """This machine cannot wall off what student code must not reach; `missing` names the walls."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(missing)
        self.missing = missing

    def __str__(self) -> str:
        return ", ".join(self.missing)


class Engine:
    """Runs tasks in children of one warm parent process, which starts with the first task (about 3 s).

    Not for several threads at once; an engine for each thread is fine. `trust`: run also where walls are missing.
    `exercises`: another folder of exercises than the package's own.
    """

    def __init__(self, limits: Limits | None = None, trust: bool = False, exercises: str | None = None) -> None:
        self.limits = limits or Limits()
        self.trust = trust
        self._parent = Parent(exercises)

    def start(self) -> None:
        """Start the warm parent unless it runs, and try its walls out.

        Raises `Unsafe` where student code could reach what it must not, `ParentDiedError` where the parent does not
        start at all.
        """
        if self._parent.running:
            return
        standing = try_out(self._parent)
        missing = tuple(name for name in REQUIRED if standing.through[name])
        if missing and not self.trust:
            self._parent.close()
            raise Unsafe(missing)

    def run(self, task: Task) -> Findings:
        """What is seen of `task`. Never raises for what student code does; raises `Unsafe` where walls are missing.

        An attempt that ends early leaves one cell or exercise out of the next, or looks at it without alarms; a parent
        that dies, which is not a submission's doing, is replaced once.
        """
        started = time.monotonic()
        tally = Tally(task, self.limits)
        deaths = 0
        for _ in range(3 * len(task.cases) + 3):
            left = self.limits.total_seconds - (time.monotonic() - started)
            if left <= 0:
                break
            attempt = tally.next_attempt()
            progress = Progress(tally, attempt.steps())
            try:
                if not self._parent.running:
                    self.start()
                    started = time.monotonic()
                ended = self._parent.run(attempt, left, progress.take, self.trust)
            except (ParentDiedError, OSError) as died:
                self._parent.close()
                deaths += 1
                if deaths == 1:
                    continue
                tally.error = ("internal", str(died))
                break
            if tally.settle(progress, progress.over or ended):
                break
        return Findings(tally.close(), tally.outputs, time.monotonic() - started, tally.error)

    def close(self) -> None:
        """End the warm parent and whatever runs in it."""
        self._parent.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()
