"""Jupyter servers for the browser: on loopback, on a free port, with nothing of this machine's own settings."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO

ROOT = Path(__file__).parents[2]
KERAS_HOME = ROOT.parent / "shared" / "keras"  # real images, where they are
BIN = Path(sys.executable).parent
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)(/\S*)?")


@dataclass(frozen=True)
class Server:
    """A server that answers at `url` (ends in a slash), serves `folder` and writes what it says to `log`."""

    url: str
    folder: Path
    log: Path


def environment(home: Path, **more: str) -> dict[str, str]:
    """An environment in which Jupyter, IPython, nbgrader and Keras find a new person's empty home."""
    home.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "JPY", "AUTOGRADE"))}
    kept.pop("PYTHONWARNINGS", None)
    return {
        **kept,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "jupyter-config"),
        "JUPYTER_DATA_DIR": str(home / "jupyter-data"),
        "JUPYTER_RUNTIME_DIR": str(home / "jupyter-runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "KERAS_HOME": str(KERAS_HOME if KERAS_HOME.is_dir() else home / "keras"),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "LC_ALL": "C.UTF-8",
        **more,
    }


OPTIONS = (
    "--no-browser",
    "--ServerApp.port=0",
    "--ServerApp.ip=127.0.0.1",
    "--IdentityProvider.token=",
    "--ServerApp.allow_root=True",
    "--LabApp.expose_app_in_browser=True",  # to see when its keys are bound
    "--JupyterNotebookApp.expose_app_in_browser=True",
)


@contextmanager
def jupyter(
    folder: Path, home: Path, command: Sequence[str] = ("jupyter", "lab"), env: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """A server of `folder` until the block ends. `command` is given `OPTIONS`; `make` takes them as `LAB_OPTIONS`."""
    words = [f"LAB_OPTIONS={' '.join(OPTIONS)}"] if command[0] == "make" else OPTIONS
    log = home / "server.log"
    with process([*command, *words], folder, home, env) as started:
        assert started.stdout is not None
        url = _address(started.stdout, log)
        rest = Thread(target=_drain, args=(started.stdout, log), daemon=True)
        rest.start()
        try:
            yield Server(url, folder, log)
        finally:
            end(started)
            rest.join()


@contextmanager
def process(
    command: Sequence[str], folder: Path, home: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A program in a process group of its own, ended with all that it started when the block ends."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment(home, **(env or {})),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as started:
        try:
            yield started
        finally:
            end(started)


def end(started: subprocess.Popen[str]) -> None:
    """End a program of `process` with all that it started; one that has ended is left alone."""
    if started.poll() is None:
        os.killpg(started.pid, signal.SIGTERM)
        try:
            started.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()


def _address(lines: IO[str], log: Path) -> str:
    """The address that a server says it answers at, once it says so."""
    said = ""
    for line in lines:
        said += line
        log.write_text(said, "utf-8")
        if found := ADDRESS.search(line):
            return f"http://127.0.0.1:{found[1]}/"
    raise AssertionError(f"The server ended before it said where it answers:\n{said}")


def _drain(lines: IO[str], log: Path) -> None:
    with log.open("a", encoding="utf-8") as out:
        for line in lines:
            out.write(line)
            out.flush()
