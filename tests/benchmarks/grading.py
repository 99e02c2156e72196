"""What grading costs: against stock `nbgrader autograde`, against the floor, over 500 submissions, behind the walls.

    python -m tests.benchmarks.grading [--students 12] [--rounds 3] [--many 500] [--only throughput|memory|walls]

Everything is measured in one run, by turns; figures are medians. Submissions are drawn from the samples: half right,
half wrong, of `training_loops` and `layer_normalization`. What right and known wrong answers look like at the seed of
the class is found out by a first grading of the same submissions before the clock starts; that time is printed too.
"""

from __future__ import annotations

import argparse
import os
import pickle
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from autograde import build
from autograde.sandbox.confine import Plan
from tests.sample_class import populate

ASSIGNMENTS = ("layer_normalization", "training_loops")
JOBS = len(os.sched_getaffinity(0))
STOCK_CONFIG = """
c = get_config()
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE"}
"""


WARM = "from autograde.sandbox import Engine; engine = Engine(); engine.start(); engine.close()"


@dataclass(frozen=True)
class Cost:
    """Wall-clock and CPU seconds of one command with all its children, and the CPU seconds of its process alone."""

    wall: float
    cpu: float
    own: float


def cost(command: Sequence[str | Path], cwd: Path, log: Path) -> Cost:
    started = time.perf_counter()
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=cwd, stdout=out, stderr=out, env=os.environ | {"PYTHONPATH": str(ROOT)})
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        ticks = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]  # user, system
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(map(str, command))} failed; its last words:\n{log.read_text('utf-8')[-2000:]}")
    own = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    return Cost(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, own)


ROOT = Path(__file__).parent.parent.parent
PYTHON = (sys.executable, "-m")


def ours(folder: Path, log: Path) -> Cost:
    """Grade a class folder with everything that belongs to it: walls, graded notebooks, gradebook, feedback."""
    return cost([*PYTHON, "autograde", "grade", folder], ROOT, log)


def made_class(folder: Path, students: int, log: Path) -> float:
    """A class folder that knows what it will compare with at its seed; how long grading it the first time took."""
    cost([*PYTHON, "autograde", "init", folder], ROOT, log)
    populate(folder, students, assignments=ASSIGNMENTS)
    submitted = folder.with_name("submitted")
    shutil.copytree(folder / "submitted", submitted)
    first = ours(folder, log).wall
    forget_results(folder)
    shutil.copytree(submitted, folder / "submitted")
    return first


def forget_results(folder: Path) -> None:
    """Make a class folder one in which nothing was graded yet; its seed and its right answers stay."""
    for name in ("autograded", "feedback", "submitted", ".autograde/findings", ".autograde/results"):
        shutil.rmtree(folder / name, ignore_errors=True)


def stock_class(folder: Path, submitted: Path, log: Path) -> None:
    """The same submissions for nbgrader as it comes: its own Execute, and test cells that ask the kernel the same."""
    for assignment in ASSIGNMENTS:
        (folder / "source" / assignment).mkdir(parents=True)
        book = build.notebook(assignment, "en", release=False)
        (folder / "source" / assignment / f"{assignment}.ipynb").write_text(build.to_text(book), "utf-8")
    (folder / "nbgrader_config.py").write_text(STOCK_CONFIG, "utf-8")
    for assignment in ASSIGNMENTS:
        cost([*PYTHON, "nbgrader", "generate_assignment", assignment], folder, log)
    shutil.copytree(submitted, folder / "submitted")


def stock(folder: Path, student: str, log: Path) -> Cost:
    """`nbgrader autograde` on one student's submissions of both assignments."""
    spent = [cost([*PYTHON, "nbgrader", "autograde", one, "--student", student], folder, log) for one in ASSIGNMENTS]
    return Cost(*(sum(getattr(one, name) for one in spent) for name in ("wall", "cpu", "own")))


def tasks(folder: Path) -> list[object]:
    """What the grader would have its workers run for every submission of a class folder."""
    from autograde import classroom
    from autograde.grader import Grader, Options
    from autograde.ledger import Ledger
    from autograde.rights import Rights

    def nobody(task: object) -> Future[object]:
        raise AssertionError("nothing is to be run here")

    room = classroom.find(folder)
    with Ledger(room) as ledger:
        rights = Rights(room, room.store.seed(), nobody, lambda *_, **__: None)  # type: ignore[arg-type]
        grader, courses = Grader(room, ledger, rights, Options()), room.courses()
        return [grader.prepare(found, courses[found.assignment]).task for found in room.handed_in()]


