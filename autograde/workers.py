"""Who runs student code: threads of this machine, or a Dask cluster, each with warm parents of its own.

Both are executors: work goes in as a record that pickles, and comes back as one.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from autograde import catalog
from autograde.sandbox import Engine, Findings, Limits, Task, Unsafe

PATIENCE = 15  # seconds for a scheduler to answer

Submit = Callable[[Task], "Future[Findings]"]


class SchedulerError(Exception):
    """No Dask scheduler answers at an address, or Dask is not installed."""


@dataclass(frozen=True)
class Terms:
    """How submissions are run: what one may use, whether missing walls are put up with, where the probes are."""

    limits: Limits
    trust: bool = False
    exercises: str = ""


def finished(futures: Collection[Future[Any]]) -> set[Future[Any]]:
    """Those of the futures that are done, at least one.

    Looks every half second: a Ctrl-C that comes just before a wait begins would not be heard until it ends.
    """
    while not (done := wait(futures, timeout=0.5, return_when=FIRST_COMPLETED).done):
        pass
    return done


class Engines:
    """One engine for each thread that asks; `close` ends them all."""

    def __init__(self) -> None:
        self._mine = threading.local()
        self._all: list[Engine] = []
        self._open = True

    def run(self, task: Task, terms: Terms) -> Findings:
        """What is seen of a task. An engine that cannot wall off its children says so in the findings."""
        engine = self._engine(terms)
        try:
            return engine.run(task)
        except Unsafe as unsafe:
            return Findings({}, error=("unsafe", str(unsafe)))

    def _engine(self, terms: Terms) -> Engine:
        if getattr(self._mine, "terms", None) != terms:
            if hasattr(self._mine, "engine"):
                self._mine.engine.close()
            self._mine.engine = Engine(terms.limits, trust=terms.trust, exercises=terms.exercises or None)
            self._mine.terms = terms
            self._all.append(self._mine.engine)
        if not self._open:
            raise RuntimeError("closed")
        return self._mine.engine  # type: ignore[no-any-return]

    def close(self) -> None:
        """End every engine, whatever it is doing."""
        self._open = False
        for engine in self._all:
            engine.close()


_of_this_worker = Engines()  # in a Dask worker, which outlives any one task
atexit.register(_of_this_worker.close)


def work(task: Task, terms: Terms) -> Findings:
    """Run a task on a worker of a cluster."""
    return _of_this_worker.run(task, terms)


@contextmanager
def pool(jobs: int, scheduler: str | None, terms: Terms) -> Iterator[Submit]:
    """A way to hand work in. On leaving, whatever was not begun is called off and what runs is ended."""
    if not terms.exercises:
        terms = Terms(terms.limits, terms.trust, str(catalog.EXERCISES))
    with _cluster(scheduler, terms) if scheduler else _threads(jobs, terms) as submit:
        yield submit


@contextmanager
def _threads(jobs: int, terms: Terms) -> Iterator[Submit]:
    engines = Engines()
    executor = ThreadPoolExecutor(jobs, thread_name_prefix="grader")
    try:
        yield lambda task: executor.submit(engines.run, task, terms)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        engines.close()
        executor.shutdown(wait=True)


@contextmanager
def _cluster(address: str, terms: Terms) -> Iterator[Submit]:
    """A Dask cluster. A task whose worker dies is run by another one: Dask sees to that."""
    with _client(address) as client:
        executor: Executor = client.get_executor(pure=False)
        handed_in: list[Future[Findings]] = []

        def submit(task: Task) -> Future[Findings]:
            handed_in.append(executor.submit(work, task, Terms(terms.limits, terms.trust)))
            return handed_in[-1]

        try:
            yield submit
        finally:
            for future in handed_in:
                future.cancel()


def _client(address: str) -> Any:
    try:
        from distributed import Client

        return Client(address, timeout=PATIENCE, set_as_default=False)
    except ImportError:
        raise SchedulerError("pip install 'autograde[cluster]'") from None
    except (OSError, ValueError) as error:
        raise SchedulerError(f"{address}: {error}") from None
