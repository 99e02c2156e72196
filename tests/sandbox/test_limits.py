"""Every limit has its outcome, ends all of the child and nothing else; the other exercise still gets its verdict."""

from __future__ import annotations

import pytest

from autograde.sandbox import Engine
from tests.sandbox.conftest import right, run, text

SWALLOW = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
BLOCKED = "import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\ntime.sleep(1000)"
DEEP = "import sys\nsys.setrecursionlimit(10**9)\nx = ()\nfor _ in range(10**6): x = (x,)\nhash(x)"
THREADS = "import threading, time\nfor _ in range(100): threading.Thread(target=time.sleep, args=(100,)).start()\n"
FOLDERS = "import os\nfor i in range(10**6): os.mkdir(str(i))"
UNLINKED = (
    "import os, time\nfiles = []\nfor i in range(64):\n    files.append(open('f', 'wb'))\n    os.unlink('f')\n"
    "    files[-1].write(bytes(1 << 20)); files[-1].flush()\ntime.sleep(100)"
)
HIDDEN = "import os, time\nos.mkdir('d', 0o300)\nopen('d/f', 'w').close()\ntime.sleep(100)"


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
        ("import os\nos.kill(os.getpid(), 9)", {}, "memory", "SIGKILL"),
        (THREADS + "time.sleep(100)", {"threads": 20}, "crash", "threads"),
        (FOLDERS, {"files": 500}, "crash", "files"),
        (UNLINKED, {"disk_mib": 8}, "crash", "disk_mib"),
        ("while True: print('x' * 10_000)", {"output_kib": 1}, "crash", "output_kib"),
        ("import os\nos.closerange(3, 1024)", {}, "crash", "exit 70"),
    ],
)
def test_a_limit_has_its_outcome_and_the_other_exercise_its_verdict(
    engine: Engine, code: str, limits: dict[str, float], reason: str, detail: str
) -> None:
    if detail == "threads" and is_root():
        code, reason, detail = code.replace("time.sleep(100)", "", 0), "", ""
    findings = run(engine, double=answer(code), **limits)
    double = findings.exercises["double"]
    if detail:
        assert (double.reason, double.detail) == (reason, detail)
        assert double.observation is None
    else:
        assert double.observation is not None
        assert double.observation.raised["one"].type == "RuntimeError"
    assert right(findings, "halve")
    assert findings.error is None


def is_root() -> bool:
    import os

    return os.geteuid() == 0


def test_nothing() -> None:
    assert text
