"""When the grader or its warm parent is killed, the child goes with it, and with the grader's death all files do."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.sandbox.conftest import EXERCISES

CELL = (
    "import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nopen('here', 'w')\ntime.sleep(1000)"
)
GRADER = f"""
from autograde.sandbox import Cell, Engine, Task
engine = Engine(exercises={EXERCISES!r})
engine.start()
print(engine._parent._process.pid, flush=True)
engine.run(Task((Cell("c", {CELL!r}),), {{}}))
"""


@pytest.mark.parametrize("victim", ["grader", "parent"])
def test_a_kill_leaves_nothing(tmp_path: Path, victim: str) -> None:
    path = os.pathsep.join(sys.path)
    environment = os.environ | {"PYTHONPATH": path, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", GRADER], stdout=subprocess.PIPE, env=environment, text=True) as grader:
        assert grader.stdout is not None
        parent = int(grader.stdout.readline())
        handles = [os.pidfd_open(pid) for pid in (parent, child_of(parent, tmp_path))]
        os.kill(grader.pid if victim == "grader" else parent, signal.SIGKILL)
        for handle in handles:
            assert select.select([handle], [], [], 30)[0], "it lives on"
            os.close(handle)
        grader.kill()
    if victim == "grader":
        assert os.listdir(tmp_path) == []


def child_of(parent: int, folder: Path) -> int:
    """The child of `parent`, when its cell has come to write a file."""
    deadline = time.monotonic() + 60
    while not list(folder.glob("*/here")):
        assert time.monotonic() < deadline
    return int(Path(f"/proc/{parent}/task/{parent}/children").read_text())
