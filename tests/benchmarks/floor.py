"""The least that grading can cost: the same cells and probes in a bare child forked from a warm parent.

    python -m tests.benchmarks.floor TASKS.pickle JOBS

No confinement, no IPython, no notebook, no gradebook. One parent a job, as in the grader.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import os
import pickle
import sys
from pathlib import Path
from typing import Any

from autograde.sandbox import Task


def run(task: Task) -> None:
    """Run every cell and every probe of a task in this process; what it prints is dropped."""
    from autograde import catalog
    from autograde.observe import observe, to_bytes

    names: dict[str, Any] = {"__name__": "submission", "get_ipython": lambda: None}
    for number, cell in enumerate(task.cells):
        file = f"<cell {number}>"
        # AutoGraph looks a function's source up here.
        linecache.cache[file] = (len(cell.source), None, cell.source.splitlines(keepends=True), file)
        with contextlib.suppress(Exception):
            exec(compile(cell.source, file, "exec"), names)
    for slug, cases in task.cases.items():
        entry = catalog.load(slug)
        to_bytes(observe(entry.probe, names, entry.about.asks_for, cases))  # type: ignore[union-attr]


def main(path: Path, jobs: int) -> None:
    """Share the tasks out among `jobs` parents, each of which forks a child for each of its tasks in turn."""
    tasks = pickle.loads(path.read_bytes())
    parents = []
    for job in range(jobs):
        pid = os.fork()
        if not pid:
            parent(tasks[job::jobs])
            os._exit(0)
        parents.append(pid)
    for pid in parents:
        os.waitpid(pid, 0)


def parent(tasks: list[Task]) -> None:
    os.environ |= {"NBGRADER_EXECUTION": "autograde", "MPLBACKEND": "agg", "CUDA_VISIBLE_DEVICES": "-1"}
    os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    import matplotlib.pyplot  # noqa: F401
    import tensorflow  # noqa: F401

    from autograde.datasets import load_fashion_mnist

    load_fashion_mnist()
    for task in tasks:
        child = os.fork()
        if not child:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                run(task)
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
