"""The trusted side: owns one warm parent and turns a task into findings."""

from __future__ import annotations

from types import TracebackType

from autograde.sandbox.job import Finding, Findings, Limits, Task


class Unsafe(RuntimeError):
    """This machine cannot wall off what student code must not reach; `missing` names the walls."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


class Engine:
    """Runs tasks in children of one warm parent process. Not for use by several threads at once."""

    def __init__(self, limits: Limits = Limits(), trust: bool = False) -> None:
        self.limits = limits
        self.trust = trust

    def run(self, task: Task) -> Findings:
        return Findings({slug: Finding() for slug in task.cases}, {}, 0.0, ("internal", "not built yet"))

    def close(self) -> None: ...

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()
