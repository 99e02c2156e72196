"""Every limit has its outcome, ends all of the child and nothing else; the other exercise still gets its verdict."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from autograde.sandbox import Engine, Finding, Limits
from autograde.sandbox.watch import Watch
from tests.sandbox.conftest import LIMITS, right, run, task, text

SWALLOW = "x = 0\nwhile True:\n    try:\n        while True: x += 1\n    except BaseException: x = 0"
BLOCKED = "import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\ntime.sleep(1000)"
DEEP = "import sys\nsys.setrecursionlimit(10**9)\nx = ()\nfor _ in range(10**6): x = (x,)\nhash(x)"
THREADS = (
    "import threading, time\nfor _ in range(100):\n    threading.Thread(target=time.sleep, args=(100,)).start()\n"
    "time.sleep(100)"
)
FOLDERS = "import os\nfor i in range(10**6): os.mkdir(str(i))"
UNLINKED = (
    "import os, time\nfiles = []\nfor i in range(64):\n    files.append(open('f', 'wb'))\n    os.unlink('f')\n"
    "    files[-1].write(bytes(1 << 20)); files[-1].flush()\ntime.sleep(100)"
)


def answer(code: str) -> str:
    """An answer that does `code` when it is called."""
    body = "\n".join(f"    {line}" for line in code.splitlines())
    return f"def double(x):\n{body}"


@pytest.mark.parametrize(
    ("code", "limits", "reason", "detail"),
    [
        ("while True: pass", {"seconds": 0.3}, "timeout", "seconds"),
        (SWALLOW, {"seconds": 0.3}, "timeout", "seconds"),
        (BLOCKED, {"seconds": 0.3}, "timeout", "seconds"),
        ("while True: pass", {"cpu_seconds": 1}, "timeout", "cpu_seconds"),
        ("import numpy\nkept = [numpy.ones(1 << 22) for _ in range(200)]", {"memory_mib": 800}, "memory", "memory_mib"),
        ("import os\nos._exit(0)", {}, "crash", "exit 0"),
        ("import os\nos._exit(3)", {}, "crash", "exit 3"),
        ("import os\nos.abort()", {}, "crash", "SIGABRT"),
        ("import ctypes\nctypes.string_at(0)", {}, "crash", "SIGSEGV"),
        (DEEP, {}, "crash", "SIGSEGV"),
        ("import os\nos.kill(os.getpid(), 40)", {}, "crash", "signal 40"),
        ("import os\nos.kill(os.getpid(), 9)", {}, "crash", "SIGKILL"),
        (FOLDERS, {"files": 500}, "crash", "files"),
        (UNLINKED, {"disk_mib": 8}, "crash", "disk_mib"),
        ("while True: print('x' * 10_000)", {"output_kib": 1}, "crash", "output_kib"),
        ("import os\nos.closerange(3, 1024)", {}, "crash", "exit 70"),
    ],
)
def test_a_limit_has_its_outcome_and_the_other_exercise_its_verdict(
    engine: Engine, code: str, limits: dict[str, float], reason: str, detail: str
) -> None:
    findings = run(engine, double=answer(code), **limits)
    double = findings.exercises["double"]
    assert (double.reason, double.detail) == (reason, detail)
    assert double.observation is None
    assert right(findings, "halve")
    assert findings.error is None


def test_threads_are_limited(engine: Engine) -> None:
    findings = run(engine, double=answer(THREADS), threads=20)
    double = findings.exercises["double"]
    if os.geteuid() == 0:  # the child has a user of its own, whose threads the kernel counts
        assert double.observation is not None
        assert double.observation.raised["one"].message == "can't start new thread"
    else:
        assert (double.reason, double.detail) == ("crash", "threads")
    assert right(findings, "halve")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("open('f', 'wb').write(bytes(3 << 20))", "OSError"),
        ("kept = [open('f', 'w') for _ in range(100)]", "OSError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("def deeper(x): return deeper(x)\ndeeper(x)", "RecursionError"),
        ("import numpy\nreturn numpy.zeros(1 << 20)", "TooLargeError"),
        ("class Evil:\n    def __array__(self, *a, **k): raise MemoryError\nreturn Evil()", "MemoryError"),
    ],
)
def test_what_raises_is_an_error_of_the_student_and_no_more(engine: Engine, code: str, error: str) -> None:
    findings = run(engine, double=answer(code), file_mib=2, open_files=50)
    observation = findings.exercises["double"].observation
    assert observation is not None
    assert observation.raised["one"].type == error
    assert right(findings, "halve")


@pytest.mark.parametrize(
    ("cell", "limits", "reason"),
    [
        ("while True: pass", {"seconds": 0.3}, "timeout"),
        (BLOCKED, {"seconds": 0.3}, "timeout"),
        ("import os; os._exit(1)", {}, "crash"),
    ],
)
def test_a_free_cell_that_is_stopped_says_so_and_the_others_run(
    engine: Engine, cell: str, limits: dict[str, float], reason: str
) -> None:
    findings = run(engine, "print('before')", cell, "print('after')", **limits)
    assert text(findings) == "before\n"
    assert text(findings, "c2") == "after\n"
    assert findings.outputs["c1"][-1]["ename"] == reason
    assert "while grading" in text(findings, "c1") or reason == "crash"
    assert right(findings, "double")
    assert right(findings, "halve")


def test_an_answer_cell_that_is_stopped_gives_its_exercise_the_reason(engine: Engine) -> None:
    findings = run(engine, double="import os\nos._exit(1)")
    assert findings.exercises["double"] == Finding(reason="crash", detail="exit 1")
    assert right(findings, "halve")


def test_two_exercises_can_end_in_two_ways(engine: Engine) -> None:
    engine.limits = replace(LIMITS, seconds=0.3)
    findings = engine.run(task(double=answer("import os\nos.abort()"), halve="def halve(x):\n    while True: pass"))
    assert findings.exercises["double"].detail == "SIGABRT"
    assert findings.exercises["halve"].reason == "timeout"


def test_all_attempts_together_have_a_limit(engine: Engine) -> None:
    findings = run(engine, "import time\ntime.sleep(100)", total_seconds=0.5)
    assert {finding.detail for finding in findings.exercises.values()} == {"total_seconds"}
    assert {finding.reason for finding in findings.exercises.values()} == {"timeout"}


def test_more_output_than_is_kept_is_dropped_and_the_cell_goes_on(engine: Engine) -> None:
    findings = run(engine, "for _ in range(5): print('x' * 999)\nprint('end')\nleft = 1", "print(left)", output_kib=2)
    assert text(findings) == 2 * ("x" * 999 + "\n")
    assert text(findings, "c1") == "1\n"


def test_a_crash_in_every_cell_ends(engine: Engine) -> None:
    findings = run(engine, *["import os; os._exit(1)"] * 9)
    assert {finding.reason for finding in findings.exercises.values()} == {"crash"}


def test_a_watch_sees_memory_threads_and_folders_that_hide_something(tmp_path: Path) -> None:
    def over(**limits: int) -> str | None:
        return Watch(os.getpid(), tmp_path, Limits(**limits)).over()

    assert over(memory_mib=1 << 20, threads=1 << 20) is None
    assert over(memory_mib=1) == "memory_mib"
    assert over(memory_mib=1 << 20, threads=0) == "threads"
    (tmp_path / "file").write_bytes(bytes(2 << 20))
    assert over(memory_mib=1 << 20, threads=1 << 20, disk_mib=1) == "disk_mib"
    (tmp_path / "other").touch()
    assert over(memory_mib=1 << 20, threads=1 << 20, files=1) == "files"


def test_a_watch_of_what_is_gone_sees_nothing(tmp_path: Path) -> None:
    assert Watch(1 << 22, tmp_path / "gone", Limits()).over() is None
