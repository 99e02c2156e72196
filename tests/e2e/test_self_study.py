"""The course with nobody to ask: `autograde check` in a terminal, and kernels that no Jupyter server started."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel

from autograde import build, catalog, speak
from autograde.watch import PLACE
from tests.e2e.servers import BIN, ROOT, environment

pytestmark = pytest.mark.e2e
GREEN, RED = "\x1b[32m✓\x1b[0m ", "\x1b[31m✗\x1b[0m "
PATIENCE = 120.0  # seconds until something that should be said counts as not said


class Terminal:
    """A program on a terminal of its own: what it says, and the keys that are pressed."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.said, (self.screen, theirs) = "", pty.openpty()
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(folder.parent / "home", TERM="xterm-256color"),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def wait_for(self, sentence: str) -> str:
        """Read on until `sentence` is said; what was said up to there and not yet given out."""
        until = time.monotonic() + PATIENCE
        while sentence not in self.said:
            more = self._read(until)
            assert more, f"{sentence!r} was not said:\n{self.said}"
            self.said += more
        end = self.said.index(sentence) + len(sentence)
        given, self.said = self.said[:end], self.said[end:]
        return given

    def wait_for_end(self) -> tuple[int, str]:
        """The exit status, and all that is left to read."""
        until = time.monotonic() + PATIENCE
        while more := self._read(until):
            self.said += more
        return self.process.wait(PATIENCE), self.said

    def _read(self, until: float) -> str:
        ready, _, _ = select.select([self.screen], [], [], max(0.0, until - time.monotonic()))
        try:
            data = os.read(self.screen, 1 << 16) if ready else b""
        except OSError:  # Linux: the other end is closed
            return ""
        return data.decode("utf-8", "replace").replace("\r\n", "\n")


@contextmanager
def terminal(folder: Path, *words: str) -> Iterator[Terminal]:
    started = Terminal([str(BIN / "autograde"), *words], folder)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            os.killpg(started.process.pid, signal.SIGTERM)
            started.process.wait(PATIENCE)
        os.close(started.screen)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A reader's folder with the Chinese notebook of the layer and the English questions."""
    own = tmp_path / "own"
    own.mkdir()
    for lang, name in (("zh", "layer_normalization"), ("en", "short_answers")):
        shutil.copy(ROOT / "notebooks" / lang / name / f"{name}.ipynb", own)
    return own


def answer(notebook: Path, slug: str, text: str) -> None:
    """Write an answer into its cell and save, by renaming, as editors do."""
    book: Any = nbformat.read(notebook, as_version=4)
    (cell,) = (one for one in book.cells if one.metadata.get("nbgrader", {}).get("grade_id") == slug)
    cell.source = text
    nbformat.write(book, notebook.with_suffix(".part"))
    notebook.with_suffix(".part").replace(notebook)


def test_a_terminal_says_the_same_sentences_in_colour(folder: Path) -> None:
    text = catalog.load("layer_normalization").text["zh"]
    mistake = ROOT / "solutions" / "samples" / "layer_normalization" / "wrong_variance_for_deviation.py"
    answer(folder / "layer_normalization.ipynb", "layer_normalization", mistake.read_text("utf-8"))
    with terminal(folder, "check", "layer_normalization.ipynb") as shown:
        status, said = shown.wait_for_end()
    assert status == 1, said
    assert f"{RED}{speak.say('zh', 'fails')}{text.get('claim', 'values')[0]}" in said
    assert f"{GREEN}{text.get('claim', 'start')[0]}" in said
    last = text.get("misconception", "variance_for_deviation")[0].splitlines()[-1]
    assert speak.say("zh", "next_step") + last in said

    answer(folder / "layer_normalization.ipynb", "layer_normalization", build.reference("layer_normalization"))
    piped = [str(BIN / "autograde"), "check", "layer_normalization.ipynb"]
    right = subprocess.run(piped, cwd=folder, env=environment(folder.parent / "home"), capture_output=True, text=True)
    assert right.returncode == 0, right.stdout + right.stderr
    assert speak.say("zh", "all_holds") in right.stdout
    assert "\x1b" not in right.stdout


def test_watch_looks_again_on_every_save_moves_on_and_remembers_the_place(folder: Path) -> None:
    notebook = folder / "short_answers.ipynb"
    first, second = (catalog.load(slug).text["en"] for slug in ("q01", "q02"))
    waiting = speak.say("en", "watch_waiting", notebook=notebook.name)
    with terminal(folder, "check", "--watch", notebook.name) as shown:
        assert first.title in shown.wait_for(waiting)
        answer(notebook, "q01", "\n\n".join(first.get("model_answer")))
        said = shown.wait_for(waiting)
        assert speak.say("en", "watch_moved_on", title=first.title) in said
        assert second.title in said
        notebook.with_suffix(".part").write_text("{")
        notebook.with_suffix(".part").replace(notebook)
        assert "damaged" in shown.wait_for(waiting)
        os.killpg(shown.process.pid, signal.SIGINT)
        status, said = shown.wait_for_end()
    assert status == 1
    assert speak.say("en", "watch_stopped", file=PLACE) in said
    assert (folder / PLACE).is_file()

    shutil.copy(ROOT / "notebooks" / "en" / "short_answers" / "short_answers.ipynb", folder)
    with terminal(folder, "check", "--watch", notebook.name) as shown:
        assert speak.say("en", "watch_resumed", title=second.title) in shown.wait_for(waiting)


# ---- kernels that no Jupyter server started: VS Code, Colab without its module, a console


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[[str], dict[str, str]]]:
    """Run code in a kernel whose folder has no notebook: what it displays, by type."""
    empty = tmp_path / "empty"
    empty.mkdir()
    manager, client = start_new_kernel(cwd=str(empty), env=environment(tmp_path / "home"))
    shown: dict[str, str] = {}

    def keep(message: dict[str, Any]) -> None:
        assert message["msg_type"] != "error", message["content"]
        if message["msg_type"] == "display_data":
            shown.update(message["content"]["data"])

    def execute(code: str) -> dict[str, str]:
        shown.clear()
        client.execute_interactive(code, output_hook=keep, timeout=PATIENCE)
        return shown

    try:
        yield execute
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_kernel_that_knows_no_notebook_says_what_to_do(run: Callable[[str], dict[str, str]]) -> None:
    shown = run('from autograde import check\ncheck("q03")')
    assert speak.say("en", "no_notebook", exercise="q03") in shown["text/plain"]
    shown = run('check("q03", "tf.range(10) is int32, np.arange(10) gives int64.")')
    assert catalog.load("q03").text["en"].title in shown["text/plain"]


def test_vs_code_tells_the_kernel_which_notebook_it_is(run: Callable[[str], dict[str, str]], folder: Path) -> None:
    notebook = folder / "short_answers.ipynb"
    answer(notebook, "q03", "tf.range(10) is int32, tf.constant(np.arange(10)) is int64.")
    shown = run(f'__vsc_ipynb_file__ = {str(notebook)!r}\nfrom autograde import check\ncheck("q03")')
    assert re.search(r"short_answers\.ipynb.* \d{4}-\d\d-\d\d", shown["text/plain"])
    assert 'lang="en"' in shown["text/html"]