def throughput(work: Path, students: int, rounds: int) -> None:
    log, template = work / "log.txt", work / "template"
    prepared = made_class(template, students, log)
    count = students * len(ASSIGNMENTS)
    (work / "tasks.pickle").write_bytes(pickle.dumps(tasks(template)))
    stock_class(work / "stock", template / "submitted", log)
    mine, again, least, theirs = [], [], [], []
    for number in range(rounds):
        folder = work / f"round-{number}"
        shutil.copytree(template, folder)
        mine.append(ours(folder, log))
        again.append(ours(folder, log))
        floor = [*PYTHON, "tests.benchmarks.floor", work / "tasks.pickle", str(JOBS)]
        least.append(cost(floor, ROOT, log))
        for student in sorted(path.name for path in (work / "stock" / "submitted").iterdir())[number::rounds]:
            theirs.append(stock(work / "stock", student, log))
    per_stock = statistics.median(one.wall for one in theirs) / len(ASSIGNMENTS)
    per_ours = statistics.median(one.wall for one in mine) / count
    print(
        f"\nthroughput, {count} submissions, {JOBS} jobs, {rounds} rounds"
        f"; the first grading, which also looks at right answers and known mistakes: {prepared:.0f} s"
    )
    print(f"  stock nbgrader autograde   {per_stock:6.2f} s a submission")
    print(f"  autograde grade            {per_ours:6.2f} s a submission, start-up included")
    print(f"  ratio                      {per_stock / per_ours:6.1f} x  (goal: 10)")
    cpu, floor_cpu = (statistics.median(one.cpu for one in costs) for costs in (mine, least))
    print(f"CPU, the same {count} submissions")
    print(f"  bare forked children       {floor_cpu:6.1f} s  ({floor_cpu / count:.2f} a submission)")
    print(f"  autograde grade            {cpu:6.1f} s  ({cpu / count:.2f} a submission)")
    print(f"  ratio                      {cpu / floor_cpu:6.2f} x  (goal: 1.3)")
    own, start = (statistics.median(one.own for one in costs) for costs in (mine, again))
    warm = cost([sys.executable, "-c", WARM], ROOT, log)
    beside = cpu - own - floor_cpu
    print("where the rest goes, in seconds of CPU")
    print(f"  the grader's own process   {own:6.1f}    {start:.1f} to start and read; verdicts, notebooks, gradebook")
    print(f"  children, warm parents     {beside:6.1f}    more than bare ones: walls, shell, outputs, the wire")
    print(f"  until a parent is warm     {warm.cpu:6.1f}    and {warm.wall:.1f} by the clock; bare ones have it too")


def resident(pid: int) -> dict[str, float]:
    """Resident MiB of a command and of its warm parents (its grown children), by role."""

    def mib(process: int) -> float:
        status = Path(f"/proc/{process}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]

    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    tasks = [one for thread in Path(f"/proc/{pid}/task").iterdir() for one in (thread / "children").read_text().split()]
    return {"grade": mib(pid), "warm parents": sum(mib(int(one)) for one in {*children, *tasks})}


def memory(work: Path, many: int) -> None:
    """Resident memory of the graders while `many` small submissions pass."""
    folder, log = work / "many", work / "log.txt"
    cost([*PYTHON, "autograde", "init", folder], ROOT, log)
    populate(folder, many, assignments=("layer_normalization",))
    results = folder / ".autograde" / "results"
    process = subprocess.Popen(
        [*PYTHON, "autograde", "grade", folder], cwd=ROOT, stdout=log.open("ab"), stderr=log.open("ab")
    )
    marks = [many * share // 10 for share in range(1, 11)]
    rows: list[tuple[int, dict[str, float]]] = []
    while process.poll() is None:
        done = len(list(results.glob("*.json"))) if results.exists() else 0
        if marks and done >= marks[0]:
            try:
                rows.append((done, resident(process.pid)))
            except (FileNotFoundError, ProcessLookupError):
                break
            marks.pop(0)
        time.sleep(0.05)
    process.wait()
    print(f"\nresident memory over {many} submissions (MiB)")
    for done, row in rows:
        print(f"  after {done:4d}   " + "   ".join(f"{role} {mib:7.0f}" for role, mib in row.items()))
    for role in rows[0][1]:
        print(f"  {role}: last / first = {rows[-1][1][role] / rows[0][1][role]:.2f}")


def walls(rounds: int = 50) -> None:
    """What it costs a child to go behind the walls: the time from the fork until nothing is open to it any more."""
    import tensorflow  # noqa: F401  (what is imported decides what stays readable)

    from autograde.sandbox.confine import make_plan

    plan = make_plan()
    spent = [_time_confinement(plan) for _ in range(rounds)]
    print(f"\nconfinement   {1000 * statistics.median(spent):6.1f} ms a submission  (median of {rounds}; goal: 30)")


def _time_confinement(plan: Plan) -> float:
    from autograde.sandbox.confine import confine
    from autograde.sandbox.job import Limits

    out, into = os.pipe()
    with tempfile.TemporaryDirectory() as scratch:
        child = os.fork()
        if not child:
            started = time.perf_counter()
            confine(plan, Path(scratch), Limits(), False)
            os.write(into, repr(time.perf_counter() - started).encode())
            os._exit(0)
        os.waitpid(child, 0)
    os.close(into)
    with os.fdopen(out) as answer:
        return float(answer.read())


def main() -> None:
    parser = argparse.ArgumentParser(description="What grading costs.")
    parser.add_argument("--students", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--many", type=int, default=500)
    parser.add_argument("--only", choices=("throughput", "memory", "walls"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="autograde-bench-") as folder:
        if given.only in (None, "throughput"):
            throughput(Path(folder), given.students, given.rounds)
        if given.only in (None, "walls"):
            walls()
        if given.only in (None, "memory"):
            memory(Path(folder), given.many)


if __name__ == "__main__":
    main()
